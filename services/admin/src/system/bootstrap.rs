//! `POST /api/v1/admin/bootstrap`: parameters and pools of a new ledger; once, with a second person.

use axum::extract::State;
use axum::response::Response;
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiResult, Handled, IdempotencyKey, LedgerUse, Route};

use crate::approvals::{Action, ask, declared};

const ROUTE: &str = "bootstrapSystem";

pub(super) fn route() -> Handled {
    let route = Route::post("/api/v1/admin/bootstrap", ROUTE)
        .summary("Bootstrap a new ledger")
        .access(Access::Admin(Permission::SystemBootstrap));
    declared(route, LedgerUse::Writes).handle(handle)
}

async fn handle(State(app): State<App>, requester: Requester, key: Option<IdempotencyKey>) -> ApiResult<Response> {
    ask(&app, &requester, key.as_ref(), ROUTE, &(), Action::SystemBootstrap {}).await
}
