//! One organisation's administrator: proposals to single peers, transactions to the orderers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gx_base::{Clock, Entropy, EntropyExt};
use gx_types::TxId;
use prost::Message;
use tonic::{Request, Status};

use crate::client::{FabricError, GatewayConfig, Invocation, Limits, Peer, UnsignedProposal, commit_status_request};
use crate::identity::{SignError, Signer};
use crate::proto::common::{Envelope, Header, Payload};
use crate::proto::gateway::{SignedCommitStatusRequest, SubmitRequest};
use crate::proto::protos::{
    ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeProposalPayload, Proposal, ProposalResponse,
    SignedProposal, Transaction, TransactionAction, TxValidationCode,
};

/// Fabric's own chaincode for this.
const LIFECYCLE: &str = "_lifecycle";

/// Installing makes the peer run its builder; nothing else takes long.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Where a peer is and to whom it belongs.
pub type PeerAddress = GatewayConfig;

/// Why a step of a deployment failed.
#[derive(Debug, thiserror::Error)]
pub enum LifecycleError {
    /// A peer did not answer, or refused the call itself.
    #[error("{peer}: {problem}")]
    Peer {
        /// Organisation and address.
        peer: String,
        /// What it, or the connection, said.
        problem: String,
    },
    /// The chaincode `_lifecycle` answered with an error.
    #[error("{peer} refused {what}: {problem}")]
    Refused {
        /// Organisation and address.
        peer: String,
        /// The function.
        what: String,
        /// Its message.
        problem: String,
    },
    /// Peers came to different results.
    #[error("the peers of the organisations came to different results for {0}")]
    Disagreement(String),
    /// The transaction is in a block, and void.
    #[error("{what} is in block {block} and void: {code}")]
    Invalid {
        /// The function.
        what: String,
        /// The block.
        block: u64,
        /// Fabric's name for the reason.
        code: String,
    },
    /// An answer does not have its form.
    #[error("an answer to {0} does not have its form")]
    Malformed(String),
    /// No peer is configured for the organisation.
    #[error("no peer of {0} is configured")]
    NoPeer(String),
    /// There is no signature.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Connection settings are of no use.
    #[error(transparent)]
    Settings(#[from] FabricError),
}

/// An organisation's administrator on a channel.
pub struct Administrator {
    channel: String,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// Every peer of the channel with its organisation; the first of each organisation endorses.
    peers: Vec<(String, Peer)>,
}

impl std::fmt::Debug for Administrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Administrator").field("msp_id", &self.msp_id()).finish_non_exhaustive()
    }
}

impl Administrator {
    /// An administrator who signs with `signer`; `peers` are those of every organisation.
    ///
    /// # Errors
    /// [`LifecycleError::Settings`]; [`LifecycleError::NoPeer`] without a peer of the own organisation.
    pub fn new(
        channel: &str,
        signer: Arc<dyn Signer>,
        peers: &[PeerAddress],
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, LifecycleError> {
        let limits = Limits::default();
        let connect = |peer: &PeerAddress| Ok((peer.msp_id.clone(), Peer::new(peer, &limits)?));
        let peers = peers.iter().map(connect).collect::<Result<Vec<_>, LifecycleError>>()?;
        let administrator = Self { channel: channel.to_owned(), signer, clock, entropy, peers };
        administrator.own()?;
        Ok(administrator)
    }

    /// The organisation.
    #[must_use]
    pub fn msp_id(&self) -> &str {
        &self.signer.identity().msp_id
    }

    /// The organisations with peers on the channel, each once, in order.
    #[must_use]
    pub fn organisations(&self) -> Vec<String> {
        let mut organisations: Vec<String> = self.peers.iter().map(|(msp_id, _)| msp_id.clone()).collect();
        organisations.sort();
        organisations.dedup();
        organisations
    }

    /// The own organisation's peers.
    pub(crate) fn own_peers(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(|(msp_id, _)| msp_id == self.msp_id()).map(|(_, peer)| peer)
    }

    fn own(&self) -> Result<&Peer, LifecycleError> {
        self.own_peers().next().ok_or_else(|| LifecycleError::NoPeer(self.msp_id().to_owned()))
    }

    /// Asks one peer about itself: what is installed.
    pub(crate) async fn ask_peer<M: Message + Default>(
        &self,
        peer: &Peer,
        function: &str,
        args: &impl Message,
    ) -> Result<M, LifecycleError> {
        let (_, proposal) = self.propose("", function, args).await?;
        answer(function, &endorse(peer, function, proposal).await?)
    }

    /// Asks the own organisation's first peer about the channel.
    pub(crate) async fn ask<M: Message + Default>(
        &self,
        function: &str,
        args: &impl Message,
    ) -> Result<M, LifecycleError> {
        let (_, proposal) = self.propose(&self.channel, function, args).await?;
        answer(function, &endorse(self.own()?, function, proposal).await?)
    }

    /// A transaction that the own organisation endorses alone; gives its block.
    pub(super) async fn submit_alone(&self, function: &str, args: &impl Message) -> Result<u64, LifecycleError> {
        let own = self.own()?;
        self.submit(&[own], function, args).await
    }

    /// A transaction that one peer of every organisation endorses; gives its block.
    pub(super) async fn submit_together(&self, function: &str, args: &impl Message) -> Result<u64, LifecycleError> {
        let mut peers: Vec<&Peer> = Vec::new();
        for organisation in self.organisations() {
            peers.extend(self.peers.iter().find(|(msp_id, _)| *msp_id == organisation).map(|(_, peer)| peer));
        }
        self.submit(&peers, function, args).await
    }

    async fn propose(
        &self,
        channel: &str,
        function: &str,
        args: &impl Message,
    ) -> Result<(TxId, SignedProposal), LifecycleError> {
        let args = vec![Bytes::copy_from_slice(function.as_bytes()), args.encode_to_vec().into()];
        let invocation = Invocation { channel, chaincode: LIFECYCLE, args, timestamp: self.clock.now() };
        let UnsignedProposal { tx_id, bytes } =
            UnsignedProposal::new(self.signer.identity(), self.entropy.bytes(), invocation);
        let signature = self.signer.sign(&bytes).await?.into();
        Ok((tx_id, SignedProposal { proposal_bytes: bytes, signature }))
    }

    async fn submit(&self, peers: &[&Peer], function: &str, args: &impl Message) -> Result<u64, LifecycleError> {
        let (tx_id, proposal) = self.propose(&self.channel, function, args).await?;
        let calls = peers.iter().map(|peer| endorse(peer, function, proposal.clone()));
        let responses = futures::future::try_join_all(calls).await?;
        let payload = transaction(function, &proposal, responses)?;
        let signature = self.signer.sign(&payload).await?.into();
        let own = self.own()?;
        let mut gateway = own.gateway();
        let request = SubmitRequest {
            transaction_id: tx_id.to_string(),
            channel_id: self.channel.clone(),
            prepared_transaction: Some(Envelope { payload: payload.into(), signature }),
        };
        gateway.submit(limited(request)).await.map_err(|status| failed(own, &status))?;
        let request = commit_status_request(self.signer.identity(), &self.channel, &tx_id);
        let signature = self.signer.sign(&request).await?.into();
        let request = SignedCommitStatusRequest { request: request.into(), signature };
        let status = gateway.commit_status(limited(request)).await.map_err(|status| failed(own, &status))?;
        let status = status.into_inner();
        match status.result() {
            TxValidationCode::Valid => Ok(status.block_number),
            code => Err(LifecycleError::Invalid {
                what: function.to_owned(),
                block: status.block_number,
                code: code.as_str_name().to_owned(),
            }),
        }
    }
}

fn limited<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_TIMEOUT);
    request
}

