//! What a peer's TRANSACTION says: who signed, when, which function with which arguments.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use gx_contracts::{Refusal, RefusalCode, Signer, TxContext};
use gx_types::{Timestamp, TxId};
use prost::Message;

use crate::identity::Certificate;
use crate::proto::common::{ChannelHeader, Header, SignatureHeader};
use crate::proto::msp::SerializedIdentity;
use crate::proto::protos::{
    ChaincodeInput, ChaincodeInvocationSpec, ChaincodeMessage, ChaincodeProposalPayload, Proposal,
};

/// Signers remembered, so that their certificates are read once; few sign for GX.
const SIGNERS_MAX: usize = 256;

/// A call as the contracts take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) context: TxContext,
    pub(super) function: String,
    pub(super) args: Vec<String>,
}

/// Why there is no call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestError {
    /// The message does not have its form; no well-behaved peer sends it.
    Malformed(String),
    /// Every organisation refuses this, like a contract would.
    Refused(Refusal),
}

/// Certificates that were read before.
#[derive(Default)]
pub(super) struct Signers(Mutex<HashMap<Bytes, Signer>>);

impl Signers {
    /// The signer behind an encoded identity. The peer has checked the certificate and the signature.
    fn read(&self, creator: &Bytes) -> Result<Signer, RequestError> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(creator) {
            return Ok(known.clone());
        }
        let identity: SerializedIdentity = decode("the signer", creator)?;
        let certificate = Certificate::from_pem(&identity.id_bytes).map_err(|error| {
            RequestError::Refused(Refusal::with(RefusalCode::RoleRefused, format!("The signer has no role: {error}")))
        })?;
        let signer = Signer { msp_id: identity.mspid, role: certificate.role };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= SIGNERS_MAX {
            known.clear();
        }
        // A copy: the bytes given are a part of the whole message and would keep it alive.
        known.insert(Bytes::copy_from_slice(creator), signer.clone());
        Ok(signer)
    }
}

impl Request {
    /// Reads a TRANSACTION.
    pub(super) fn read(message: &ChaincodeMessage, signers: &Signers) -> Result<Self, RequestError> {
        let input: ChaincodeInput = decode("the input", &message.payload)?;
        let signed = message.proposal.as_ref().ok_or_else(|| malformed("there is no proposal"))?;
        let proposal: Proposal = decode("the proposal", &signed.proposal_bytes)?;
        let header: Header = decode("the proposal's header", &proposal.header)?;
        let channel: ChannelHeader = decode("the channel header", &header.channel_header)?;
        let signature: SignatureHeader = decode("the signature header", &header.signature_header)?;
        if channel.tx_id != message.txid || channel.channel_id != message.channel_id {
            return Err(malformed("transaction id or channel differ between message and proposal"));
        }
        let tx_id: TxId = message.txid.parse().map_err(|_| malformed("the transaction id is no SHA-256 in hex"))?;
        let signer = signers.read(&signature.creator)?;
        // A signature covers the call that was signed, not what another chaincode makes of it.
        if signed_args(&proposal)? != input.args {
            let detail = "The call differs from the signed one: another chaincode cannot call this one.";
            return Err(RequestError::Refused(Refusal::with(RefusalCode::RoleRefused, detail)));
        }
        let time = channel.timestamp.as_ref().ok_or_else(|| malformed("the channel header has no time"))?;
        let timestamp = Timestamp::from_micros(
            time.seconds.saturating_mul(1_000_000).saturating_add(i64::from(time.nanos).div_euclid(1_000)),
        );
        let mut args = input.args.into_iter().enumerate().map(|(index, arg)| text(index, &arg));
        let function = args.next().ok_or_else(|| {
            RequestError::Refused(Refusal::with(RefusalCode::UnknownFunction, "The call names no function."))
        })??;
        let args = args.collect::<Result<_, _>>()?;
        Ok(Self { context: TxContext { tx_id, timestamp, signer }, function, args })
    }
}

fn signed_args(proposal: &Proposal) -> Result<Vec<Bytes>, RequestError> {
    let payload: ChaincodeProposalPayload = decode("the proposal's payload", &proposal.payload)?;
    let invocation: ChaincodeInvocationSpec = decode("the invocation", &payload.input)?;
    let input = invocation.chaincode_spec.and_then(|spec| spec.input);
    Ok(input.ok_or_else(|| malformed("the invocation has no input"))?.args)
}

fn text(index: usize, arg: &Bytes) -> Result<String, RequestError> {
    std::str::from_utf8(arg).map(str::to_owned).map_err(|_| {
        let detail = match index {
            0 => "The function's name is not UTF-8.".to_owned(),
            argument => format!("Argument {argument} is not UTF-8."),
        };
        RequestError::Refused(Refusal::with(RefusalCode::ArgumentInvalid, detail))
    })
}

fn decode<M: Message + Default>(what: &str, bytes: &Bytes) -> Result<M, RequestError> {
    M::decode(bytes.clone()).map_err(|error| malformed(format!("{what} does not have its form: {error}")))
}

fn malformed(problem: impl Into<String>) -> RequestError {
    RequestError::Malformed(problem.into())
}
