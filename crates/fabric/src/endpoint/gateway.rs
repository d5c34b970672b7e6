//! The Gateway service.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use gx_ledger::{Ledger, LedgerError, Outcome, TxCode};
use gx_types::TxId;
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status};

use super::block;
use super::peer::Channel;
use super::proposal::Unpacked;
use super::qscc;
use super::status::{Failure, with_details};
use crate::proto::gateway::{
    ChaincodeEventsRequest, ChaincodeEventsResponse, CommitStatusRequest, CommitStatusResponse, EndorseRequest,
    EndorseResponse, EvaluateRequest, EvaluateResponse, SignedChaincodeEventsRequest, SignedCommitStatusRequest,
    SubmitRequest, SubmitResponse, gateway_server,
};
use crate::proto::orderer::SeekPosition;
use crate::proto::orderer::seek_position::Type as Position;
use crate::proto::protos::SignedProposal;

/// Answers that wait for a client that does not read.
const ANSWERS_WAITING: usize = 16;

/// Longest wait for a commit; clients give up earlier and ask again.
const COMMIT_WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The service.
#[derive(Clone)]
pub(super) struct Gateway {
    channel: Arc<Channel>,
    calls: Arc<Semaphore>,
    calls_max: usize,
    stop: CancellationToken,
}

impl Gateway {
    pub(super) fn new(channel: Arc<Channel>, calls_max: usize, stop: CancellationToken) -> Self {
        Self { channel, calls: Arc::new(Semaphore::new(calls_max)), calls_max, stop }
    }

    /// A place among the calls under way; a peer says what this says when there is none.
    fn place(&self) -> Result<OwnedSemaphorePermit, Status> {
        Arc::clone(&self.calls).try_acquire_owned().map_err(|_| {
            let limit = self.calls_max;
            Status::unknown(format!("too many requests for /gateway.Gateway, exceeding concurrency limit ({limit})"))
        })
    }

    /// The proposal in a request.
    fn unpack(signed: Option<SignedProposal>) -> Result<(Unpacked, SignedProposal), Failure> {
        let signed = signed.unwrap_or_default();
        Unpacked::read(&signed).map(|unpacked| (unpacked, signed))
    }

    /// Whether the channel is ours; else what a gateway says that has no such channel.
    fn has_channel(&self, name: &str) -> Result<(), String> {
        if name == self.channel.name {
            return Ok(());
        }
        Err(format!("failed to get config for channel [{name}]: channel not found"))
    }

    /// Organisations that were asked for and have no peer here.
    fn missing(&self, asked: &[String]) -> Option<String> {
        let here = |msp_id: &String| self.channel.nodes.iter().any(|node| node.msp_id == *msp_id);
        let missing: Vec<&str> = asked.iter().filter(|msp_id| !here(msp_id)).map(String::as_str).collect();
        (!missing.is_empty()).then(|| format!("failed to find any endorsing peers for org(s): {}", missing.join(", ")))
    }

    /// Checks a signed request of a reader of the channel.
    fn reader(&self, channel: &str, identity: &Bytes, request: &[u8], signature: &[u8]) -> Result<(), Status> {
        if channel != self.channel.name {
            return Err(Status::permission_denied(format!(
                "failed to get policy manager for channel [{channel}]: no such channel"
            )));
        }
        self.channel.signed(identity, request, signature).map(|_| ()).map_err(|_| {
            Status::permission_denied(
                "failed evaluating policy on signed data during check policy [/Channel/Application/Readers]: [implicit \
                 policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Readers' \
                 sub-policies to be satisfied]",
            )
        })
    }
}

#[tonic::async_trait]
impl gateway_server::Gateway for Gateway {
    async fn evaluate(&self, request: Request<EvaluateRequest>) -> Result<Response<EvaluateResponse>, Status> {
        let _place = self.place()?;
        let EvaluateRequest { proposed_transaction, target_organizations, .. } = request.into_inner();
        let (unpacked, signed) = Self::unpack(proposed_transaction).map_err(|failure| {
            Status::invalid_argument(format!("failed to unpack transaction proposal: {}", failure.message()))
        })?;
        self.has_channel(&unpacked.channel.channel_id).map_err(Status::unavailable)?;
        let chaincode = unpacked.chaincode.clone();
        if (chaincode != self.channel.chaincode && chaincode != qscc::NAME)
            || self.missing(&target_organizations).is_some()
        {
            let channel = &self.channel.name;
            let what = format!("no peers available to evaluate chaincode {chaincode} in channel {channel}");
            return Err(Status::failed_precondition(what));
        }
        let answer = match self.channel.accept(unpacked, &signed) {
            Ok(accepted) => self.channel.evaluate(accepted).await,
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(result) => Ok(Response::new(EvaluateResponse { result: Some(result) })),
            Err(failure) => {
                let message = failure.message();
                let asked = self.channel.nodes.iter().map(|node| &node.msp_id);
                let first =
                    asked.filter(|msp_id| target_organizations.is_empty() || target_organizations.contains(msp_id));
                let details = self.channel.details(first.take(1), &message);
                let words = format!("evaluate call to endorser returned error: {message}");
                Err(with_details(failure.code(), &words, details))
            }
        }
    }

