//! Errors as a peer's gateway words them.

use prost::Message;
use tonic::{Code, Status};

use crate::proto::gateway::ErrorDetail;

/// What a status travels as when it has details: `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// Why a peer has no endorsement to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The gateway cannot read the proposal.
    Malformed(String),
    /// The peer does not let it through: identity, signature, transaction id.
    Refused(String),
    /// The chaincode answered with a status that is no success.
    Chaincode { status: i32, message: String },
    /// The peer itself failed.
    Peer(String),
}

impl Failure {
    /// The words of one peer.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Malformed(message) | Self::Refused(message) | Self::Peer(message) => message.clone(),
            Self::Chaincode { status, message } => format!("chaincode response {status}, {message}"),
        }
    }

    /// The code of an evaluation that ends so.
    pub(super) const fn code(&self) -> Code {
        match self {
            Self::Malformed(_) => Code::InvalidArgument,
            Self::Refused(_) => Code::FailedPrecondition,
            Self::Chaincode { .. } => Code::Unknown,
            Self::Peer(_) => Code::Aborted,
        }
    }
}

/// A status with what each peer said: address, organisation, message.
pub(super) fn with_details(code: Code, message: &str, details: Vec<ErrorDetail>) -> Status {
    let details = details
        .into_iter()
        .map(|detail| prost_types::Any {
            type_url: "type.googleapis.com/gateway.ErrorDetail".to_owned(),
            value: detail.encode_to_vec(),
        })
        .collect();
    let packed = RpcStatus { code: code as i32, message: message.to_owned(), details };
    Status::with_details(code, message, packed.encode_to_vec().into())
}
