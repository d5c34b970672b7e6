//! What can go wrong on the way to Fabric, with the organisation, the peer and the contract's words kept apart.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use gx_contracts::Refusal;
use gx_ledger::LedgerError;
use prost::Message;
use tonic::{Code, Status};

use super::chain::ChainError;
use super::explain::explain;
use super::fault::ConnectionFault;
use crate::identity::SignError;
use crate::proto::gateway::ErrorDetail;
use crate::wire::parse_refusal;

/// Characters of a foreign message that are kept.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// The type under which the Gateway packs its details.
const DETAIL_TYPE: &str = "gateway.ErrorDetail";

/// A step of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Running a proposal without a transaction.
    Evaluate,
    /// Collecting endorsements.
    Endorse,
    /// Handing over for ordering.
    Submit,
    /// Waiting for the commit.
    CommitStatus,
    /// Reading blocks.
    Deliver,
    /// Asking a signing service for a signature.
    Sign,
}

impl Step {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate",
            Self::Endorse => "endorse",
            Self::Submit => "submit",
            Self::CommitStatus => "commit_status",
            Self::Deliver => "deliver",
            Self::Sign => "sign",
        }
    }
}

/// An error of the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FabricError {
    /// No connection, or it broke. Whether the call arrived is not known.
    #[error("{endpoint} cannot be reached: {fault} ({detail})")]
    Unreachable {
        /// The gateway: organisation and address.
        endpoint: String,
        /// What is wrong.
        fault: ConnectionFault,
        /// What the connection said.
        detail: String,
    },
    /// No answer in time. Whether the call took effect is not known.
    #[error("{} at {endpoint} took longer than {} ms", step.as_str(), after.as_millis())]
    Timeout {
        /// The gateway.
        endpoint: String,
        /// What it was asked.
        step: Step,
        /// How long it had.
        after: Duration,
    },
    /// The gateway has more calls under way than it takes, or this client more than it may.
    #[error("{endpoint} is busy: {detail}")]
    Busy {
        /// The gateway.
        endpoint: String,
        /// What it said.
        detail: String,
    },
    /// The gateway, or a node behind it, refused or failed.
    #[error(transparent)]
    Failed(Box<GatewayFailure>),
    /// There is no signature.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The signer's certificate is not valid at this time.
    #[error("the certificate of {subject} is valid from {not_before} to {not_after} only")]
    Expired {
        /// Whose.
        subject: String,
        /// From.
        not_before: gx_types::Timestamp,
        /// To.
        not_after: gx_types::Timestamp,
    },
    /// No signer has the role that a call needs.
    #[error("there is no identity with gxc_role={}", .0.as_str())]
    NoSigner(gx_contracts::Role),
    /// An answer does not have its form.
    #[error("{what} from {endpoint} does not have its form: {problem}")]
    Malformed {
        /// Who sent it.
        endpoint: String,
        /// What it should have been.
        what: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Bytes given to the client are no envelope of this channel.
    #[error("not an envelope of this channel: {0}")]
    NotAnEnvelope(String),
    /// A block does not belong where it stands.
    #[error("{endpoint} sent a wrong block: {problem}")]
    Chain {
        /// Who sent it.
        endpoint: String,
        /// What is wrong.
        problem: ChainError,
    },
}

/// What a gateway answered instead of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayFailure {
    /// The gateway.
    pub endpoint: String,
    /// What it was asked.
    pub step: Step,
    /// The gRPC code.
    pub code: Code,
    /// The gateway's own words.
    pub message: String,
    /// What the nodes behind it said, each.
    pub details: Vec<EndpointFailure>,
}

/// One node's part in a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointFailure {
    /// The node.
    pub address: String,
    /// Its organisation.
    pub msp_id: String,
    /// What it said.
    pub message: String,
}