    async fn endorse(&self, request: Request<EndorseRequest>) -> Result<Response<EndorseResponse>, Status> {
        let _place = self.place()?;
        let EndorseRequest { proposed_transaction, endorsing_organizations: asked, .. } = request.into_inner();
        if proposed_transaction.as_ref().is_none_or(|signed| signed.proposal_bytes.is_empty()) {
            return Err(Status::invalid_argument("the proposed transaction must contain a signed proposal"));
        }
        let (unpacked, signed) =
            Self::unpack(proposed_transaction).map_err(|failure| Status::invalid_argument(failure.message()))?;
        // Whose choice the organisations are decides how a gateway words that there are none.
        let unplanned =
            |what: String| if asked.is_empty() { Status::failed_precondition(what) } else { Status::unavailable(what) };
        self.has_channel(&unpacked.channel.channel_id).map_err(unplanned)?;
        if unpacked.chaincode != self.channel.chaincode {
            return Err(unplanned(match asked.as_slice() {
                [] => {
                    "no combination of peers can be derived which satisfy the endorsement policy: required chaincodes \
                       are not installed on sufficient peers"
                        .to_owned()
                }
                asked => format!("failed to find any endorsing peers for org(s): {}", asked.join(", ")),
            }));
        }
        if let Some(missing) = self.missing(&asked) {
            return Err(unplanned(missing));
        }
        let mut msp_ids = asked.clone();
        if msp_ids.is_empty() {
            msp_ids = self.channel.nodes.iter().map(|node| node.msp_id.clone()).collect();
        }
        msp_ids.dedup();
        let endorsed = match self.channel.accept(unpacked, &signed) {
            Ok(accepted) => self.channel.endorse(accepted, &msp_ids).await,
            Err(failure) => Err(failure),
        };
        let envelope = endorsed.map_err(|failure| {
            // Without organisations named, a gateway asks its own peer first and stops there.
            let (words, count) = if asked.is_empty() {
                ("failed to endorse transaction, see attached details for more info", 1)
            } else {
                ("failed to collect enough transaction endorsements, see attached details for more info", msp_ids.len())
            };
            let details = self.channel.details(msp_ids.iter().take(count), &failure.message());
            with_details(Code::Aborted, words, details)
        })?;
        Ok(Response::new(EndorseResponse { prepared_transaction: Some(envelope) }))
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        let _place = self.place()?;
        let SubmitRequest { channel_id, prepared_transaction, .. } = request.into_inner();
        let envelope =
            prepared_transaction.ok_or_else(|| Status::invalid_argument("a prepared transaction is required"))?;
        if envelope.signature.is_empty() {
            return Err(Status::invalid_argument("prepared transaction must be signed"));
        }
        self.has_channel(&channel_id).map_err(Status::failed_precondition)?;
        let signed = self.channel.open(&envelope).map_err(|refused| {
            let (status, info) = (refused.status, refused.info);
            Status::aborted(format!("received unsuccessful response from orderer: status={status}, info={info}"))
        })?;
        match self.channel.ledger.order_signed(signed) {
            Ok(()) => Ok(Response::new(SubmitResponse {})),
            Err(LedgerError::Rejected { what }) => Err(Status::aborted(format!(
                "received unsuccessful response from orderer: status=BAD_REQUEST, info={what}"
            ))),
            Err(error) => {
                let details = self
                    .channel
                    .details(self.channel.nodes.iter().map(|node| &node.msp_id).take(1), &error.to_string());
                Err(with_details(Code::Unavailable, "no orderers could successfully process transaction", details))
            }
        }
    }

