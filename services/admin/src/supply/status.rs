//! `GET /api/v1/admin/supply/status`: the public figures with the pools' accounts.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_types::api::admin::SupplyStatus;

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/supply/status", "readSupplyStatus")
        .summary("How many coins there are, with the pools' accounts")
        .access(Access::Admin(Permission::DashboardView))
        .reply::<SupplyStatus>(200, "The supply")
        .handle(handle)
}

async fn handle(State(app): State<App>) -> ApiResult<Json<SupplyStatus>> {
    Ok(Json(SupplyStatus { supply: super::figures(&app).await?, pools: super::pools::all(&app).await? }))
}