impl fmt::Display for GatewayFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {:?}: {}", self.step.as_str(), self.endpoint, self.code, self.message)?;
        for EndpointFailure { address, msp_id, message } in &self.details {
            write!(f, "; {msp_id} ({address}): {message}")?;
        }
        Ok(())
    }
}

impl Error for GatewayFailure {}

impl GatewayFailure {
    /// Whether any message of it, the gateway's or a node's, contains a text.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.message.contains(text) || self.details.iter().any(|detail| detail.message.contains(text))
    }

    /// The contract's refusal, when every one of `organisations` gave the same one. A peer that lags behind refuses what
    /// another endorses; one voice alone decides nothing.
    #[must_use]
    pub fn refusal_of_all(&self, organisations: &[String]) -> Option<Refusal> {
        let mut common: Option<Refusal> = None;
        for organisation in organisations {
            let mut said = self.details.iter().filter(|detail| detail.msp_id == *organisation);
            let refusal = said.find_map(|detail| parse_refusal(&detail.message))?;
            match &common {
                Some(first) if first.code != refusal.code => return None,
                Some(_) => {}
                None => common = Some(refusal),
            }
        }
        common
    }

    /// Any contract's refusal in it.
    #[must_use]
    pub fn any_refusal(&self) -> Option<Refusal> {
        let details = self.details.iter().map(|detail| detail.message.as_str());
        details.chain([self.message.as_str()]).find_map(parse_refusal)
    }

    /// Whether the peers disagreed as they do when one of them lags behind: different results, or a refusal by some.
    #[must_use]
    pub fn is_disagreement(&self) -> bool {
        self.says("ProposalResponsePayloads do not match") || self.any_refusal().is_some()
    }
}

impl FabricError {
    /// The error behind a gRPC status.
    pub(super) fn from_status(endpoint: &str, step: Step, status: &Status) -> Self {
        let message = shortened(&with_sources(status));
        let endpoint = endpoint.to_owned();
        let details = details_of(status);
        if status.message().contains("too many requests") {
            return Self::Busy { endpoint, detail: message };
        }
        // A status with a source was made on this side, out of a broken connection. One without details and without
        // source that says UNAVAILABLE was sent by a gateway that is there, about nodes behind it.
        if status.source().is_some() && details.is_empty() {
            let fault = status.source().map_or(ConnectionFault::Broken, ConnectionFault::of);
            return Self::Unreachable { endpoint, fault, detail: message };
        }
        let code = status.code();
        Self::Failed(Box::new(GatewayFailure { endpoint, step, code, message, details }))
    }

    /// Whether another gateway may do better.
    #[must_use]
    pub fn is_about_the_connection(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. })
    }

    /// The error in the words of the ledger port.
    #[must_use]
    pub fn into_ledger_error(self) -> LedgerError {
        match self {
            Self::NotAnEnvelope(what) => LedgerError::Rejected { what },
            other => {
                let own = other.to_string();
                let detail = match explain(&other) {
                    Some(explained) if !own.starts_with(&explained.sentence) => {
                        format!("{} ({own})", explained.sentence)
                    }
                    _ => own,
                };
                LedgerError::Unreachable { detail }
            }
        }
    }
}

/// Whether a status says that the time was up: made on this side, or by the gateway, which is told the same deadline
/// and may be the first to notice. Servers built on tonic say CANCELLED then, where others say DEADLINE_EXCEEDED; this
/// client never cancels a call it still waits for.
pub(super) fn is_deadline(status: &Status) -> bool {
    if matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded) {
        return true;
    }
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<tonic::TimeoutExpired>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// A status and the errors that caused it, outermost first.
fn with_sources(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut source = status.source();
    while let Some(error) = source {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = error.source();
    }
    text
}

