//! `/api/v1/admin/countries`: the countries of the distribution, what they were granted, and putting them on the ledger.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gx_contracts::genesis::{PHASES, country_slots};
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, IdempotencyKey, LedgerUse, Route};
use gx_store::repo::countries::{self, Country};
use gx_store::repo::{figures, review};
use gx_types::api::admin::{
    AdminCountry, AdminCountryList, CountryStats, InitializeCountriesRequest, PhaseStats, StatusCount,
};
use gx_types::{AccountId, CountryCode, ErrorCode};

use crate::approvals::{Action, ask, declared};
use crate::command::Routes;

const INITIALIZE: &str = "initializeCountries";

pub(super) fn routes() -> Routes {
    let initialize = Route::post("/api/v1/admin/countries/initialize", INITIALIZE)
        .summary("Put countries on the ledger")
        .description("Names and shares come from the platform's own table, which alone has them.")
        .access(Access::Admin(Permission::CountryManage))
        .body::<InitializeCountriesRequest>()
        .errors(&[ErrorCode::CountryNotFound, ErrorCode::CountryOnLedger]);
    vec![
        Route::get("/api/v1/admin/countries", "listAdminCountries")
            .summary("Every country, with its people on the ledger")
            .access(Access::Admin(Permission::UserView))
            .reply::<AdminCountryList>(200, "Every country")
            .handle(list),
        Route::get("/api/v1/admin/countries/{countryCode}/stats", "readCountryStats")
            .summary("What a country was granted")
            .access(Access::Admin(Permission::UserView))
            .param::<CountryCode>("countryCode", "ISO 3166 alpha-2 code")
            .reply::<CountryStats>(200, "The country")
            .handle(stats),
        declared(initialize, LedgerUse::Writes).handle(put_on_ledger),
    ]
}

async fn list(State(app): State<App>) -> ApiResult<Json<AdminCountryList>> {
    let rows = countries::all(app.store().read()).await?;
    Ok(Json(AdminCountryList { countries: rows.iter().map(country).collect() }))
}

async fn stats(State(app): State<App>, ApiPath(code): ApiPath<CountryCode>) -> ApiResult<Json<CountryStats>> {
    let db = app.store().read();
    let row = countries::find(db, code).await?.ok_or_else(ApiError::not_found)?;
    let people = review::count_by_status(db, Some(code)).await?;
    let treasury = figures::account(db, AccountId::Treasury(code)).await?;
    Ok(Json(CountryStats {
        country: country(&row),
        people_granted: row.people_granted.0,
        treasury_granted: row.treasury_granted.0,
        treasury_balance: treasury.as_ref().map(|account| account.settled_balance.0),
        treasury_unswept: treasury.map(|account| account.unsettled_credit.0),
        phases: phases(&row),
        people: people.into_iter().map(|(status, count)| StatusCount { status, count }).collect(),
    }))
}

async fn put_on_ledger(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiJson(request): ApiJson<InitializeCountriesRequest>,
) -> ApiResult<Response> {
    let codes = request.countries_data.as_ref().map(|named| named.iter().map(|country| country.code).collect());
    ask(&app, &requester, key.as_ref(), INITIALIZE, &request, Action::CountryInitialize { codes }).await
}

fn country(row: &Country) -> AdminCountry {
    AdminCountry {
        country_code: row.country_code.0,
        country_name: row.country_name.clone(),
        share_e8: u64::try_from(row.share_e8).unwrap_or(0),
        initialized: row.initialized_block.is_some(),
        users: u64::try_from(row.users_count).unwrap_or(0),
    }
}

/// The phases of a country with the slots that are used.
pub(crate) fn phases(row: &Country) -> Vec<PhaseStats> {
    let slots = country_slots(row.country_code.as_str()).unwrap_or_default();
    PHASES
        .iter()
        .zip(slots.iter().zip(row.granted()))
        .map(|(phase, (slots, granted))| PhaseStats {
            phase: phase.number,
            slots: *slots,
            granted,
            user_grant: phase.user_grant,
        })
        .collect()
}
