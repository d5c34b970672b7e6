//! `POST /api/v1/admin/treasury/activate`: unlocks the treasury of a country.

use axum::extract::State;
use axum::response::Response;
use gx_contracts::Command;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, IdempotencyKey, LedgerUse, PreferWait, Route};
use gx_store::repo::countries;
use gx_types::ErrorCode;
use gx_types::api::admin::ActivateTreasuryRequest;

use crate::command::{Asked, declared, nothing, submit};

const ROUTE: &str = "activateTreasury";

pub(super) fn route() -> Handled {
    let route = Route::post("/api/v1/admin/treasury/activate", ROUTE)
        .summary("Unlock the treasury of a country")
        .access(Access::Admin(Permission::SystemBootstrap))
        .body::<ActivateTreasuryRequest>()
        .errors(&[ErrorCode::CountryNotFound]);
    declared(route, LedgerUse::Writes).handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
    ApiJson(request): ApiJson<ActivateTreasuryRequest>,
) -> ApiResult<Response> {
    if countries::find(app.store().read(), request.country_code).await?.is_none() {
        return Err(ApiError::new(ErrorCode::CountryNotFound).with_field(
            "countryCode",
            ErrorCode::CountryNotFound,
            ErrorCode::CountryNotFound.title(),
        ));
    }
    let asked = Asked::new(&app, admin, key, wait);
    let command = Command::ActivateTreasury { country: request.country_code, request: asked.request() };
    submit(&app, asked, ROUTE, &request, command, nothing).await
}
