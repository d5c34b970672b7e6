//! Proposals as a peer hands them on.

use std::sync::LazyLock;

use bytes::Bytes;
use gx_contracts::Role;
use gx_fabric::proto::common::{ChannelHeader, Header, SignatureHeader};
use gx_fabric::proto::msp::SerializedIdentity;
use gx_fabric::proto::protos::chaincode_message::Type;
use gx_fabric::proto::protos::{
    ChaincodeInput, ChaincodeInvocationSpec, ChaincodeMessage, ChaincodeProposalPayload, ChaincodeSpec, Proposal,
    SignedProposal,
};
use gx_types::{Timestamp, TxId};
use prost::Message;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use sha2::{Digest, Sha256};

pub const CHANNEL: &str = "gxchannel-devnet";

/// A transaction as the tests describe it; every field may be spoilt.
#[derive(Clone)]
pub struct Tx {
    pub tx_id: String,
    pub channel: String,
    pub timestamp: Timestamp,
    pub creator: Bytes,
    pub args: Vec<Bytes>,
}

impl Tx {
    pub fn new(number: u64, role: Option<Role>, function: &str, args: &[&str]) -> Self {
        let words = std::iter::once(function).chain(args.iter().copied());
        Self {
            tx_id: tx_id(number).to_string(),
            channel: CHANNEL.to_owned(),
            timestamp: Timestamp::from_micros(1_790_000_000_000_000),
            creator: creator(role),
            args: words.map(|word| Bytes::copy_from_slice(word.as_bytes())).collect(),
        }
    }

    pub fn input(&self) -> ChaincodeInput {
        ChaincodeInput { args: self.args.clone(), ..ChaincodeInput::default() }
    }

    pub fn message(&self) -> ChaincodeMessage {
        let micros = self.timestamp.micros();
        let timestamp = prost_types::Timestamp {
            seconds: micros.div_euclid(1_000_000),
            nanos: i32::try_from(micros.rem_euclid(1_000_000)).unwrap() * 1_000,
        };
        let channel = ChannelHeader {
            r#type: 3,
            timestamp: Some(timestamp),
            channel_id: self.channel.clone(),
            tx_id: self.tx_id.clone(),
            ..ChannelHeader::default()
        };
        let signature = SignatureHeader { creator: self.creator.clone(), nonce: Bytes::from_static(&[7; 24]) };
        let header = Header { channel_header: bytes(&channel), signature_header: bytes(&signature) };
        let spec = ChaincodeSpec { input: Some(self.input()), ..ChaincodeSpec::default() };
        let spec = ChaincodeInvocationSpec { chaincode_spec: Some(spec) };
        let payload = ChaincodeProposalPayload { input: bytes(&spec), ..ChaincodeProposalPayload::default() };
        let proposal = Proposal { header: bytes(&header), payload: bytes(&payload), ..Proposal::default() };
        ChaincodeMessage {
            r#type: Type::Transaction.into(),
            payload: bytes(&self.input()),
            txid: self.tx_id.clone(),
            channel_id: self.channel.clone(),
            proposal: Some(SignedProposal { proposal_bytes: bytes(&proposal), signature: Bytes::from_static(b"s") }),
            ..ChaincodeMessage::default()
        }
    }
}

pub fn bytes(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}

pub fn tx_id(number: u64) -> TxId {
    TxId::from_bytes(Sha256::digest(number.to_be_bytes()).into())
}

/// The encoded identity of somebody with a role, or none; made once per role.
pub fn creator(role: Option<Role>) -> Bytes {
    static CREATORS: LazyLock<Vec<(Option<Role>, Bytes)>> = LazyLock::new(|| {
        let roles = Role::ALL.into_iter().map(Some).chain([None]);
        roles.map(|role| (role, identity(&attributes(role)))).collect()
    });
    CREATORS.iter().find(|(known, _)| *known == role).unwrap().1.clone()
}

fn attributes(role: Option<Role>) -> String {
    match role {
        Some(role) => format!(r#"{{"attrs":{{"gxc_role":"{}","hf.EnrollmentID":"x"}}}}"#, role.as_str()),
        None => r#"{"attrs":{"hf.EnrollmentID":"x"}}"#.to_owned(),
    }
}

/// An identity whose certificate carries these attributes.
pub fn identity(attributes: &str) -> Bytes {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    let extension = CustomExtension::from_oid_content(&[1, 2, 3, 4, 5, 6, 7, 8, 1], attributes.as_bytes().to_vec());
    params.custom_extensions.push(extension);
    let certificate = params.self_signed(&key).unwrap();
    let pem = certificate.pem().into_bytes().into();
    bytes(&SerializedIdentity { mspid: "Org1DevnetMSP".to_owned(), id_bytes: pem })
}
