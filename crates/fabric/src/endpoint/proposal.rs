//! What a proposal says.

use bytes::Bytes;
use gx_contracts::{Refusal, RefusalCode};
use gx_types::{Timestamp, TxId};
use prost::Message;
use sha2::{Digest, Sha256};

use super::status::Failure;
use crate::proto::common::{ChannelHeader, Header, HeaderType, SignatureHeader};
use crate::proto::protos::{
    ChaincodeHeaderExtension, ChaincodeInvocationSpec, ChaincodeProposalPayload, Proposal, SignedProposal,
};

/// A proposal taken apart; nothing of it is checked yet but its form.
#[derive(Debug, Clone)]
pub(super) struct Unpacked {
    pub(super) header: Header,
    pub(super) channel: ChannelHeader,
    pub(super) signature_header: SignatureHeader,
    /// The chaincode that is called.
    pub(super) chaincode: String,
    /// Function and arguments.
    pub(super) args: Vec<Bytes>,
    /// The part of the proposal that becomes part of the transaction.
    pub(super) payload: Bytes,
}

fn decode<M: Message + Default>(what: &str, bytes: &Bytes) -> Result<M, Failure> {
    M::decode(bytes.clone()).map_err(|error| Failure::Malformed(format!("error unmarshalling {what}: {error}")))
}

impl Unpacked {
    /// Takes a proposal apart.
    pub(super) fn read(signed: &SignedProposal) -> Result<Self, Failure> {
        let malformed = |what: &str| Failure::Malformed(what.to_owned());
        if signed.proposal_bytes.is_empty() {
            return Err(malformed("a signed proposal is required"));
        }
        let proposal: Proposal = decode("Proposal", &signed.proposal_bytes)?;
        let header: Header = decode("Header", &proposal.header)?;
        let payload: ChaincodeProposalPayload = decode("ChaincodeProposalPayload", &proposal.payload)?;
        let mut unpacked = Self::of(header, payload.input)?;
        // What is transient does not enter the transaction.
        let kept = ChaincodeProposalPayload { input: unpacked.payload, transient_map: Default::default() };
        unpacked.payload = kept.encode_to_vec().into();
        Ok(unpacked)
    }

    /// The same from the parts that a transaction keeps.
    pub(super) fn of(header: Header, input: Bytes) -> Result<Self, Failure> {
        let malformed = |what: &str| Failure::Malformed(what.to_owned());
        let channel: ChannelHeader = decode("ChannelHeader", &header.channel_header)?;
        let signature_header: SignatureHeader = decode("SignatureHeader", &header.signature_header)?;
        let spec: ChaincodeInvocationSpec = decode("ChaincodeInvocationSpec", &input)?;
        let channel_id = &channel.channel_id;
        if channel_id.is_empty() {
            return Err(malformed("no channel id provided"));
        }
        let missing = |what: &str| Failure::Malformed(format!("no {what} is provided, channel id [{channel_id}]"));
        let spec = spec.chaincode_spec.ok_or_else(|| missing("chaincode spec"))?;
        let chaincode = spec.chaincode_id.ok_or_else(|| missing("chaincode id"))?.name;
        if chaincode.is_empty() {
            return Err(missing("chaincode name"));
        }
        let args = spec.input.unwrap_or_default().args;
        Ok(Self { header, channel, signature_header, chaincode, args, payload: input })
    }

    /// The transaction's id, when the header's is that of nonce and creator; and whatever else has to be so.
    pub(super) fn tx_id(&self) -> Result<TxId, Failure> {
        let refused = |what: String| Failure::Refused(format!("error validating proposal: {what}"));
        let Self { channel, signature_header: signature, .. } = self;
        if channel.r#type != i32::from(HeaderType::EndorserTransaction) {
            let name = HeaderType::try_from(channel.r#type).map_or("UNKNOWN", |kind| kind.as_str_name());
            return Err(refused(format!("invalid header type {name}")));
        }
        if channel.epoch != 0 {
            return Err(refused("epoch is non-zero".to_owned()));
        }
        if signature.nonce.is_empty() {
            return Err(refused("nonce is empty".to_owned()));
        }
        if signature.creator.is_empty() {
            return Err(refused("creator is empty".to_owned()));
        }
        let extension = ChaincodeHeaderExtension::decode(channel.extension.clone()).unwrap_or_default();
        if extension.chaincode_id.is_none_or(|id| id.name != self.chaincode) {
            return Err(refused("the header names another chaincode than the proposal".to_owned()));
        }
        let expected = crate::identity::transaction_id(&signature.nonce, &signature.creator);
        if channel.tx_id != expected.to_string() {
            let what = format!("incorrectly computed txid '{}' -- expected '{expected}'", channel.tx_id);
            return Err(refused(what));
        }
        Ok(expected)
    }

    /// When the client says it is.
    pub(super) fn timestamp(&self) -> Result<Timestamp, Failure> {
        let at = self.channel.timestamp.as_ref();
        let at = at.ok_or_else(|| Failure::Refused("error validating proposal: there is no timestamp".to_owned()))?;
        let micros = at.seconds.saturating_mul(1_000_000).saturating_add(i64::from(at.nanos).div_euclid(1_000));
        Ok(Timestamp::from_micros(micros))
    }

    /// Function and arguments as text.
    pub(super) fn call(&self) -> Result<(String, Vec<String>), Refusal> {
        let mut texts = self.args.iter().enumerate().map(|(index, arg)| {
            std::str::from_utf8(arg).map(str::to_owned).map_err(|_| {
                let detail = match index {
                    0 => "The function's name is not UTF-8.".to_owned(),
                    argument => format!("Argument {argument} is not UTF-8."),
                };
                Refusal::with(RefusalCode::ArgumentInvalid, detail)
            })
        });
        let named = || Refusal::with(RefusalCode::UnknownFunction, "The call names no function.");
        let function = texts.next().ok_or_else(named)??;
        Ok((function, texts.collect::<Result<_, _>>()?))
    }

    /// The hash that endorsements bind: both headers and what enters the transaction.
    pub(super) fn hash(&self) -> Bytes {
        let mut hash = Sha256::new();
        hash.update(&self.header.channel_header);
        hash.update(&self.header.signature_header);
        hash.update(&self.payload);
        Bytes::copy_from_slice(&hash.finalize())
    }
}
