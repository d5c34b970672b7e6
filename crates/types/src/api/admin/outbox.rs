//! Commands on their way, as administrators see them.

use serde::{Deserialize, Serialize};

use crate::{Actor, CommandId, CommandStatus, CorrelationId, OutboxState, Timestamp, TxId};

/// A command in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutboxCommandView {
    /// The command.
    pub command_id: CommandId,
    /// Kind, for example `Q_SEND_PAY`.
    pub command_type: String,
    /// Where it stands on its way to the ledger.
    pub state: OutboxState,
    /// What its owner is told.
    pub status: CommandStatus,
    /// Who asked.
    pub actor: Actor,
    /// How often it was tried.
    pub attempts: u64,
    /// Not tried before.
    pub next_attempt_at: Timestamp,
    /// The last error; with `FAILED` the refusal.
    pub error_code: Option<String>,
    /// What happened, for operators.
    pub error_detail: Option<String>,
    /// Ledger transaction.
    pub transaction_id: Option<TxId>,
    /// Block, as a decimal string.
    pub block_number: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it became final.
    pub finished_at: Option<Timestamp>,
}

/// `GET /api/v1/admin/outbox/{commandId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutboxCommandDetail {
    /// The command.
    pub command: OutboxCommandView,
    /// Its key on the ledger.
    pub ledger_key: String,
    /// Commands with one ordering key run in order.
    pub ordering_key: Option<String>,
    /// Ties log lines, rows and blocks together.
    pub correlation_id: CorrelationId,
    /// The block in which the projector has written the effects, as a decimal string.
    pub projected_block: Option<String>,
    /// Whether a refusal waits for its ledger key to be void.
    pub void_pending: bool,
}

/// How many commands are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutboxDepth {
    /// Wait for a submitter.
    pub pending: u64,
    /// In the hands of a submitter.
    pub submitting: u64,
    /// Sent, outcome open.
    pub submitted: u64,
    /// Dead letters.
    pub dead: u64,
    /// Committed, not in the read model yet.
    pub unprojected: u64,
    /// Since when the one that waits longest waits.
    pub oldest_waiting_since: Option<Timestamp>,
}
