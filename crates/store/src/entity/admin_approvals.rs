//! What waits for a second person. Owner: admin.

use gx_types::{AdminId, ApprovalId, ApprovalStatus, ApprovalType, AuditObject, CommandId, CorrelationId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `admin_approvals`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_approvals")]
pub struct Model {
    /// The approval.
    #[sea_orm(primary_key, auto_increment = false)]
    pub approval_id: Col<ApprovalId>,
    /// What it is about.
    pub approval_type: Col<ApprovalType>,
    /// Where it stands.
    pub status: Col<ApprovalStatus>,
    /// What nobody else may ask for meanwhile.
    pub hold_key: String,
    /// What will be done, as JSON.
    pub action: String,
    /// The same in a sentence.
    pub summary: String,
    /// To what.
    pub object: Col<AuditObject>,
    /// Who asked.
    pub requester_id: Col<AdminId>,
    /// Who decided.
    pub approver_id: Option<Col<AdminId>>,
    /// Who started the execution last.
    pub executor_id: Option<Col<AdminId>>,
    /// The words of whoever decided.
    pub decision_reason: Option<String>,
    /// Executions that were started.
    pub attempts: i64,
    /// Since when the newest is under way.
    pub executing_since: Option<Col<Timestamp>>,
    /// Why the last execution failed: a stable code.
    pub failure_code: Option<String>,
    /// The same in a sentence.
    pub failure_detail: Option<String>,
    /// The command that the execution enqueued.
    pub command_id: Option<Col<CommandId>>,
    /// The request it was asked for in.
    pub correlation_id: Col<CorrelationId>,
    /// When it was asked for.
    pub requested_at: Col<Timestamp>,
    /// When it was decided.
    pub decided_at: Option<Col<Timestamp>>,
    /// When it was executed.
    pub executed_at: Option<Col<Timestamp>>,
    /// When it ends by itself.
    pub expires_at: Col<Timestamp>,
    /// When the row last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