    async fn commit_status(
        &self,
        request: Request<SignedCommitStatusRequest>,
    ) -> Result<Response<CommitStatusResponse>, Status> {
        let _place = self.place()?;
        let SignedCommitStatusRequest { request: bytes, signature } = request.into_inner();
        if bytes.is_empty() {
            return Err(Status::invalid_argument("a commit status request is required"));
        }
        let request = CommitStatusRequest::decode(bytes.clone())
            .map_err(|error| Status::invalid_argument(format!("invalid status request: {error}")))?;
        self.reader(&request.channel_id, &request.identity, &bytes, &signature)?;
        let tx_id: TxId = request
            .transaction_id
            .parse()
            .map_err(|_| Status::invalid_argument("invalid status request: the transaction id is no SHA-256 in hex"))?;
        let outcome = tokio::select! {
            outcome = self.channel.ledger.outcome(&tx_id, COMMIT_WAIT_MAX) => outcome,
            () = self.stop.cancelled() => return Err(Status::unavailable("the ledger is shutting down")),
        };
        let (code, block_number) = match outcome {
            Ok(Outcome::Committed(committed)) => (TxCode::Valid, committed.block),
            Ok(Outcome::Invalid { block, code }) => (code, block),
            Ok(Outcome::Unknown) => return Err(Status::deadline_exceeded("the transaction is in no block yet")),
            Err(error @ (LedgerError::Closed | LedgerError::Unreachable { .. } | LedgerError::Busy { .. })) => {
                return Err(Status::unavailable(error.to_string()));
            }
            Err(error) => return Err(Status::aborted(error.to_string())),
        };
        Ok(Response::new(CommitStatusResponse { result: i32::from(code.number()), block_number }))
    }

    type ChaincodeEventsStream = ReceiverStream<Result<ChaincodeEventsResponse, Status>>;

    async fn chaincode_events(
        &self,
        request: Request<SignedChaincodeEventsRequest>,
    ) -> Result<Response<Self::ChaincodeEventsStream>, Status> {
        let place = self.place()?;
        let SignedChaincodeEventsRequest { request: bytes, signature } = request.into_inner();
        if bytes.is_empty() {
            return Err(Status::invalid_argument("a chaincode events request is required"));
        }
        let request = ChaincodeEventsRequest::decode(bytes.clone())
            .map_err(|error| Status::invalid_argument(format!("invalid chaincode events request: {error}")))?;
        self.reader(&request.channel_id, &request.identity, &bytes, &signature)?;
        let start = start_of(&self.channel, &request).await?;
        let (answers, receiver) = mpsc::channel(ANSWERS_WAITING);
        let (channel, stop) = (Arc::clone(&self.channel), self.stop.clone());
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                () = stop.cancelled() => {}
                () = answers.closed() => {}
                () = follow(&channel, &request, start, &answers) => {}
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// The block with which a stream of events begins.
async fn start_of(channel: &Channel, request: &ChaincodeEventsRequest) -> Result<u64, Status> {
    if let Ok(tx_id) = request.after_transaction_id.parse::<TxId>() {
        match channel.ledger.outcome(&tx_id, Duration::ZERO).await {
            Ok(Outcome::Committed(committed)) => return Ok(committed.block),
            Ok(Outcome::Invalid { block, .. }) => return Ok(block),
            _ => {}
        }
    }
    match request.start_position {
        Some(SeekPosition { r#type: Some(Position::Specified(at)) }) => Ok(at.number),
        None | Some(SeekPosition { r#type: None | Some(Position::NextCommit(_)) }) => {
            let info = channel.ledger.info().await.map_err(|error| Status::aborted(error.to_string()))?;
            Ok(info.height.saturating_add(1))
        }
        Some(_) => Err(Status::invalid_argument("invalid start position type")),
    }
}

async fn follow(
    channel: &Channel,
    request: &ChaincodeEventsRequest,
    start: u64,
    answers: &mpsc::Sender<Result<ChaincodeEventsResponse, Status>>,
) {
    let mut passed = request.after_transaction_id.is_empty();
    let mut blocks = channel.ledger.blocks(start);
    while let Some(block) = blocks.next().await {
        let answer = block.map_err(|error| Status::aborted(error.to_string())).and_then(|block| {
            let mut events = Vec::new();
            for tx in &block.transactions {
                let event = block::event(tx, &channel.chaincode).map_err(|error| Status::aborted(error.to_string()))?;
                match event {
                    Some(event) if passed && request.chaincode_id == channel.chaincode => events.push(event),
                    Some(event) => passed = passed || event.tx_id == request.after_transaction_id,
                    None => {}
                }
            }
            Ok(ChaincodeEventsResponse { events, block_number: block.number })
        });
        let failed = answer.is_err();
        let empty = answer.as_ref().is_ok_and(|answer| answer.events.is_empty());
        if !empty && answers.send(answer).await.is_err() || failed {
            return;
        }
    }
}
