//! The steps of a transaction at a gateway, each with its deadline, its limit and its second choice.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gx_base::{Clock, Entropy, EntropyExt};
use gx_contracts::Role;
use gx_types::{Timestamp, TxId};
use prost::Message;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::{Request, Status};

use super::back_off::BackOff;
use super::config::ClientConfig;
use super::connection::Peer;
use super::error::{FabricError, Step, is_deadline};
use super::fault::ConnectionFault;
use super::proposal::{Invocation, UnsignedProposal, commit_status_request};
use super::resolve::{Resolver, SystemResolver};
use super::{deliver, metrics};
use crate::identity::Signer;
use crate::proto::common::Envelope;
use crate::proto::gateway::{EndorseRequest, EvaluateRequest, SignedCommitStatusRequest, SubmitRequest};
use crate::proto::protos::SignedProposal;

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitStatus {
    /// The number in Fabric's `TxValidationCode`; 0 is valid.
    pub code: u8,
    /// Its block.
    pub block: u64,
}

/// A client of a channel.
pub struct Client {
    pub(super) config: ClientConfig,
    pub(super) peers: Vec<Arc<Peer>>,
    signers: BTreeMap<Role, Arc<dyn Signer>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    calls: Semaphore,
    waits: Semaphore,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("channel", &self.config.channel).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that signs with the given signers. Connections are made when first needed.
    ///
    /// # Errors
    /// [`FabricError::Unreachable`] when an address or TLS setting is of no use, or there is no gateway at all.
    pub fn new(
        config: ClientConfig,
        signers: BTreeMap<Role, Arc<dyn Signer>>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, FabricError> {
        Self::with_resolver(config, signers, clock, entropy, Arc::new(SystemResolver))
    }

    /// The same with a resolver of its own.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_resolver(
        config: ClientConfig,
        signers: BTreeMap<Role, Arc<dyn Signer>>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, FabricError> {
        let peers = config.gateways.iter().map(|gateway| {
            let peer = Peer::with_resolver(gateway, &config.limits, Arc::clone(&resolver))?;
            Ok::<_, FabricError>(Arc::new(peer.beside(signers.values().map(|signer| signer.identity()))))
        });
        let peers: Vec<_> = peers.collect::<Result<_, _>>()?;
        if peers.is_empty() {
            return Err(no_gateway(&config.channel));
        }
        for signer in signers.values() {
            metrics::expiry(signer.identity(), clock.now());
        }
        let calls = Semaphore::new(config.limits.calls_in_flight_max);
        let waits = Semaphore::new(config.limits.waits_in_flight_max);
        Ok(Self { config, peers, signers, clock, entropy, calls, waits })
    }

    /// The signer for a role, whose certificate is valid now.
    ///
    /// # Errors
    /// [`FabricError::NoSigner`], [`FabricError::Expired`].
    pub fn signer(&self, role: Role) -> Result<&dyn Signer, FabricError> {
        let signer = self.signers.get(&role).ok_or(FabricError::NoSigner(role))?;
        let certificate = &signer.identity().certificate;
        if !certificate.is_valid_at(self.clock.now()) {
            return Err(FabricError::Expired {
                subject: certificate.subject.clone(),
                not_before: certificate.not_before,
                not_after: certificate.not_after,
            });
        }
        Ok(signer.as_ref())
    }

    /// Makes and signs a proposal.
    ///
    /// # Errors
    /// Those of [`Client::signer`] and of the signer.
    pub async fn propose(
        &self,
        role: Role,
        chaincode: &str,
        args: Vec<Bytes>,
        timestamp: Timestamp,
    ) -> Result<(TxId, SignedProposal), FabricError> {
        let signer = self.signer(role)?;
        let invocation = Invocation { channel: &self.config.channel, chaincode, args, timestamp };
        let UnsignedProposal { tx_id, bytes } =
            UnsignedProposal::new(signer.identity(), self.entropy.bytes(), invocation);
        let signature = signer.sign(&bytes).await?.into();
        Ok((tx_id, SignedProposal { proposal_bytes: bytes, signature }))
    }

    /// Runs a call without a transaction and answers with the chaincode's payload. `organisations` limits whose peers
    /// may run it; empty for any.
    ///
    /// # Errors
    /// [`FabricError`]; a chaincode's error is a [`FabricError::Failed`].
    pub async fn evaluate(
        &self,
        role: Role,
        chaincode: &str,
        args: Vec<Bytes>,
        organisations: &[String],
    ) -> Result<Bytes, FabricError> {
        let (tx_id, proposal) = self.propose(role, chaincode, args, self.clock.now()).await?;
        let request = EvaluateRequest {
            transaction_id: tx_id.to_string(),
            channel_id: self.config.channel.clone(),
            proposed_transaction: Some(proposal),
            target_organizations: organisations.to_vec(),
        };
        let timeout = self.config.limits.evaluate_timeout;
        let answer = self.call(Step::Evaluate, timeout, |peer, timeout| {
            let request = with_timeout(request.clone(), timeout);
            async move { peer.gateway().evaluate(request).await.map(tonic::Response::into_inner) }
        });
        Ok(answer.await?.result.unwrap_or_default().payload)
    }

    /// Collects the endorsements of `organisations` for a proposal. The answer lacks only the client's signature.
    ///
    /// Peers that are a block apart read different versions, or one of them refuses what another grants. That passes:
    /// the proposal is sent again until they agree or the time is up.
    ///
    /// # Errors
    /// [`FabricError`]; refusals are [`FabricError::Failed`].
    pub async fn endorse(
        &self,
        tx_id: &TxId,
        proposal: SignedProposal,
        organisations: &[String],
    ) -> Result<Envelope, FabricError> {
        let request = EndorseRequest {
            transaction_id: tx_id.to_string(),
            channel_id: self.config.channel.clone(),
            proposed_transaction: Some(proposal),
            endorsing_organizations: organisations.to_vec(),
        };
        let deadline = Instant::now() + self.config.limits.endorse_timeout;
        let mut back_off = BackOff::until(deadline);
        loop {
            let answer = self.call(Step::Endorse, deadline - Instant::now(), |peer, timeout| {
                let request = with_timeout(request.clone(), timeout);
                async move { peer.gateway().endorse(request).await.map(tonic::Response::into_inner) }
            });
            match answer.await {
                Ok(answer) => {
                    return answer.prepared_transaction.ok_or_else(|| FabricError::Malformed {
                        endpoint: self.config.channel.clone(),
                        what: "an endorsement",
                        problem: "there is no transaction in it".to_owned(),
                    });
                }
                Err(FabricError::Failed(failure))
                    if failure.is_disagreement() && failure.refusal_of_all(organisations).is_none() =>
                {
                    if !back_off.wait(self.entropy.as_ref()).await {
                        return Err(FabricError::Failed(failure));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Signs an endorsed transaction.
    ///
    /// # Errors
    /// Those of [`Client::signer`] and of the signer.
    pub async fn sign(&self, role: Role, mut envelope: Envelope) -> Result<Envelope, FabricError> {
        envelope.signature = self.signer(role)?.sign(&envelope.payload).await?.into();
        Ok(envelope)
    }

    /// Hands a signed envelope over for ordering. `Ok` says nothing about the outcome; after an error that is not
    /// [`FabricError::Failed`] with [`tonic::Code::Aborted`] the envelope may have arrived all the same.
    ///
    /// # Errors
    /// [`FabricError`].
    pub async fn submit(&self, tx_id: &TxId, envelope: Envelope) -> Result<(), FabricError> {
        let request = SubmitRequest {
            transaction_id: tx_id.to_string(),
            channel_id: self.config.channel.clone(),
            prepared_transaction: Some(envelope),
        };
        let timeout = self.config.limits.submit_timeout;
        let answer = self.call(Step::Submit, timeout, |peer, timeout| {
            let request = with_timeout(request.clone(), timeout);
            async move { peer.gateway().submit(request).await.map(tonic::Response::into_inner) }
        });
        answer.await.map(|_| ())
    }

    /// How a transaction ended; `None` when it has not within `wait`, which does not mean that it will not commit.
    ///
    /// # Errors
    /// [`FabricError`].
    pub async fn commit_status(
        &self,
        role: Role,
        tx_id: &TxId,
        wait: Duration,
    ) -> Result<Option<CommitStatus>, FabricError> {
        let signer = self.signer(role)?;
        let bytes = commit_status_request(signer.identity(), &self.config.channel, tx_id);
        let signature = signer.sign(&bytes).await?.into();
        let request = SignedCommitStatusRequest { request: bytes.into(), signature };
        let answer = self.call(Step::CommitStatus, wait, |peer, timeout| {
            let request = with_timeout(request.clone(), timeout);
            async move { peer.gateway().commit_status(request).await.map(tonic::Response::into_inner) }
        });
        match answer.await {
            Ok(status) => Ok(Some(CommitStatus {
                code: u8::try_from(status.result).unwrap_or(u8::MAX),
                block: status.block_number,
            })),
            Err(FabricError::Timeout { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Peers in the order in which to try them.
    pub(super) fn peers_in_order(&self) -> Vec<Arc<Peer>> {
        let mut peers = self.peers.clone();
        peers.sort_by_cached_key(|peer| peer.is_avoided());
        peers
    }

    /// Calls a gateway: within the limit of calls under way, again after «too many requests», the next gateway when one
    /// cannot be reached, all of it within `timeout`.
    async fn call<T, F>(
        &self,
        step: Step,
        timeout: Duration,
        make: impl Fn(Arc<Peer>, Duration) -> F,
    ) -> Result<T, FabricError>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let deadline = Instant::now() + timeout;
        let limit = if step == Step::CommitStatus { &self.waits } else { &self.calls };
        let Ok(Ok(_permit)) = tokio::time::timeout_at(deadline, limit.acquire()).await else {
            let detail = format!("this client has {} calls under way", self.config.limits.calls_in_flight_max);
            return Err(FabricError::Busy { endpoint: self.config.channel.clone(), detail });
        };
        let mut back_off = BackOff::until(deadline);
        loop {
            let mut last = None;
            for peer in self.peers_in_order() {
                let begin = Instant::now();
                let left = deadline.saturating_duration_since(begin);
                let answer = match tokio::time::timeout(left, make(Arc::clone(&peer), left)).await {
                    Ok(Ok(answer)) => {
                        peer.answered();
                        Ok(answer)
                    }
                    // Connection and gateway keep the deadline too, and may be the first to notice.
                    Ok(Err(status)) if is_deadline(&status) => {
                        Err(FabricError::Timeout { endpoint: peer.name.clone(), step, after: left })
                    }
                    Ok(Err(status)) => Err(peer.failure(step, &status)),
                    Err(_) => Err(FabricError::Timeout { endpoint: peer.name.clone(), step, after: left }),
                };
                metrics::called(step, answer.is_ok(), begin.elapsed());
                match answer {
                    Ok(answer) => return Ok(answer),
                    Err(error @ FabricError::Unreachable { .. }) => {
                        if !peer.is_avoided() {
                            tracing::warn!(%error, step = step.as_str(), "a gateway cannot be reached");
                        }
                        peer.avoid(self.config.limits.avoid);
                        last = Some(error);
                    }
                    Err(error @ FabricError::Timeout { .. }) => {
                        // Waiting for a commit is meant to time out; anything else that does means a dead connection
                        // or a dead peer.
                        if step != Step::CommitStatus {
                            peer.avoid(self.config.limits.avoid);
                            peer.renew();
                        }
                        return Err(error);
                    }
                    Err(error @ FabricError::Busy { .. }) => {
                        metrics::busy();
                        last = Some(error);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            match last {
                Some(FabricError::Busy { endpoint, detail }) => {
                    if !back_off.wait(self.entropy.as_ref()).await {
                        return Err(FabricError::Busy { endpoint, detail });
                    }
                }
                Some(error) => return Err(error),
                None => return Err(self.no_gateway()),
            }
        }
    }

    /// A signed request to deliver blocks from a peer.
    pub(super) async fn seek(
        &self,
        role: Role,
        peer: &Peer,
        seek: super::proposal::Seek,
        at: Timestamp,
    ) -> Result<Envelope, FabricError> {
        let signer = self.signer(role)?;
        let payload = super::proposal::seek(
            signer.identity(),
            self.entropy.bytes(),
            &self.config.channel,
            at,
            seek,
            peer.tls_cert_hash.clone(),
        );
        let signature = signer.sign(&payload).await?.into();
        Ok(Envelope { payload: payload.into(), signature })
    }

    /// Reads one block.
    ///
    /// # Errors
    /// [`FabricError`].
    pub async fn block(&self, role: Role, number: u64) -> Result<crate::proto::common::Block, FabricError> {
        deliver::one(self, role, super::proposal::Seek::One(number)).await
    }

    /// Reads the newest block.
    ///
    /// # Errors
    /// [`FabricError`].
    pub async fn newest_block(&self, role: Role) -> Result<crate::proto::common::Block, FabricError> {
        deliver::one(self, role, super::proposal::Seek::Newest).await
    }

    /// Whether the first peer takes a request that says it was made at `at`. Peers refuse those that are far from their
    /// own clock.
    pub(crate) async fn takes_time(&self, role: Role, at: Timestamp) -> Result<bool, FabricError> {
        match deliver::dated(self, role, super::proposal::Seek::Newest, at).await {
            Ok(_) => Ok(true),
            Err(FabricError::Failed(failure)) if failure.code == tonic::Code::InvalidArgument => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The error of a client without any gateway.
    pub(super) fn no_gateway(&self) -> FabricError {
        no_gateway(&self.config.channel)
    }

    /// The block with a transaction, as the chaincode `qscc` tells it; `None` when no block has it.
    ///
    /// # Errors
    /// [`FabricError`].
    pub async fn block_of(&self, role: Role, tx_id: &TxId) -> Result<Option<crate::proto::common::Block>, FabricError> {
        let args = ["GetBlockByTxID", &self.config.channel, &tx_id.to_string()];
        let args = args.iter().map(|arg| Bytes::copy_from_slice(arg.as_bytes())).collect();
        let answer = match self.evaluate(role, "qscc", args, &[]).await {
            Err(FabricError::Failed(failure)) if failure.says("no such transaction ID") => return Ok(None),
            answer => answer?,
        };
        let block = crate::proto::common::Block::decode(answer).map_err(|error| FabricError::Malformed {
            endpoint: self.config.channel.clone(),
            what: "a block",
            problem: error.to_string(),
        })?;
        Ok(Some(block))
    }
}

fn no_gateway(channel: &str) -> FabricError {
    let detail = "no gateway is configured".to_owned();
    FabricError::Unreachable { endpoint: channel.to_owned(), fault: ConnectionFault::Settings, detail }
}

/// A request that tells the gateway how long the client waits.
fn with_timeout<T>(message: T, timeout: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}
