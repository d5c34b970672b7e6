//! `POST /api/v1/admin/approvals/{approvalId}/execute`: does what was approved; again, when it could not be done before.

use axum::Json;
use axum::extract::State;
use gx_base::Secret;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route, current_correlation};
use gx_platform::{App, BusMessage};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::admins;
use gx_store::repo::approvals::{self, Approval};
use gx_store::{Col, Tx};
use gx_types::api::admin::ApprovalOutcome;
use gx_types::{
    AdminId, ApprovalId, ApprovalStatus, AuditEvent, AuditObject, CommandId, CorrelationId, ErrorCode, Timestamp,
};

use super::act::{self, Decider, Doing, Done};
use super::{Action, permission_of, status_now, view, visible};

pub(super) fn route() -> Handled {
    Route::post("/api/v1/admin/approvals/{approvalId}/execute", "executeApproval")
        .summary("Execute what was approved")
        .description("For what was approved without being executed, and for what could not be done before.")
        .access(Access::Admin(Permission::ApprovalExecute))
        .param::<ApprovalId>("approvalId", "The approval")
        .reply::<ApprovalOutcome>(200, "Executed")
        .errors(&[
            ErrorCode::ApprovalNotApproved,
            ErrorCode::ApprovalExpired,
            ErrorCode::ApprovalExecutionFailed,
            ErrorCode::RoleTooHigh,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    ApiPath(id): ApiPath<ApprovalId>,
) -> ApiResult<Json<ApprovalOutcome>> {
    let row = visible(&app, &admin, id).await?;
    forbidden_unless(&admin, permission_of(row.approval_type.0))?;
    let first_password = execute(&app, &admin, id).await?;
    let row = visible(&app, &admin, id).await?;
    let approval = view(&app, &admin, row).await?;
    Ok(Json(ApprovalOutcome { approval, first_password: first_password.map(|text| text.expose().to_owned()) }))
}

/// Refuses who does not hold the permission of the action itself.
pub(super) fn forbidden_unless(admin: &Admin, permission: Permission) -> ApiResult<()> {
    if permission.granted_to(admin.role) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::Forbidden).with_detail(format!("this needs the permission {}", permission.code())))
}

/// The administrators whose word an action rests on, with their roles now. One who was shut out, or whose role does not
/// hold the permission any more, gives no word.
pub(super) async fn deciders(tx: &Tx, who: &[AdminId], permission: Permission) -> ApiResult<Vec<Decider>> {
    let mut deciders = Vec::with_capacity(who.len());
    for id in who {
        let row = admins::find(tx, *id).await?.filter(|row| row.is_active && permission.granted_to(row.role.0));
        let Some(row) = row else {
            let detail = "whoever asked for it or approved it may not do so any more";
            return Err(ApiError::new(ErrorCode::StateConflict).with_detail(detail));
        };
        deciders.push((*id, row.role.0));
    }
    Ok(deciders)
}

#[derive(Clone)]
struct Begun {
    id: ApprovalId,
    attempt: i64,
    action: Action,
    correlation_id: CorrelationId,
}

/// Executes an approval. Returns the first password of an administrator who was made.
///
/// # Errors
/// 403 `ROLE_TOO_HIGH`; 409 when it is not approved, is over, or is being executed; 409 `APPROVAL_EXECUTION_FAILED` with the reason when it
/// could not be done, which the approval keeps too.
pub(super) async fn execute(app: &App, executor: &Admin, id: ApprovalId) -> ApiResult<Option<Secret>> {
    // 1. It is this execution's turn, and no other's.
    let (now, correlation_id, executor_id) = (app.now(), current_correlation(), executor.admin_id);
    let decider = (executor_id, executor.role);
    let begun =
        app.store().write(move |tx| Box::pin(async move { begin(tx, id, decider, correlation_id, now).await })).await?;

    // 2. It is done in one transaction with the state, or not at all.
    match carry_out(app, executor, begun.clone()).await {
        Ok((done, first_password)) => {
            if let Some(profile_id) = done.person {
                app.bus().publish(&BusMessage::PersonChanged { profile_id });
            }
            for session in done.sessions {
                app.auth().ended(session);
            }
            tracing::info!(approval_id = %id, admin_id = %executor_id, "an approved action was executed");
            Ok(first_password)
        }
        Err(refusal) => {
            // 3. Why not, is kept; anybody with the permission may try again.
            let problem = refusal.problem();
            let code = problem.code.as_str().to_owned();
            let detail = problem.detail.unwrap_or_else(|| refusal.code().title().to_owned());
            let (kept, now) = ((code.clone(), detail.clone()), app.now());
            let actor = executor.actor();
            app.store()
                .write(move |tx| {
                    let ((code, detail), begun) = (kept.clone(), begun.clone());
                    Box::pin(async move {
                        let Some(row) = approvals::lock(tx, begun.id).await? else { return Ok(()) };
                        if !is_mine(&row, &begun) {
                            return Ok(());
                        }
                        failed(tx, row, (code, detail), actor, begun.correlation_id, now).await
                    })
                })
                .await?;
            tracing::warn!(approval_id = %id, code, "an approved action could not be done");
            Err(ApiError::new(ErrorCode::ApprovalExecutionFailed).with_detail(format!("{code}: {detail}")))
        }
    }
}

