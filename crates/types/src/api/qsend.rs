//! Q Send: requests for payment, shown as a QR code.

use serde::{Deserialize, Serialize};

use crate::api::security::StepUp;
#[cfg(feature = "openapi")]
use crate::qirat::openapi::{AmountTyped, FeeTyped};
use crate::{CommandId, GxId, ProfileId, QSendId, QSendStatus, Qirat, QiratSum, Timestamp, TxId};

/// `POST /api/v1/qsend`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendCreate {
    /// What the creator wants to get, above zero.
    #[cfg_attr(feature = "openapi", schema(value_type = AmountTyped))]
    pub amount: Qirat,
    /// What it is for, for the payer to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub description: Option<String>,
    /// The creator's own sign, for example the number of an invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub reference: Option<String>,
    /// How long the request can be paid, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 60, maximum = 600))]
    pub validity_seconds: Option<u32>,
}

/// A request, as far as the reader may see it.
///
/// The creator sees everything. Whoever holds the code sees what is needed to decide about paying; who paid, and with
/// which transaction, only the creator and the payer see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendView {
    /// Id of the request.
    pub id: QSendId,
    /// What people read out and type: `QS-` and eight characters.
    #[cfg_attr(feature = "openapi", schema(pattern = "^QS-[A-HJ-NP-Z2-9]{8}$", example = "QS-6PAS3LHD"))]
    pub request_code: String,
    /// The signed text inside the QR code.
    pub qr_data: String,
    /// What the creator gets.
    pub amount: Qirat,
    /// What it is for.
    pub description: Option<String>,
    /// The creator's own sign.
    pub reference: Option<String>,
    /// Where it stands.
    pub status: QSendStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can no longer be paid.
    pub expires_at: Timestamp,
    /// How long it can be paid, in seconds.
    pub validity_seconds: u32,
    /// How long it can still be paid, in seconds; 0 when it cannot.
    pub remaining_seconds: u32,
    /// Who wants to be paid.
    pub creator_profile_id: ProfileId,
    /// Profile name of the creator.
    pub creator_name: String,
    /// GX id of the creator.
    pub creator_fabric_id: GxId,
    /// Who paid or is paying (creator and payer only).
    pub payer_profile_id: Option<ProfileId>,
    /// Profile name of the payer (creator and payer only).
    pub payer_name: Option<String>,
    /// When it was paid (creator and payer only).
    pub paid_at: Option<Timestamp>,
    /// The command that pays it (creator and payer only).
    pub command_id: Option<CommandId>,
    /// The ledger's transaction (creator and payer only).
    pub on_chain_tx_id: Option<TxId>,
    /// What the reader would pay on top, or the payer did.
    pub fee: Option<Qirat>,
    /// Amount and fee together.
    pub total: Option<Qirat>,
    /// Why the last try to pay was refused (creator and that payer only).
    pub failure_reason: Option<String>,
    /// How often the code was scanned (creator only).
    pub scanned_count: Option<u32>,
}

/// `GET /api/v1/qsend`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendListReply {
    /// One page.
    pub requests: Vec<QSendView>,
    /// What to pass as `cursor` for the next page; none on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Figures over the requests that a person created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendStats {
    /// All of them.
    pub total_requests: u64,
    /// Waiting for a payer.
    pub active_requests: u64,
    /// Being paid.
    pub paying_requests: u64,
    /// Paid.
    pub paid_requests: u64,
    /// Expired.
    pub expired_requests: u64,
    /// Taken back.
    pub cancelled_requests: u64,
    /// Sum of the amounts of all of them, in Qirat.
    pub total_amount_requested: QiratSum,
    /// Sum of the amounts of those that were paid, in Qirat.
    pub total_amount_paid: QiratSum,
}

/// `GET /api/v1/qsend/dashboard`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendDashboardReply {
    /// The figures.
    pub stats: QSendStats,
    /// The ten newest requests.
    pub recent_requests: Vec<QSendView>,
}

/// `POST /api/v1/qsend/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendVerify {
    /// The text that the scanner read.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 4096))]
    pub qr_data: String,
}

/// The answer about a scanned code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendVerified {
    /// Whether the code is ours, unaltered, and can be paid now.
    pub valid: bool,
    /// The request, when the code is ours and unaltered.
    pub request: Option<QSendView>,
    /// Why it cannot be paid.
    pub error: Option<QSendDefect>,
}

/// What is wrong with a scanned code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum QSendDefect {
    /// Not a Q Send code.
    NotQSend,
    /// The signature does not hold: forged, altered, or made for another environment.
    SignatureInvalid,
    /// Signed, but no such request is stored.
    Unknown,
    /// Its time is up.
    Expired,
    /// Paid already, or being paid.
    AlreadyPaid,
    /// Taken back by its creator.
    Cancelled,
}

/// `POST /api/v1/qsend/{code}/pay`; the body may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendPay {
    /// The fee that the payer was shown. If it is another one by now, the answer is 409 `FEE_CHANGED` and nothing moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<FeeTyped>))]
    pub expected_fee: Option<Qirat>,
    /// What confirms it, from the step-up amount on. Without it such a payment is refused with 403 and the kind of proof
    /// that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::api::objects::one")]
    pub step_up: Option<StepUp>,
}

/// The answer to a payer: 200 with `PAID` once settled, 202 with `PAYING` until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QSendPayReply {
    /// `PAID` or `PAYING`.
    pub status: QSendStatus,
    /// The command that pays.
    pub command_id: CommandId,
    /// The ledger's transaction, once settled.
    pub on_chain_tx_id: Option<TxId>,
    /// Profile name of the payer.
    pub payer_name: String,
    /// Where to follow the command.
    pub status_url: String,
    /// For people.
    pub message: String,
    /// The request.
    pub request: QSendView,
}