/// google.rpc.Status, which travels in a gRPC trailer.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// What the nodes behind a gateway said. What cannot be read is left out: the gateway's own words remain.
fn details_of(status: &Status) -> Vec<EndpointFailure> {
    let Ok(status) = RpcStatus::decode(status.details()) else { return Vec::new() };
    let packed = status.details.iter().filter(|any| any.type_url.ends_with(DETAIL_TYPE));
    packed
        .filter_map(|any| ErrorDetail::decode(any.value.as_slice()).ok())
        .map(|ErrorDetail { address, msp_id, message }| EndpointFailure {
            address,
            msp_id,
            message: shortened(&message),
        })
        .collect()
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use gx_contracts::RefusalCode;

    use super::*;
    use crate::wire::encode_refusal;

    fn status(details: &[(&str, &str)]) -> Status {
        let pack = |(msp_id, message): &(&str, &str)| prost_types::Any {
            type_url: "type.googleapis.com/gateway.ErrorDetail".to_owned(),
            value: ErrorDetail {
                address: "peer0:7051".to_owned(),
                msp_id: (*msp_id).to_owned(),
                message: (*message).to_owned(),
            }
            .encode_to_vec(),
        };
        let packed = RpcStatus { code: 10, message: "m".to_owned(), details: details.iter().map(pack).collect() };
        Status::with_details(Code::Aborted, "failed to collect enough endorsements", packed.encode_to_vec().into())
    }

    fn failure(details: &[(&str, &str)]) -> GatewayFailure {
        match FabricError::from_status("Org1MSP (p:1)", Step::Endorse, &status(details)) {
            FabricError::Failed(failure) => *failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn details_tell_organisation_peer_and_contract_message_apart() {
        let failure = failure(&[("Org1MSP", "chaincode response 500, boom"), ("Org2MSP", "no such chaincode")]);
        assert_eq!(failure.code, Code::Aborted);
        let expected = EndpointFailure {
            address: "peer0:7051".to_owned(),
            msp_id: "Org2MSP".to_owned(),
            message: "no such chaincode".to_owned(),
        };
        assert_eq!(failure.details.get(1), Some(&expected));
        assert!(failure.to_string().contains("Org1MSP (peer0:7051): chaincode response 500, boom"));
        assert!(!failure.is_disagreement());
    }

    #[test]
    fn a_refusal_counts_when_every_organisation_gives_it() {
        let both = ["Org1MSP".to_owned(), "Org2MSP".to_owned()];
        let refusal = Refusal::of(RefusalCode::AccountNotFound);
        let text = format!("chaincode response 400, {}", encode_refusal(&refusal).unwrap());
        let other = encode_refusal(&Refusal::of(RefusalCode::AccountFrozen)).unwrap();
        assert_eq!(failure(&[("Org1MSP", &text), ("Org2MSP", &text)]).refusal_of_all(&both), Some(refusal.clone()));
        for lagging in [
            failure(&[("Org2MSP", &text)]),
            failure(&[("Org1MSP", &text), ("Org2MSP", &other)]),
            failure(&[("Org1MSP", &text), ("Org2MSP", "unreachable")]),
        ] {
            assert_eq!(lagging.refusal_of_all(&both), None);
            assert!(lagging.is_disagreement());
        }
        assert!(failure(&[("", "ProposalResponsePayloads do not match (base64)")]).is_disagreement());
    }

    #[test]
    fn too_many_requests_is_busy_whatever_its_code() {
        let status = Status::unknown("too many requests for /gateway.Gateway, exceeding concurrency limit (500)");
        let error = FabricError::from_status("p", Step::Evaluate, &status);
        assert!(matches!(error, FabricError::Busy { .. }), "{error:?}");
    }

    #[test]
    fn malformed_details_are_no_details() {
        for bytes in [vec![0xff; 40], vec![0x1a, 0x7f], Vec::new()] {
            let status = Status::with_details(Code::Aborted, "no", bytes.into());
            assert_eq!(details_of(&status), Vec::new());
        }
        let long = "é".repeat(MESSAGE_CHARS_MAX + 5);
        assert_eq!(shortened(&long).chars().count(), MESSAGE_CHARS_MAX + 1);
    }
}
