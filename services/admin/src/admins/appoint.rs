//! `POST /api/v1/admin/admins`: has an administrator recorded on the ledger; waits for a second person.

use axum::extract::State;
use axum::response::Response;
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, IdempotencyKey, LedgerUse, Route};
use gx_store::repo::admins;
use gx_types::ErrorCode;
use gx_types::api::admin::AppointAdminRequest;

use crate::approvals::{Action, ask, declared};

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
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<AppointAdminRequest>,
) -> ApiResult<Response> {
    if admins::find(app.store().read(), request.new_admin_id).await?.is_none() {
        return Err(ApiError::field("newAdminId", ErrorCode::FieldInvalid, "There is no such administrator."));
    }
    let action = Action::AdminAppoint { admin_id: request.new_admin_id };
    ask(&app, &requester, key.as_ref(), ROUTE, &request, action).await
}