fn failed(peer: &Peer, status: &Status) -> LifecycleError {
    LifecycleError::Peer { peer: peer.name.clone(), problem: format!("{:?}: {}", status.code(), status.message()) }
}

async fn endorse(peer: &Peer, function: &str, proposal: SignedProposal) -> Result<ProposalResponse, LifecycleError> {
    let answer = peer.endorser().process_proposal(limited(proposal)).await.map_err(|status| failed(peer, &status))?;
    let answer = answer.into_inner();
    let response = answer.response.as_ref().ok_or_else(|| LifecycleError::Malformed(function.to_owned()))?;
    if response.status >= 400 {
        let (what, problem) = (function.to_owned(), response.message.clone());
        return Err(LifecycleError::Refused { peer: peer.name.clone(), what, problem });
    }
    Ok(answer)
}

fn answer<M: Message + Default>(function: &str, answer: &ProposalResponse) -> Result<M, LifecycleError> {
    let malformed = || LifecycleError::Malformed(function.to_owned());
    let payload = answer.response.as_ref().map(|response| response.payload.clone()).ok_or_else(malformed)?;
    M::decode(payload).map_err(|_| malformed())
}

/// The encoded payload of the transaction that these endorsements allow.
fn transaction(
    function: &str,
    proposal: &SignedProposal,
    responses: Vec<ProposalResponse>,
) -> Result<Vec<u8>, LifecycleError> {
    let malformed = |_| LifecycleError::Malformed(function.to_owned());
    let proposal = Proposal::decode(proposal.proposal_bytes.clone()).map_err(malformed)?;
    let header = Header::decode(proposal.header).map_err(malformed)?;
    let mut input = ChaincodeProposalPayload::decode(proposal.payload).map_err(malformed)?;
    input.transient_map.clear();
    let mut results = responses.iter().map(|response| response.payload.clone());
    let result = results.next().unwrap_or_default();
    if results.any(|other| other != result) {
        return Err(LifecycleError::Disagreement(function.to_owned()));
    }
    let endorsements = responses.into_iter().filter_map(|response| response.endorsement).collect();
    let action = ChaincodeActionPayload {
        chaincode_proposal_payload: input.encode_to_vec().into(),
        action: Some(ChaincodeEndorsedAction { proposal_response_payload: result, endorsements }),
    };
    let action = TransactionAction { header: header.signature_header.clone(), payload: action.encode_to_vec().into() };
    let data = Transaction { actions: vec![action] }.encode_to_vec().into();
    Ok(Payload { header: Some(header), data }.encode_to_vec())
}
