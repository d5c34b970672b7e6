//! What is changed about an administrator: the role, whether they may come in (and again), a lost second factor. All of it waits for
//! a second person, and is for those who stand higher.

use axum::extract::State;
use axum::response::Response;
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, IdempotencyKey, LedgerUse, Route};
use gx_store::repo::admins;
use gx_types::api::admin::{ChangeRoleRequest, DisableAdminRequest, EnableAdminRequest};
use gx_types::{AdminId, ErrorCode};

use crate::approvals::{Action, ask, declared};
use crate::command::Routes;
use crate::text;

const ROLE: &str = "changeAdminRole";
const DISABLE: &str = "disableAdmin";
const ENABLE: &str = "enableAdmin";
const MFA: &str = "resetAdminMfa";
const REASON_CHARS_MIN: usize = 10;
const REASON_CHARS_MAX: usize = 1_000;

pub(super) fn routes() -> Routes {
    let role = Route::put("/api/v1/admin/admins/{adminId}/role", ROLE)
        .summary("Change an administrator's role")
        .description("For those who stand strictly higher than the role before and after. Ends the sessions of the administrator.")
        .access(Access::Admin(Permission::AdminRoleAssign))
        .param::<AdminId>("adminId", "The administrator")
        .body::<ChangeRoleRequest>()
        .errors(&[ErrorCode::RoleTooHigh]);
    let shut_out = Route::post("/api/v1/admin/admins/{adminId}/disable", DISABLE)
        .summary("Shut an administrator out")
        .description("Ends their sessions. At least two owners stay active.")
        .access(Access::Admin(Permission::AdminDisable))
        .param::<AdminId>("adminId", "The administrator")
        .body::<DisableAdminRequest>()
        .errors(&[ErrorCode::RoleTooHigh, ErrorCode::TooFewOwners]);
    let let_in = Route::post("/api/v1/admin/admins/{adminId}/enable", ENABLE)
        .summary("Let an administrator in again who was shut out")
        .description("With the role, password and second factor they had; they sign in anew.")
        .access(Access::Admin(Permission::AdminEnable))
        .param::<AdminId>("adminId", "The administrator")
        .body::<EnableAdminRequest>()
        .errors(&[ErrorCode::RoleTooHigh]);
    let mfa = Route::post("/api/v1/admin/admins/{adminId}/mfa/reset", MFA)
        .summary("Take away an administrator's lost second factor")
        .description("Ends their sessions; at the next login they set up another.")
        .access(Access::Admin(Permission::AdminMfaReset))
        .param::<AdminId>("adminId", "The administrator")
        .errors(&[ErrorCode::RoleTooHigh]);
    vec![
        declared(role, LedgerUse::None).handle(change_role),
        declared(shut_out, LedgerUse::None).handle(disable),
        declared(let_in, LedgerUse::None).handle(enable),
        declared(mfa, LedgerUse::None).handle(reset_mfa),
    ]
}

async fn there_is(app: &App, id: AdminId) -> ApiResult<()> {
    admins::find(app.store().read(), id).await?.map(|_| ()).ok_or_else(ApiError::not_found)
}

async fn change_role(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiPath(admin_id): ApiPath<AdminId>,
    ApiJson(request): ApiJson<ChangeRoleRequest>,
) -> ApiResult<Response> {
    let reason = text::checked("reason", &request.reason, REASON_CHARS_MIN, REASON_CHARS_MAX)?;
    there_is(&app, admin_id).await?;
    let action = Action::AdminRoleChange { admin_id, new_role: request.new_role, reason };
    ask(&app, &requester, key.as_ref(), ROLE, &(admin_id, &request), action).await
}

async fn disable(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiPath(admin_id): ApiPath<AdminId>,
    ApiJson(request): ApiJson<DisableAdminRequest>,
) -> ApiResult<Response> {
    let reason = text::checked("reason", &request.reason, REASON_CHARS_MIN, REASON_CHARS_MAX)?;
    there_is(&app, admin_id).await?;
    let action = Action::AdminDisable { admin_id, reason };
    ask(&app, &requester, key.as_ref(), DISABLE, &(admin_id, &request), action).await
}

async fn enable(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiPath(admin_id): ApiPath<AdminId>,
    ApiJson(request): ApiJson<EnableAdminRequest>,
) -> ApiResult<Response> {
    let reason = text::checked("reason", &request.reason, REASON_CHARS_MIN, REASON_CHARS_MAX)?;
    there_is(&app, admin_id).await?;
    let action = Action::AdminEnable { admin_id, reason };
    ask(&app, &requester, key.as_ref(), ENABLE, &(admin_id, &request), action).await
}

async fn reset_mfa(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiPath(admin_id): ApiPath<AdminId>,
) -> ApiResult<Response> {
    there_is(&app, admin_id).await?;
    ask(&app, &requester, key.as_ref(), MFA, &admin_id, Action::AdminMfaReset { admin_id }).await
}
