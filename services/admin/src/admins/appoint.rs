//! `POST /api/v1/admin/admins`: has an administrator appointed on the ledger.

use axum::extract::State;
use axum::response::Response;
use gx_contracts::Command;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, IdempotencyKey, LedgerUse, PreferWait, Route};
use gx_store::repo::admins;
use gx_types::ErrorCode;
use gx_types::api::admin::AppointAdminRequest;

use crate::command::{Asked, declared, nothing, submit};

const ROUTE: &str = "appointAdmin";

pub(super) fn route() -> Handled {
    let route = Route::post("/api/v1/admin/admins", ROUTE)
        .summary("Have an administrator appointed on the ledger")
        .access(Access::Admin(Permission::AdminCreate))
        .body::<AppointAdminRequest>();
    declared(route, LedgerUse::Writes).handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
    ApiJson(request): ApiJson<AppointAdminRequest>,
) -> ApiResult<Response> {
    let appointed = admins::find(app.store().read(), request.new_admin_id)
        .await?
        .ok_or_else(|| ApiError::field("newAdminId", ErrorCode::FieldInvalid, "There is no such administrator."))?;
    if appointed.appointed_block.is_some() {
        return Err(ApiError::new(ErrorCode::StateConflict).with_detail("the ledger has appointed them already"));
    }
    let asked = Asked::new(&app, admin, key, wait);
    let command = Command::AppointAdmin { admin_id: request.new_admin_id.to_string(), request: asked.request() };
    submit(&app, asked, ROUTE, &request, command, nothing).await
}
