//! `POST /api/v1/admin/approvals/{approvalId}/vote`: a second person decides; an approved action is executed at once,
//! unless they say otherwise.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, Route, current_correlation};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::approvals::{self, Approval};
use gx_store::{Col, Tx};
use gx_types::api::admin::{ApprovalOutcome, VoteDecision, VoteRequest};
use gx_types::{ApprovalId, ApprovalStatus, AuditEvent, AuditObject, CorrelationId, ErrorCode, Timestamp};

use super::act;
use super::ask::LIFE;
use super::execute::{deciders, execute, forbidden_unless};
use super::{Action, permission_of, status_now, view, visible};
use crate::text;

pub(super) fn route() -> Handled {
    Route::post("/api/v1/admin/approvals/{approvalId}/vote", "voteOnApproval")
        .summary("Approve or reject what another administrator asked for")
        .description(
            "One vote decides. It needs the permission of the action too, and never comes from whoever asked. What is \
             approved is executed at once, unless `execute` is false; status EXECUTION_FAILED then says that it could \
             not be done, and it may be executed again.",
        )
        .access(Access::Admin(Permission::ApprovalVote))
        .param::<ApprovalId>("approvalId", "The approval")
        .body::<VoteRequest>()
        .reply::<ApprovalOutcome>(200, "Decided")
        .errors(&[
            ErrorCode::SelfApproval,
            ErrorCode::ApprovalDecided,
            ErrorCode::ApprovalExpired,
            ErrorCode::RoleTooHigh,
            ErrorCode::StateConflict,
        ])
        .handle(handle)
}

#[derive(Clone)]
struct Vote {
    admin: Admin,
    decision: VoteDecision,
    reason: Option<String>,
    correlation_id: CorrelationId,
    now: Timestamp,
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    ApiPath(id): ApiPath<ApprovalId>,
    ApiJson(request): ApiJson<VoteRequest>,
) -> ApiResult<Json<ApprovalOutcome>> {
    let reason = text::optional("reason", request.reason.as_deref(), 1_000)?;
    let row = visible(&app, &admin, id).await?;
    if row.requester_id == admin.admin_id {
        return Err(ErrorCode::SelfApproval.into());
    }
    forbidden_unless(&admin, permission_of(row.approval_type.0))?;
    let action: Action = serde_json::from_str(&row.action).map_err(ApiError::internal)?;
    let vote = Vote {
        admin: admin.clone(),
        decision: request.decision,
        reason,
        correlation_id: current_correlation(),
        now: app.now(),
    };
    app.store()
        .write(move |tx| {
            let (vote, action) = (vote.clone(), action.clone());
            Box::pin(async move { decide(tx, id, vote, action).await })
        })
        .await?;
    tracing::info!(approval_id = %id, admin_id = %admin.admin_id, decision = ?request.decision, "an approval was decided");
    let first_password = if request.decision == VoteDecision::Approve && request.execute.unwrap_or(true) {
        // How the execution ended, the approval says.
        execute(&app, &admin, id).await.ok().flatten()
    } else {
        None
    };
    let row = visible(&app, &admin, id).await?;
    let approval = view(&app, &admin, row).await?;
    Ok(Json(ApprovalOutcome { approval, first_password: first_password.map(|text| text.expose().to_owned()) }))
}

async fn decide(tx: &Tx, id: ApprovalId, vote: Vote, action: Action) -> ApiResult<()> {
    let row = approvals::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
    match status_now(&row, vote.now) {
        ApprovalStatus::Pending => {}
        ApprovalStatus::Expired => return Err(ErrorCode::ApprovalExpired.into()),
        _ => return Err(ErrorCode::ApprovalDecided.into()),
    }
    let approves = vote.decision == VoteDecision::Approve;
    // Whoever decides stands high enough for what it is about, also to say no; who asked must still be somebody who may.
    // Whether it can be done just now is not asked here: that is the execution's matter.
    let voter = (vote.admin.admin_id, vote.admin.role);
    let who = if approves {
        deciders(tx, &[row.requester_id.0, voter.0], permission_of(row.approval_type.0)).await?
    } else {
        vec![voter]
    };
    act::entitled(tx, &action, &who).await?;
    let (status, event) = if approves {
        (ApprovalStatus::Approved, AuditEvent::ApprovalApproved)
    } else {
        (ApprovalStatus::Rejected, AuditEvent::ApprovalRejected)
    };
    let entry = AuditEntry::new(event, vote.admin.actor(), AuditObject::Approval(id), vote.correlation_id, vote.now)
        .before("status", row.status.0)
        .after("status", status)
        .after("type", row.approval_type.0)
        .after("requester", row.requester_id.0);
    let decided = Approval {
        status: Col(status),
        approver_id: Some(Col(vote.admin.admin_id)),
        decision_reason: vote.reason,
        decided_at: Some(Col(vote.now)),
        expires_at: Col(vote.now.plus(LIFE)),
        updated_at: Col(vote.now),
        ..row
    };
    approvals::save(tx, decided).await?;
    audit::append(tx, entry).await?;
    Ok(())
}
