//! Commands: what a service has accepted and the ledger decides.

use serde::{Deserialize, Serialize};

use crate::{CommandId, CommandStatus, Timestamp, TxId};

/// Where a command stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommandView {
    /// The command.
    pub command_id: CommandId,
    /// Where it stands; `CONFIRMED` only once balances show it.
    pub status: CommandStatus,
    /// Where it is written on the ledger, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CommandResult>,
    /// Why the ledger refused it, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CommandFailure>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl CommandView {
    /// Whether nothing more will happen to it by itself.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self.status, CommandStatus::Confirmed | CommandStatus::Failed)
    }
}

/// Where a settled command is written on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommandResult {
    /// The transaction.
    pub transaction_id: TxId,
    /// Its block, as a decimal string.
    pub block_number: String,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommandFailure {
    /// Stable code of the refusal, for example `INSUFFICIENT_FUNDS`.
    pub code: String,
    /// What it means, for people.
    pub message: String,
}

/// 202: accepted, not settled yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommandAccepted {
    /// The command.
    pub command_id: CommandId,
    /// Where it stands.
    pub status: CommandStatus,
    /// Where to ask for its status.
    pub status_url: String,
    /// A sentence for people.
    pub message: String,
}
