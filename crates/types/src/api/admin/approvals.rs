//! What waits for a second person.

use serde::{Deserialize, Serialize};

use super::auth::AdminSummary;
use crate::{AdminId, ApprovalId, ApprovalStatus, ApprovalType, AuditObject, CommandId, Timestamp};

/// The answer 202 to a request that a second person must approve: nothing has been done yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalRequested {
    /// The approval to wait for.
    pub approval_id: ApprovalId,
    /// Where it stands.
    pub status: ApprovalStatus,
    /// Where to ask for it.
    pub status_url: String,
    /// Until when it can be approved.
    pub expires_at: Timestamp,
    /// A plain sentence.
    pub message: String,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalView {
    /// The approval.
    pub id: ApprovalId,
    /// What kind of action it is about.
    #[serde(rename = "type")]
    pub approval_type: ApprovalType,
    /// Where it stands.
    pub status: ApprovalStatus,
    /// What will be done, in a sentence.
    pub summary: String,
    /// What it is about in full: names instead of ids, every value that will be set, and what is so now.
    pub details: Vec<ApprovalDetail>,
    /// To what.
    pub object: AuditObject,
    /// The permission that asking, approving and executing need.
    pub permission: String,
    /// Who asked for it.
    pub requester: AdminSummary,
    /// Who approved or rejected it.
    pub approver: Option<AdminSummary>,
    /// Who started the execution last.
    pub executor: Option<AdminSummary>,
    /// The words of whoever decided.
    pub decision_reason: Option<String>,
    /// How often the execution was started.
    pub attempts: u64,
    /// Why the last execution failed: a stable code.
    pub failure_code: Option<String>,
    /// The same in a sentence.
    pub failure_detail: Option<String>,
    /// The command that the execution put on its way to the ledger.
    pub command_id: Option<CommandId>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// When it was executed.
    pub executed_at: Option<Timestamp>,
    /// When it ends by itself, unless it is executed before.
    pub expires_at: Timestamp,
    /// Whether the caller may approve or reject it now.
    pub may_vote: bool,
    /// Whether the caller may execute it now.
    pub may_execute: bool,
    /// Whether the caller may take it back now.
    pub may_cancel: bool,
}

/// One thing to know before deciding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalDetail {
    /// What it is, in a word or two.
    pub label: String,
    /// The value.
    pub value: String,
}

/// `GET /api/v1/admin/approvals/pending-count`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingApprovals {
    /// Approvals that the caller may decide.
    pub pending_count: u64,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VoteDecision {
    /// It shall be done.
    Approve,
    /// It shall not be done.
    Reject,
}

/// `POST /api/v1/admin/approvals/{approvalId}/vote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoteRequest {
    /// What was decided.
    pub decision: VoteDecision,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub reason: Option<String>,
    /// Whether an approved action is executed at once; yes when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execute: Option<bool>,
}

/// What a vote or an execution has led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalOutcome {
    /// The approval now.
    pub approval: ApprovalView,
    /// The first password of an administrator who was made: shown this once, stored nowhere in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_password: Option<String>,
}

/// `POST /api/v1/admin/admins/create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateAdminRequest {
    /// Login name: 3 to 32 of `a–z 0–9 . _ -`.
    #[cfg_attr(feature = "openapi", schema(min_length = 3, max_length = 32, pattern = "^[a-z0-9._-]{3,32}$"))]
    pub username: String,
    /// E-mail address.
    #[cfg_attr(feature = "openapi", schema(min_length = 3, max_length = 254, example = "ada@example.org"))]
    pub email: String,
    /// Name that colleagues see.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub display_name: String,
    /// Role.
    pub role: crate::AdminRole,
}

/// `PUT /api/v1/admin/admins/{adminId}/role`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeRoleRequest {
    /// The new role.
    pub new_role: crate::AdminRole,
    /// Why.
    #[cfg_attr(feature = "openapi", schema(min_length = 10, max_length = 1000))]
    pub reason: String,
}

/// `POST /api/v1/admin/admins/{adminId}/disable`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DisableAdminRequest {
    /// Why.
    #[cfg_attr(feature = "openapi", schema(min_length = 10, max_length = 1000))]
    pub reason: String,
}

/// `POST /api/v1/admin/admins/{adminId}/enable`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnableAdminRequest {
    /// Why.
    #[cfg_attr(feature = "openapi", schema(min_length = 10, max_length = 1000))]
    pub reason: String,
}

/// `POST /api/v1/admin/treasury/disburse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DisburseRequest {
    /// Out of which pool: CHARITABLE, LOAN, GX or OPERATIONS.
    #[cfg_attr(feature = "openapi", schema(example = "CHARITABLE"))]
    pub pool: String,
    /// To whom: the GX id of a person whom the ledger has registered.
    pub to: crate::GxId,
    /// How much, Qirat.
    pub amount: crate::Qirat,
    /// What for; the receiver reads it.
    #[cfg_attr(feature = "openapi", schema(min_length = 3, max_length = 140))]
    pub remark: String,
}

/// An administrator in an approval: enough to tell who it is.
impl AdminSummary {
    /// Somebody whose row is gone.
    #[must_use]
    pub fn unknown(id: AdminId) -> Self {
        Self { id, username: String::new(), display_name: "unknown".to_owned(), role: crate::AdminRole::Auditor }
    }
}