fn is_mine(row: &Approval, begun: &Begun) -> bool {
    row.status.0 == ApprovalStatus::Executing && row.attempts == begun.attempt
}

async fn begin(
    tx: &Tx,
    id: ApprovalId,
    executor: Decider,
    correlation_id: CorrelationId,
    now: Timestamp,
) -> ApiResult<Begun> {
    let mut row = approvals::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
    match status_now(&row, now) {
        ApprovalStatus::Approved | ApprovalStatus::ExecutionFailed => {}
        ApprovalStatus::Expired => return Err(ErrorCode::ApprovalExpired.into()),
        _ => return Err(ErrorCode::ApprovalNotApproved.into()),
    }
    // Whoever does not stand high enough for it changes nothing, not even the number of tries.
    let action = serde_json::from_str(&row.action).map_err(ApiError::internal)?;
    act::entitled(tx, &action, &[executor]).await?;
    row.status = Col(ApprovalStatus::Executing);
    row.attempts += 1;
    row.executor_id = Some(Col(executor.0));
    row.executing_since = Some(Col(now));
    row.updated_at = Col(now);
    let attempt = row.attempts;
    approvals::save(tx, row).await?;
    Ok(Begun { id, attempt, action, correlation_id })
}

async fn carry_out(app: &App, executor: &Admin, begun: Begun) -> ApiResult<(Done, Option<Secret>)> {
    if begun.action.needs_ledger() {
        app.ledger().check_accepts(true).await?;
    }
    let prepared = act::prepare(app, &begun.action).await?;
    let first_password = prepared.first_password.clone();
    let doing = Doing {
        approval_id: begun.id,
        attempt: begun.attempt,
        actor: executor.actor(),
        deciders: Vec::new(),
        command_id: CommandId::from_uuid(app.new_uuid()),
        correlation_id: begun.correlation_id,
        now: app.now(),
        prepared,
    };
    let executor_id = executor.admin_id;
    let done = app
        .store()
        .write(move |tx| {
            let (begun, doing) = (begun.clone(), doing.clone());
            Box::pin(async move { finish(tx, begun, doing, executor_id).await })
        })
        .await?;
    Ok((done, first_password))
}

async fn finish(tx: &Tx, begun: Begun, mut doing: Doing, executor: AdminId) -> ApiResult<Done> {
    let mut row = approvals::lock(tx, begun.id).await?.ok_or_else(ApiError::not_found)?;
    if !is_mine(&row, &begun) {
        return Err(ErrorCode::ApprovalNotApproved.into());
    }
    let approver = row.approver_id.filter(|approver| *approver != row.requester_id);
    let approver = approver.ok_or(ErrorCode::SelfApproval)?;
    let who = [row.requester_id.0, approver.0, executor];
    doing.deciders = deciders(tx, &who, permission_of(row.approval_type.0)).await?;
    let done = act::act(tx, &begun.action, &doing).await?;
    let entry = done
        .audit
        .clone()
        .after("requester", row.requester_id.0)
        .after("approver", approver.0)
        .after("executor", executor);
    row.status = Col(ApprovalStatus::Executed);
    row.executed_at = Some(Col(doing.now));
    row.executing_since = None;
    row.failure_code = None;
    row.failure_detail = None;
    row.command_id = done.command_id.map(Col);
    row.updated_at = Col(doing.now);
    approvals::save(tx, row).await?;
    audit::append(tx, entry).await?;
    Ok(done)
}

/// Writes that an execution did not succeed.
pub(super) async fn failed(
    tx: &Tx,
    row: Approval,
    (code, detail): (String, String),
    actor: gx_types::Actor,
    correlation_id: CorrelationId,
    now: Timestamp,
) -> ApiResult<()> {
    let object = AuditObject::Approval(row.approval_id.0);
    let entry = AuditEntry::new(AuditEvent::ApprovalExecutionFailed, actor, object, correlation_id, now)
        .after("attempt", row.attempts)
        .after("code", &code);
    let row = Approval {
        status: Col(ApprovalStatus::ExecutionFailed),
        executing_since: None,
        failure_code: Some(code),
        failure_detail: Some(detail),
        updated_at: Col(now),
        ..row
    };
    approvals::save(tx, row).await?;
    audit::append(tx, entry).await?;
    Ok(())
}
