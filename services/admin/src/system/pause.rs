//! `POST /api/v1/admin/system/pause` and `/resume`: stops every movement of coins, and lets them move again.

use axum::extract::State;
use axum::response::Response;
use gx_contracts::Command;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, IdempotencyKey, LedgerUse, PreferWait, Route};
use gx_store::projection::system::pause_reason;
use gx_store::{Tx, Work};
use gx_types::ErrorCode;
use gx_types::api::admin::PauseRequest;

use crate::command::{Asked, Routes, declared, nothing, submit};
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
    vec![declared(stop, LedgerUse::Writes).handle(pause), declared(go, LedgerUse::WritesWhilePaused).handle(resume)]
}

async fn pause(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
    ApiJson(request): ApiJson<PauseRequest>,
) -> ApiResult<Response> {
    let reason = text::checked("reason", &request.reason, REASON_CHARS_MIN, REASON_CHARS_MAX)?;
    let asked = Asked::new(&app, admin, key, wait);
    let command = Command::PauseSystem { reason, request: asked.request() };
    submit(&app, asked, PAUSE, &request, command, nothing).await
}

async fn resume(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
) -> ApiResult<Response> {
    let asked = Asked::new(&app, admin, key, wait);
    let command = Command::ResumeSystem { request: asked.request() };
    submit(&app, asked, RESUME, &(), command, while_paused).await
}

/// What runs cannot be resumed.
fn while_paused(tx: &Tx) -> Work<'_, (), ApiError> {
    Box::pin(async move {
        match pause_reason(tx).await? {
            Some(_) => Ok(()),
            None => Err(ApiError::new(ErrorCode::StateConflict).with_detail("coins can move: nothing is paused")),
        }
    })
}
