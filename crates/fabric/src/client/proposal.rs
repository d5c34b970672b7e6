//! The bytes that get signed: proposals, envelopes, requests. Pure functions of their arguments.

use bytes::Bytes;
use gx_types::{Timestamp, TxId};
use prost::Message;

use super::error::FabricError;
use crate::identity::{Identity, NONCE_BYTES, transaction_id};
use crate::proto::common::{ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader};
use crate::proto::gateway::CommitStatusRequest;
use crate::proto::orderer::seek_info::SeekBehavior;
use crate::proto::orderer::{SeekInfo, SeekNewest, SeekPosition, SeekSpecified, seek_position};
use crate::proto::protos::chaincode_spec::Type as ChaincodeType;
use crate::proto::protos::{
    ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput, ChaincodeInvocationSpec, ChaincodeProposalPayload,
    ChaincodeSpec, Proposal,
};

/// A call of a chaincode on a channel.
#[derive(Debug, Clone)]
pub struct Invocation<'a> {
    /// The channel.
    pub channel: &'a str,
    /// The chaincode's name.
    pub chaincode: &'a str,
    /// The function, then its arguments.
    pub args: Vec<Bytes>,
    /// The transaction's time.
    pub timestamp: Timestamp,
}

/// A proposal that waits for its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedProposal {
    /// The transaction it starts.
    pub tx_id: TxId,
    /// The encoded `Proposal`.
    pub bytes: Bytes,
}

impl UnsignedProposal {
    /// The proposal of `invocation` by `identity`. The bytes are those that Fabric's own client libraries make.
    #[must_use]
    pub fn new(identity: &Identity, nonce: [u8; NONCE_BYTES], invocation: Invocation<'_>) -> Self {
        let tx_id = transaction_id(&nonce, &identity.creator);
        let chaincode_id = ChaincodeId { name: invocation.chaincode.to_owned(), ..ChaincodeId::default() };
        let extension = ChaincodeHeaderExtension { chaincode_id: Some(chaincode_id.clone()) };
        let channel_header = ChannelHeader {
            r#type: HeaderType::EndorserTransaction.into(),
            timestamp: Some(timestamp(invocation.timestamp)),
            channel_id: invocation.channel.to_owned(),
            tx_id: tx_id.to_string(),
            extension: extension.encode_to_vec().into(),
            ..ChannelHeader::default()
        };
        let input = ChaincodeInput { args: invocation.args, ..ChaincodeInput::default() };
        let spec = ChaincodeSpec {
            // The official libraries say NODE whatever the chaincode is written in; peers do not look.
            r#type: ChaincodeType::Node.into(),
            chaincode_id: Some(chaincode_id),
            input: Some(input),
            ..ChaincodeSpec::default()
        };
        let spec = ChaincodeInvocationSpec { chaincode_spec: Some(spec) };
        let payload =
            ChaincodeProposalPayload { input: spec.encode_to_vec().into(), ..ChaincodeProposalPayload::default() };
        let proposal = Proposal {
            header: header(&channel_header, identity, &nonce).encode_to_vec().into(),
            payload: payload.encode_to_vec().into(),
            ..Proposal::default()
        };
        Self { tx_id, bytes: proposal.encode_to_vec().into() }
    }
}

/// Where a stream of blocks begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seek {
    /// Blocks from this number on, as they come.
    Follow(u64),
    /// This block only, at once or not at all.
    One(u64),
    /// The newest block only.
    Newest,
}

/// The encoded payload of a request to deliver blocks; the envelope carries the signature over it. `tls_cert_hash` is the
/// SHA-256 of the client's TLS certificate, empty without mutual TLS.
#[must_use]
pub fn seek_payload(
    identity: &Identity,
    nonce: [u8; NONCE_BYTES],
    channel: &str,
    now: Timestamp,
    from: u64,
    tls_cert_hash: Bytes,
) -> Vec<u8> {
    seek(identity, nonce, channel, now, Seek::Follow(from), tls_cert_hash)
}

pub(super) fn seek(
    identity: &Identity,
    nonce: [u8; NONCE_BYTES],
    channel: &str,
    now: Timestamp,
    seek: Seek,
    tls_cert_hash: Bytes,
) -> Vec<u8> {
    let position = |at| Some(SeekPosition { r#type: Some(at) });
    let specified = |number| position(seek_position::Type::Specified(SeekSpecified { number }));
    let newest = || position(seek_position::Type::Newest(SeekNewest {}));
    let (start, stop, behavior) = match seek {
        Seek::Follow(from) => (specified(from), specified(u64::MAX), SeekBehavior::BlockUntilReady),
        Seek::One(number) => (specified(number), specified(number), SeekBehavior::FailIfNotReady),
        Seek::Newest => (newest(), newest(), SeekBehavior::FailIfNotReady),
    };
    let info = SeekInfo { start, stop, behavior: behavior.into(), ..SeekInfo::default() };
    let channel_header = ChannelHeader {
        r#type: HeaderType::DeliverSeekInfo.into(),
        timestamp: Some(timestamp(now)),
        channel_id: channel.to_owned(),
        tx_id: transaction_id(&nonce, &identity.creator).to_string(),
        tls_cert_hash,
        ..ChannelHeader::default()
    };
    let payload =
        Payload { header: Some(header(&channel_header, identity, &nonce)), data: info.encode_to_vec().into() };
    payload.encode_to_vec()
}

/// The encoded request for a commit status.
pub(crate) fn commit_status_request(identity: &Identity, channel: &str, tx_id: &TxId) -> Vec<u8> {
    let request = CommitStatusRequest {
        transaction_id: tx_id.to_string(),
        channel_id: channel.to_owned(),
        identity: identity.creator.clone(),
    };
    request.encode_to_vec()
}

/// The channel header and the signature header of an envelope, when its transaction id is the one its creator and nonce
/// give.
///
/// # Errors
/// [`FabricError::NotAnEnvelope`].
pub fn header_of(envelope: &Envelope) -> Result<(ChannelHeader, SignatureHeader), FabricError> {
    let not = |what: &str| FabricError::NotAnEnvelope(what.to_owned());
    let payload = Payload::decode(envelope.payload.clone()).map_err(|_| not("its payload is malformed"))?;
    let header = payload.header.ok_or_else(|| not("it has no header"))?;
    let channel = ChannelHeader::decode(header.channel_header).map_err(|_| not("its channel header is malformed"))?;
    let signature =
        SignatureHeader::decode(header.signature_header).map_err(|_| not("its signature header is malformed"))?;
    if transaction_id(&signature.nonce, &signature.creator).to_string() != channel.tx_id {
        return Err(not("its transaction id is not that of its creator and nonce"));
    }
    Ok((channel, signature))
}

fn header(channel: &ChannelHeader, identity: &Identity, nonce: &[u8]) -> Header {
    let signature = SignatureHeader { creator: identity.creator.clone(), nonce: Bytes::copy_from_slice(nonce) };
    Header { channel_header: channel.encode_to_vec().into(), signature_header: signature.encode_to_vec().into() }
}

fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let micros = at.micros();
    prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0).saturating_mul(1_000),
    }
}

/// A protobuf time; to the microsecond, and kept within what a [`Timestamp`] can hold.
pub(crate) fn time_of(at: &prost_types::Timestamp) -> Timestamp {
    let micros = at.seconds.saturating_mul(1_000_000).saturating_add(i64::from(at.nanos) / 1_000);
    Timestamp::from_micros(micros)
}
