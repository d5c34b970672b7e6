//! `POST /api/v1/admin/bootstrap`: parameters and pools of a new ledger; once.

use axum::extract::State;
use axum::response::Response;
use gx_contracts::Command;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiResult, Handled, IdempotencyKey, LedgerUse, PreferWait, Route};

use crate::command::{Asked, declared, nothing, submit};

const ROUTE: &str = "bootstrapSystem";

pub(super) fn route() -> Handled {
    let route = Route::post("/api/v1/admin/bootstrap", ROUTE)
        .summary("Bootstrap a new ledger")
        .access(Access::Admin(Permission::SystemBootstrap));
    declared(route, LedgerUse::Writes).handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
) -> ApiResult<Response> {
    let asked = Asked::new(&app, admin, key, wait);
    submit(&app, asked, ROUTE, &(), Command::BootstrapSystem, nothing).await
}
