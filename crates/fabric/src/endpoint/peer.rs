//! The peers behind the gateway: they check a proposal, run it, and sign what came of it. One ledger simulates for both
//! organisations; each endorses with the key of its own node.

use std::sync::Arc;

use bytes::Bytes;
use gx_base::Clock;
use gx_contracts::{Access, Function, Refusal, Signer as ContractSigner, TxContext};
use gx_ledger::{EmbeddedLedger, LedgerError};
use gx_types::TxId;
use prost::Message;

use super::member::{Denied, Members, is_unit};
use super::proposal::Unpacked;
use super::status::Failure;
use super::{action, qscc};
use crate::identity::{FileSigner, Identity, Signer};
use crate::proto::common::{Envelope, Payload};
use crate::proto::gateway::ErrorDetail;
use crate::proto::protos::{
    ChaincodeActionPayload, ChaincodeEndorsedAction, Endorsement, ProposalResponsePayload, Response, SignedProposal,
    Transaction, TransactionAction,
};
use crate::wire::{Answer, FAILED_STATUS, OK_STATUS, REFUSED_STATUS, encode_refusal};

/// The peer of an organisation.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) msp_id: String,
    pub(super) address: String,
    pub(super) signer: FileSigner,
}

/// The channel with the embedded ledger in it.
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) chaincode: String,
    pub(super) ledger: Arc<EmbeddedLedger>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) members: Members,
    pub(super) nodes: Vec<Node>,
}

/// A proposal that was let through.
pub(super) struct Accepted {
    unpacked: Unpacked,
    context: TxContext,
}

impl Channel {
    /// What every organisation's peer says to the same mistake.
    pub(super) fn details<'a>(&'a self, msp_ids: impl Iterator<Item = &'a String>, message: &str) -> Vec<ErrorDetail> {
        let detail = |node: &Node| ErrorDetail {
            address: node.address.clone(),
            msp_id: node.msp_id.clone(),
            message: message.to_owned(),
        };
        msp_ids.filter_map(|msp_id| self.nodes.iter().find(|node| node.msp_id == *msp_id)).map(detail).collect()
    }

    /// Whose signature this is; the words of a peer when it is nobody's.
    pub(super) fn signed(&self, creator: &Bytes, message: &[u8], signature: &[u8]) -> Result<Arc<Identity>, String> {
        self.members.signed(creator, message, signature, self.clock.now()).map_err(|denied| match denied {
            Denied::Unknown => {
                format!("access denied: channel [{}] creator org unknown, creator is malformed", self.name)
            }
            Denied::Invalid { msp_id, why } => {
                tracing::warn!(msp_id, why, "an identity or a signature was refused");
                format!("access denied: channel [{}] creator org [{msp_id}]", self.name)
            }
        })
    }

    /// Checks a proposal: form of the headers, certificate, signature, and that its transaction id is new.
    pub(super) fn accept(&self, unpacked: Unpacked, signed: &SignedProposal) -> Result<Accepted, Failure> {
        let refused = |what: String| Failure::Refused(format!("error validating proposal: {what}"));
        let tx_id = unpacked.tx_id()?;
        let creator = &unpacked.signature_header.creator;
        let identity = self.signed(creator, &signed.proposal_bytes, &signed.signature).map_err(refused)?;
        let timestamp = unpacked.timestamp()?;
        if self.ledger.knows(&tx_id).map_err(|error| Failure::Peer(error.to_string()))? {
            let creator = hex::encode(creator);
            return Err(Failure::Refused(format!("duplicate transaction found [{tx_id}]. Creator [{creator}]")));
        }
        if !is_unit(&identity, "client") && !is_unit(&identity, "admin") && unpacked.chaincode != qscc::NAME {
            let what = "0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied";
            return Err(Failure::Refused(format!("access denied: implicit policy evaluation failed - {what}")));
        }
        let signer = ContractSigner { msp_id: identity.msp_id.clone(), role: identity.role() };
        Ok(Accepted { unpacked, context: TxContext { tx_id, timestamp, signer } })
    }

    /// Runs a proposal and gives the chaincode's answer.
    pub(super) async fn evaluate(&self, accepted: Accepted) -> Result<Response, Failure> {
        let Accepted { unpacked, context } = accepted;
        let (function, args) = unpacked.call().map_err(|refusal| chaincode_refusal(&refusal))?;
        let payload = if unpacked.chaincode == qscc::NAME {
            qscc::answer(&self.ledger, &context.signer, &function, &args).await?
        } else if Function::parse(&function).is_some_and(|function| matches!(function.access(), Access::Write(_))) {
            let simulated = self.ledger.simulate_signed(context, &function, &args).map_err(|error| failure(&error))?;
            let answer = Answer { receipt: simulated.receipt, replayed: simulated.replayed };
            answer.encode().map_err(|error| Failure::Peer(error.to_string()))?
        } else {
            self.ledger.query_signed(context, &function, &args).map_err(|error| failure(&error))?
        };
        Ok(Response { status: OK_STATUS, message: String::new(), payload: payload.into() })
    }

    /// Runs a proposal and gives the transaction, endorsed by the organisations named; only the client's signature is
    /// missing.
    pub(super) async fn endorse(&self, accepted: Accepted, msp_ids: &[String]) -> Result<Envelope, Failure> {
        let Accepted { unpacked, context } = accepted;
        let tx_id: TxId = context.tx_id;
        let (function, args) = unpacked.call().map_err(|refusal| chaincode_refusal(&refusal))?;
        let simulated = self.ledger.simulate_signed(context, &function, &args).map_err(|error| failure(&error))?;
        let malformed = |error: crate::wire::Malformed| Failure::Peer(error.to_string());
        let action = action::encode(&simulated, &tx_id, &self.chaincode).map_err(malformed)?;
        let response =
            ProposalResponsePayload { proposal_hash: unpacked.hash(), extension: action.encode_to_vec().into() };
        let response = Bytes::from(response.encode_to_vec());
        let mut endorsements = Vec::with_capacity(msp_ids.len());
        for node in msp_ids.iter().filter_map(|msp_id| self.nodes.iter().find(|node| node.msp_id == *msp_id)) {
            let endorser = node.signer.identity().creator.clone();
            let signature = node.signer.sign(&[response.as_ref(), endorser.as_ref()].concat()).await;
            let signature = signature.map_err(|error| Failure::Peer(error.to_string()))?;
            endorsements.push(Endorsement { endorser, signature: signature.into() });
        }
        let payload = ChaincodeActionPayload {
            chaincode_proposal_payload: unpacked.payload.clone(),
            action: Some(ChaincodeEndorsedAction { proposal_response_payload: response, endorsements }),
        };
        let transaction = Transaction {
            actions: vec![TransactionAction {
                header: unpacked.header.signature_header.clone(),
                payload: payload.encode_to_vec().into(),
            }],
        };
        let payload = Payload { header: Some(unpacked.header), data: transaction.encode_to_vec().into() };
        Ok(Envelope { payload: payload.encode_to_vec().into(), signature: Bytes::new() })
    }
}

fn chaincode_refusal(refusal: &Refusal) -> Failure {
    let message = encode_refusal(refusal).unwrap_or_else(|_| refusal.to_string());
    Failure::Chaincode { status: REFUSED_STATUS, message }
}

fn failure(error: &LedgerError) -> Failure {
    match error {
        LedgerError::Refused(refusal) => chaincode_refusal(refusal),
        // An argument that no key can be made of, as the chaincode host words it.
        LedgerError::Rejected { what } => Failure::Chaincode { status: FAILED_STATUS, message: what.clone() },
        other => Failure::Peer(other.to_string()),
    }
}
