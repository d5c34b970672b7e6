//! `GET /api/v1/admin/supply/countries`: what each country was granted.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::countries;
use gx_types::api::admin::{CountrySupply, CountrySupplyList};

use crate::system::phases;

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/supply/countries", "listCountrySupply")
        .summary("What each country was granted")
        .access(Access::Admin(Permission::DashboardView))
        .reply::<CountrySupplyList>(200, "Every country on the ledger")
        .handle(handle)
}

async fn handle(State(app): State<App>) -> ApiResult<Json<CountrySupplyList>> {
    let rows = countries::all(app.store().read()).await?;
    let countries = rows
        .iter()
        .filter(|row| row.initialized_block.is_some())
        .map(|row| CountrySupply {
            country_code: row.country_code.0,
            country_name: row.country_name.clone(),
            users: u64::try_from(row.users_count).unwrap_or(0),
            people_granted: row.people_granted.0,
            treasury_granted: row.treasury_granted.0,
            phases: phases(row),
        })
        .collect();
    Ok(Json(CountrySupplyList { countries }))
}
