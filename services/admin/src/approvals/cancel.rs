//! `POST /api/v1/admin/approvals/{approvalId}/cancel`: whoever asked takes it back, as long as it is not done.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route, current_correlation};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::approvals::{self, Approval};
use gx_store::{Col, Tx};
use gx_types::api::admin::ApprovalView;
use gx_types::{ApprovalId, ApprovalStatus, AuditEvent, AuditObject, CorrelationId, ErrorCode, Timestamp};

use super::{status_now, view, visible};

pub(super) fn route() -> Handled {
    Route::post("/api/v1/admin/approvals/{approvalId}/cancel", "cancelApproval")
        .summary("Take back what one asked for")
        .access(Access::Admin(Permission::ApprovalView))
        .param::<ApprovalId>("approvalId", "The approval")
        .reply::<ApprovalView>(200, "Taken back")
        .errors(&[ErrorCode::ApprovalDecided, ErrorCode::ApprovalExpired])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    ApiPath(id): ApiPath<ApprovalId>,
) -> ApiResult<Json<ApprovalView>> {
    let row = visible(&app, &admin, id).await?;
    if row.requester_id != admin.admin_id {
        return Err(ApiError::new(ErrorCode::Forbidden).with_detail("only whoever asked takes it back"));
    }
    let (who, now, correlation_id) = (admin.clone(), app.now(), current_correlation());
    app.store()
        .write(move |tx| {
            let who = who.clone();
            Box::pin(async move { cancel(tx, id, &who, correlation_id, now).await })
        })
        .await?;
    let row = visible(&app, &admin, id).await?;
    Ok(Json(view(&app, &admin, row).await?))
}

async fn cancel(
    tx: &Tx,
    id: ApprovalId,
    admin: &Admin,
    correlation_id: CorrelationId,
    now: Timestamp,
) -> ApiResult<()> {
    let row = approvals::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
    match status_now(&row, now) {
        ApprovalStatus::Pending | ApprovalStatus::Approved | ApprovalStatus::ExecutionFailed => {}
        ApprovalStatus::Expired => return Err(ErrorCode::ApprovalExpired.into()),
        _ => return Err(ErrorCode::ApprovalDecided.into()),
    }
    let object = AuditObject::Approval(id);
    let entry = AuditEntry::new(AuditEvent::ApprovalCancelled, admin.actor(), object, correlation_id, now)
        .before("status", row.status.0);
    approvals::save(tx, Approval { status: Col(ApprovalStatus::Cancelled), updated_at: Col(now), ..row }).await?;
    audit::append(tx, entry).await?;
    Ok(())
}
