//! `GET /api/v1/countries`: where people may register.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::countries;
use gx_types::api::identity::{CountriesReply, Country};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/countries", "listCountries")
        .summary("Countries that GX serves")
        .access(Access::Public)
        .reply::<CountriesReply>(200, "Every country, by name")
        .handle(handle)
}

async fn handle(State(app): State<App>) -> ApiResult<Json<CountriesReply>> {
    let rows = countries::all(app.store().read()).await?;
    let countries = rows
        .into_iter()
        .map(|row| Country { country_code: row.country_code.0, country_name: row.country_name })
        .collect();
    Ok(Json(CountriesReply { countries }))
}
