//! One transaction: the contract runs, its writes go to the peer, COMPLETED says how it ended.

use std::sync::Arc;

use bytes::Bytes;
use gx_contracts::{Access, Buffered, Function, InvokeError, Refusal, WriteSet, invoke, query};
use prost::Message;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::exchange::{AskError, Exchange};
use super::metrics::{self, Outcome};
use super::peer_state::PeerState;
use super::request::{Request, RequestError, Signers};
use crate::proto::protos::chaincode_message::Type;
use crate::proto::protos::{ChaincodeEvent, ChaincodeMessage, DelState, PutState, Response};
use crate::wire::{Answer, EVENT_NAME, FAILED_STATUS, OK_STATUS, REFUSED_STATUS, encode_events, encode_refusal};

/// What a contract did, before the peer knows of it.
struct Ran {
    payload: Vec<u8>,
    writes: WriteSet,
    /// The payload of the chaincode event; `None` when nothing happened.
    events: Option<Vec<u8>>,
}

/// Why there is no success.
enum Failure {
    Refused(Refusal),
    /// Nothing is decided; a sentence says why.
    Failed(String),
    /// The peer's message is not one that can be answered with a status.
    Malformed(String),
}

impl From<InvokeError> for Failure {
    fn from(error: InvokeError) -> Self {
        match error {
            InvokeError::Refused(refusal) => Self::Refused(refusal),
            InvokeError::Host(error) => Self::Failed(error.to_string()),
        }
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Refused(refusal) => Self::Refused(refusal),
            RequestError::Malformed(problem) => Self::Malformed(problem),
        }
    }
}

/// Runs a TRANSACTION to its last message.
pub(super) async fn run(exchange: Exchange, message: ChaincodeMessage, signers: Arc<Signers>) {
    let started = Instant::now();
    let result = match Request::read(&message, &signers) {
        Ok(request) => carry_out(&exchange, request).await,
        Err(error) => Err(error.into()),
    };
    let (outcome, last) = last_message(&exchange, result);
    exchange.finish(last).await;
    metrics::answered(outcome, started.elapsed());
}

/// Answers an INIT. Our contracts need none: what a ledger starts with comes from `AdminContract:BootstrapSystem`.
pub(super) async fn initialised(exchange: Exchange) {
    let last = completed(&exchange, OK_STATUS, String::new(), Vec::new(), None);
    exchange.finish(last).await;
}

/// Answers a transaction that is not going to run.
pub(super) async fn turn_away(exchange: Exchange, why: &str) {
    let (outcome, last) = last_message(&exchange, Err(Failure::Failed(why.to_owned())));
    exchange.finish(last).await;
    metrics::answered(outcome, std::time::Duration::ZERO);
}

async fn carry_out(exchange: &Exchange, request: Request) -> Result<Ran, Failure> {
    let (runtime, line) = (Handle::current(), exchange.clone());
    let ran = tokio::task::spawn_blocking(move || execute(request, line, runtime)).await;
    let mut ran = ran.map_err(|error| {
        tracing::error!(tx_id = %exchange.tx.tx_id, %error, "a contract did not return");
        Failure::Failed("the contract did not return".to_owned())
    })??;
    for (key, value) in std::mem::take(&mut ran.writes) {
        let key = key.as_str().to_owned();
        let written = match value {
            Some(value) if value.is_empty() => {
                return Err(Failure::Failed("Fabric cannot keep an empty value".to_owned()));
            }
            Some(value) => {
                let put = PutState { key, value: value.into(), collection: String::new() };
                exchange.ask(Type::PutState, &put).await
            }
            None => exchange.ask(Type::DelState, &DelState { key, collection: String::new() }).await,
        };
        written.map_err(|error: AskError| Failure::Failed(format!("the ledger state was not written: {error}")))?;
    }
    Ok(ran)
}

/// Runs the contract on this thread.
fn execute(request: Request, exchange: Exchange, runtime: Handle) -> Result<Ran, Failure> {
    let Request { context, function, args } = request;
    let mut state = PeerState::new(context, exchange, runtime);
    if matches!(Function::parse(&function).map(Function::access), Some(Access::Read)) {
        let payload = query(&mut state, &function, &args)?;
        return Ok(Ran { payload, writes: WriteSet::new(), events: None });
    }
    let mut buffered = Buffered::new(&mut state);
    let done = invoke(&mut buffered, &function, &args)?;
    let (_, writes) = buffered.into_parts();
    let unsaid = |error: crate::wire::Malformed| Failure::Failed(error.to_string());
    let events = if done.events.is_empty() { None } else { Some(encode_events(&done.events).map_err(unsaid)?) };
    let payload = Answer { receipt: done.receipt, replayed: done.replayed }.encode().map_err(unsaid)?;
    Ok(Ran { payload, writes, events })
}

fn last_message(exchange: &Exchange, result: Result<Ran, Failure>) -> (Outcome, ChaincodeMessage) {
    let refusal = match result {
        Ok(ran) => {
            let message = completed(exchange, OK_STATUS, String::new(), ran.payload, ran.events);
            return (Outcome::Done, message);
        }
        Err(Failure::Refused(refusal)) => encode_refusal(&refusal).map_err(|error| error.to_string()),
        Err(Failure::Failed(problem)) => Err(problem),
        Err(Failure::Malformed(problem)) => {
            tracing::warn!(tx_id = %exchange.tx.tx_id, problem, "a transaction of the peer is malformed");
            return (Outcome::Failed, exchange.tx.message(Type::Error, problem.into_bytes()));
        }
    };
    match refusal {
        Ok(refusal) => (Outcome::Refused, completed(exchange, REFUSED_STATUS, refusal, Vec::new(), None)),
        Err(problem) => {
            tracing::warn!(tx_id = %exchange.tx.tx_id, problem, "a transaction could not be carried out");
            (Outcome::Failed, completed(exchange, FAILED_STATUS, problem, Vec::new(), None))
        }
    }
}

fn completed(
    exchange: &Exchange,
    status: i32,
    message: String,
    payload: Vec<u8>,
    events: Option<Vec<u8>>,
) -> ChaincodeMessage {
    let response = Response { status, message, payload: payload.into() };
    let mut last = exchange.tx.message(Type::Completed, response.encode_to_vec());
    last.chaincode_event = events.map(|payload| ChaincodeEvent {
        tx_id: exchange.tx.tx_id.clone(),
        event_name: EVENT_NAME.to_owned(),
        payload: Bytes::from(payload),
        // The peer knows under which name the chaincode is committed, and fills it in.
        chaincode_id: String::new(),
    });
    last
}
