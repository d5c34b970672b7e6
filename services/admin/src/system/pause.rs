//! `POST /api/v1/admin/system/pause` stops every movement of coins, with a second person; `/resume` lets them move again,
//! without.

use axum::extract::State;
use axum::response::Response;
use gx_contracts::Command;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission, Requester};
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiResult, IdempotencyKey, LedgerUse, PreferWait, Route, current_correlation,
};
use gx_store::audit::{self, AuditEntry};
use gx_store::projection::system::pause_reason;
use gx_types::api::admin::PauseRequest;
use gx_types::{AuditEvent, AuditObject, ErrorCode};

use crate::approvals::{self, Action, ask};
use crate::command::{Asked, Routes, declared, submit};
use crate::text;

const PAUSE: &str = "pauseSystem";
const RESUME: &str = "resumeSystem";
const REASON_CHARS_MIN: usize = 10;
const REASON_CHARS_MAX: usize = 200;

pub(super) fn routes() -> Routes {
    let stop = Route::post("/api/v1/admin/system/pause", PAUSE)
        .summary("Stop every movement of coins")
        .access(Access::Admin(Permission::SystemPause))
        .body::<PauseRequest>();
    let go = Route::post("/api/v1/admin/system/resume", RESUME)
        .summary("Let coins move again")
        .access(Access::Admin(Permission::SystemResume));
    vec![
        approvals::declared(stop, LedgerUse::Writes).handle(pause),
        declared(go, LedgerUse::WritesWhilePaused).handle(resume),
    ]
}

async fn pause(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<PauseRequest>,
) -> ApiResult<Response> {
    let reason = text::checked("reason", &request.reason, REASON_CHARS_MIN, REASON_CHARS_MAX)?;
    ask(&app, &requester, key.as_ref(), PAUSE, &request, Action::SystemPause { reason }).await
}

async fn resume(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
) -> ApiResult<Response> {
    let actor = admin.actor();
    let asked = Asked::new(&app, admin, key, wait);
    let command = Command::ResumeSystem { request: asked.request() };
    let (command_id, correlation_id, now) = (asked.command_id, current_correlation(), app.now());
    submit(&app, asked, RESUME, &(), command, move |tx| {
        Box::pin(async move {
            // What runs cannot be resumed.
            let Some(reason) = pause_reason(tx).await? else {
                let detail = "coins can move: nothing is paused";
                return Err(ApiError::new(ErrorCode::StateConflict).with_detail(detail));
            };
            let entry = AuditEntry::new(AuditEvent::SystemResumed, actor, AuditObject::System, correlation_id, now)
                .before("reason", reason)
                .after("commandId", command_id);
            audit::append(tx, entry).await?;
            Ok(())
        })
    })
    .await
}
