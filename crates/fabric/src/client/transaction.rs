//! One transaction of a block, unpacked.

use bytes::Bytes;
use gx_contracts::{Event, Receipt};
use gx_ledger::{OwnEntry, Tx, TxCode};
use gx_types::{LedgerKey, Timestamp, TxId};
use prost::Message;

use super::block::Creators;
use super::proposal::{header_of, time_of};
use crate::proto::common::{ChannelHeader, Envelope, HeaderType, Payload};
use crate::proto::protos::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEvent, ChaincodeHeaderExtension, ChaincodeInvocationSpec,
    ChaincodeProposalPayload, ProposalResponsePayload, Transaction,
};
use crate::wire::{Answer, EVENT_NAME, decode_events};

/// What a transaction turned out to be.
pub(super) enum Read {
    /// A call of our chaincode.
    Ours(Box<Tx>),
    /// Something else, with its time where it has one.
    Other(Option<Timestamp>),
}

/// Reads an encoded envelope out of a block.
///
/// An invalid transaction may be anything, so what cannot be read of one is skipped. A valid one of our chaincode was
/// executed and checked by both organisations; not understanding it would be missing a movement of coins.
///
/// # Errors
/// What is wrong with a valid transaction of our chaincode.
pub(super) fn read(bytes: Bytes, code: TxCode, chaincode: &str, creators: &mut Creators) -> Result<Read, String> {
    // An embedded ledger behind its Gateway endpoint makes transactions of its own. On a real network such an entry is of
    // no known type, and its verdict says so.
    if matches!(code.number(), 0 | 9 | 11 | 12) {
        match OwnEntry::decode(&bytes, code)? {
            Some(OwnEntry::Transaction(tx)) => return Ok(Read::Ours(tx)),
            Some(OwnEntry::Seal(at)) => return Ok(Read::Other(Some(at))),
            Some(OwnEntry::Genesis) => return Ok(Read::Other(None)),
            None => {}
        }
    }
    let Some((payload, channel)) = open(bytes.clone()) else {
        return if code == TxCode::Valid { Err("its headers are malformed".to_owned()) } else { Ok(Read::Other(None)) };
    };
    let at = channel.timestamp.as_ref().map(time_of);
    let extension = ChaincodeHeaderExtension::decode(channel.extension.clone()).unwrap_or_default();
    let is_ours = channel.r#type == i32::from(HeaderType::EndorserTransaction)
        && extension.chaincode_id.is_some_and(|id| id.name == chaincode);
    if !is_ours {
        return Ok(Read::Other(at));
    }
    match unpack(bytes, &payload, &channel, code, creators) {
        Ok(Some(tx)) => Ok(Read::Ours(Box::new(tx))),
        Ok(None) => Ok(Read::Other(at)),
        Err(problem) if code == TxCode::Valid => Err(problem),
        Err(_) => Ok(Read::Other(at)),
    }
}

fn open(bytes: Bytes) -> Option<(Payload, ChannelHeader)> {
    let envelope = Envelope::decode(bytes).ok()?;
    let payload = Payload::decode(envelope.payload).ok()?;
    let channel = ChannelHeader::decode(payload.header.as_ref()?.channel_header.clone()).ok()?;
    Some((payload, channel))
}

/// The transaction; `None` for a reading function that somebody submitted, which has no key and changes nothing.
fn unpack(
    bytes: Bytes,
    payload: &Payload,
    channel: &ChannelHeader,
    code: TxCode,
    creators: &mut Creators,
) -> Result<Option<Tx>, String> {
    let malformed = |error: prost::DecodeError| error.to_string();
    let envelope = Envelope::decode(bytes).map_err(malformed)?;
    let (_, signature_header) = header_of(&envelope).map_err(|error| error.to_string())?;
    let tx_id: TxId = channel.tx_id.parse().map_err(|_| "its id is malformed".to_owned())?;
    let timestamp = channel.timestamp.as_ref().map(time_of).ok_or("it has no time")?;

    let transaction = Transaction::decode(payload.data.clone()).map_err(malformed)?;
    let [action] = transaction.actions.as_slice() else { return Err("it has not one action".to_owned()) };
    let action = ChaincodeActionPayload::decode(action.payload.clone()).map_err(malformed)?;
    let proposal = ChaincodeProposalPayload::decode(action.chaincode_proposal_payload).map_err(malformed)?;
    let spec = ChaincodeInvocationSpec::decode(proposal.input).map_err(malformed)?;
    let args = spec.chaincode_spec.and_then(|spec| spec.input).unwrap_or_default().args;
    let text = |arg: &Bytes| std::str::from_utf8(arg).map(str::to_owned).map_err(|error| error.to_string());
    let function = args.first().map(text).transpose()?.ok_or("it names no function")?;
    let reads = gx_contracts::Function::parse(&function)
        .is_some_and(|function| function.access() == gx_contracts::Access::Read);
    if reads {
        return Ok(None);
    }
    let key: LedgerKey = args
        .last()
        .map(text)
        .transpose()?
        .and_then(|key| key.parse().ok())
        .ok_or("its last argument is no ledger key")?;

    let response = action.action.ok_or("it has no endorsed action")?.proposal_response_payload;
    let (receipt, events) = match code {
        TxCode::Valid => {
            let response = ProposalResponsePayload::decode(response).map_err(malformed)?;
            let action = ChaincodeAction::decode(response.extension).map_err(malformed)?;
            outcome(action, &tx_id)?
        }
        _ => (None, Vec::new()),
    };
    let signer = creators.signer(&signature_header.creator);
    Ok(Some(Tx { tx_id, code, function, key, signer, timestamp, events, receipt }))
}

/// Receipt and events of a valid transaction.
fn outcome(action: ChaincodeAction, tx_id: &TxId) -> Result<(Option<Receipt>, Vec<Event>), String> {
    let answer = action.response.unwrap_or_default().payload;
    let answer = Answer::decode(&answer).map_err(|error| error.to_string())?;
    if action.events.is_empty() {
        return Ok((Some(answer.receipt), Vec::new()));
    }
    let event = ChaincodeEvent::decode(action.events).map_err(|error| error.to_string())?;
    if event.event_name != EVENT_NAME || event.tx_id != tx_id.to_string() {
        return Err(format!("its event is «{}» of transaction {}", event.event_name, event.tx_id));
    }
    let events = decode_events(&event.payload).map_err(|error| error.to_string())?;
    Ok((Some(answer.receipt), events))
}
