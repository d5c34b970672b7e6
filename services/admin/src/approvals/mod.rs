//! What waits for a second person.
//!
//! ```text
//! PENDING ─► APPROVED ─► EXECUTING ─► EXECUTED
//!    │           │           └──────► EXECUTION_FAILED ─► EXECUTING …
//!    └─► REJECTED, CANCELLED, EXPIRED ◄──┘
//! ```
//!
//! A route whose permission wants a second person gets a `Requester` from the gate, not an `Admin`: it makes an
//! [`Action`] and [`ask`]s. Asking does everything once and undoes it, so that what cannot be done is refused at once;
//! executing does the same in one transaction with the state change. Requester, approver and executor are three fields;
//! requester and approver are never the same (the table refuses it too). **A new action:** a member of [`Action`]; the
//! compiler asks for the rest.

mod act;
mod action;
mod ask;
mod cancel;
mod details;
mod execute;
pub(crate) mod expire;
mod list;
mod vote;

use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{ApiError, ApiResult};
use gx_store::StoreError;
use gx_store::repo::admins;
use gx_store::repo::approvals::{self, Approval};
use gx_types::api::admin::{AdminSummary, ApprovalView};
use gx_types::{AdminId, AdminRole, ApprovalId, ApprovalStatus, ApprovalType, ErrorCode, Timestamp};

pub(crate) use self::action::Action;
pub(crate) use self::ask::{ask, declared};

use crate::command::Routes;

pub(crate) fn routes() -> Routes {
    let mut routes = list::routes();
    routes.extend([vote::route(), execute::route(), cancel::route()]);
    routes
}

/// The permission that asking for, approving and executing an action of this type need.
pub(crate) const fn permission_of(kind: ApprovalType) -> Permission {
    match kind {
        ApprovalType::UserFreeze => Permission::UserFreeze,
        ApprovalType::UserUnfreeze => Permission::UserUnfreeze,
        ApprovalType::SystemPause => Permission::SystemPause,
        ApprovalType::SystemBootstrap | ApprovalType::TreasuryActivate => Permission::SystemBootstrap,
        ApprovalType::CountryInitialize => Permission::CountryManage,
        ApprovalType::TreasuryDisburse => Permission::TreasuryDisburse,
        ApprovalType::ConfigChange => Permission::ParameterSet,
        ApprovalType::AdminAppoint | ApprovalType::AdminCreate => Permission::AdminCreate,
        ApprovalType::AdminRoleChange => Permission::AdminRoleAssign,
        ApprovalType::AdminDisable => Permission::AdminDisable,
        ApprovalType::AdminEnable => Permission::AdminEnable,
        ApprovalType::AdminMfaReset => Permission::AdminMfaReset,
    }
}

/// What an administrator of this role sees of what others asked for.
fn types_of(role: AdminRole) -> Vec<ApprovalType> {
    ApprovalType::ALL.iter().copied().filter(|kind| permission_of(*kind).granted_to(role)).collect()
}

fn sees(admin: &Admin, row: &Approval) -> bool {
    row.requester_id == admin.admin_id || permission_of(row.approval_type.0).granted_to(admin.role)
}

/// An approval that the caller may see.
async fn visible(app: &App, admin: &Admin, id: ApprovalId) -> ApiResult<Approval> {
    let row = approvals::find(app.store().read(), id).await?.filter(|row| sees(admin, row));
    row.ok_or_else(ApiError::not_found)
}

/// The state as of `now`: one whose time is up is over, even before the job has written so.
fn status_now(row: &Approval, now: Timestamp) -> ApprovalStatus {
    let waits =
        matches!(row.status.0, ApprovalStatus::Pending | ApprovalStatus::Approved | ApprovalStatus::ExecutionFailed);
    if waits && row.expires_at.0 <= now { ApprovalStatus::Expired } else { row.status.0 }
}

/// Whether the caller stands high enough for what an approval is about.
async fn stands_high_enough(app: &App, admin: &Admin, action: &Action) -> ApiResult<bool> {
    match act::entitled(app.store().read(), action, &[(admin.admin_id, admin.role)]).await {
        Ok(()) => Ok(true),
        Err(refusal) if refusal.code() == ErrorCode::RoleTooHigh => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the caller may approve or reject it now.
async fn may_vote(app: &App, admin: &Admin, row: &Approval) -> ApiResult<bool> {
    let action: Action = serde_json::from_str(&row.action).map_err(ApiError::internal)?;
    Ok(status_now(row, app.now()) == ApprovalStatus::Pending
        && row.requester_id != admin.admin_id
        && Permission::ApprovalVote.granted_to(admin.role)
        && permission_of(row.approval_type.0).granted_to(admin.role)
        && stands_high_enough(app, admin, &action).await?)
}

async fn view(app: &App, admin: &Admin, row: Approval) -> ApiResult<ApprovalView> {
    let action: Action = serde_json::from_str(&row.action).map_err(ApiError::internal)?;
    let details = details::details(app, &action).await?;
    let status = status_now(&row, app.now());
    let permission = permission_of(row.approval_type.0);
    let mine = row.requester_id == admin.admin_id;
    let holds = permission.granted_to(admin.role) && stands_high_enough(app, admin, &action).await?;
    let may_vote = may_vote(app, admin, &row).await?;
    let may_execute = matches!(status, ApprovalStatus::Approved | ApprovalStatus::ExecutionFailed)
        && holds
        && Permission::ApprovalExecute.granted_to(admin.role);
    let may_cancel =
        mine && matches!(status, ApprovalStatus::Pending | ApprovalStatus::Approved | ApprovalStatus::ExecutionFailed);
    Ok(ApprovalView {
        requester: summary(app, row.requester_id.0).await?,
        approver: optional_summary(app, row.approver_id.map(|id| id.0)).await?,
        executor: optional_summary(app, row.executor_id.map(|id| id.0)).await?,
        id: row.approval_id.0,
        approval_type: row.approval_type.0,
        status,
        summary: details::named(row.summary, &action, &details),
        details,
        object: row.object.0,
        permission: permission.code().to_owned(),
        decision_reason: row.decision_reason,
        attempts: u64::try_from(row.attempts).unwrap_or(0),
        failure_code: row.failure_code,
        failure_detail: row.failure_detail,
        command_id: row.command_id.map(|id| id.0),
        requested_at: row.requested_at.0,
        decided_at: row.decided_at.map(|at| at.0),
        executed_at: row.executed_at.map(|at| at.0),
        expires_at: row.expires_at.0,
        may_vote,
        may_execute,
        may_cancel,
    })
}

async fn optional_summary(app: &App, id: Option<AdminId>) -> Result<Option<AdminSummary>, StoreError> {
    match id {
        Some(id) => summary(app, id).await.map(Some),
        None => Ok(None),
    }
}

async fn summary(app: &App, id: AdminId) -> Result<AdminSummary, StoreError> {
    Ok(admins::find(app.store().read(), id).await?.map_or_else(
        || AdminSummary::unknown(id),
        |row| AdminSummary { id, username: row.username, display_name: row.display_name, role: row.role.0 },
    ))
}
