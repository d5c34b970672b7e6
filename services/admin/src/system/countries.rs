//! `/api/v1/admin/countries`: the countries of the distribution, what they were granted, and putting them on the ledger.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gx_contracts::genesis::{PHASES, country_slots};
use gx_contracts::{Command, CountryShare, countries as table};
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, IdempotencyKey, LedgerUse, PreferWait, Route};
use gx_store::repo::countries::{self, Country};
use gx_store::repo::{figures, review};
use gx_types::api::admin::{
    AdminCountry, AdminCountryList, CountryStats, InitializeCountriesRequest, PhaseStats, StatusCount,
};
use gx_types::{AccountId, CountryCode, ErrorCode};

use crate::command::{Asked, Routes, declared, nothing, submit};

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
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
    ApiJson(request): ApiJson<InitializeCountriesRequest>,
) -> ApiResult<Response> {
    let on_ledger: BTreeSet<CountryCode> = countries::all(app.store().read())
        .await?
        .into_iter()
        .filter(|row| row.initialized_block.is_some())
        .map(|row| row.country_code.0)
        .collect();
    let shares = match &request.countries_data {
        Some(named) => named_countries(named.iter().map(|country| country.code), &on_ledger)?,
        None => table::COUNTRIES
            .iter()
            .filter_map(|row| Some(CountryShare { code: row.code.parse().ok()?, share_e8: row.share_e8 }))
            .filter(|share| !on_ledger.contains(&share.code))
            .collect(),
    };
    if shares.is_empty() {
        return Err(ApiError::new(ErrorCode::CountryOnLedger).with_detail("every country is on the ledger already"));
    }
    let asked = Asked::new(&app, admin, key, wait);
    let command = Command::InitializeCountryData { countries: shares, request: asked.request() };
    submit(&app, asked, INITIALIZE, &request, command, nothing).await
}

fn named_countries(
    codes: impl Iterator<Item = CountryCode>,
    on_ledger: &BTreeSet<CountryCode>,
) -> ApiResult<Vec<CountryShare>> {
    let mut seen = BTreeSet::new();
    let mut shares = Vec::new();
    for (index, code) in codes.enumerate() {
        let field = format!("countriesData[{index}].code");
        let Some(row) = table::country(code.as_str()) else {
            let error = ApiError::new(ErrorCode::CountryNotFound);
            return Err(error.with_field(field, ErrorCode::CountryNotFound, ErrorCode::CountryNotFound.title()));
        };
        if !seen.insert(code) {
            return Err(ApiError::field(field, ErrorCode::FieldInvalid, "This country is named twice."));
        }
        if on_ledger.contains(&code) {
            let error = ApiError::new(ErrorCode::CountryOnLedger);
            return Err(error.with_field(field, ErrorCode::CountryOnLedger, ErrorCode::CountryOnLedger.title()));
        }
        shares.push(CountryShare { code, share_e8: row.share_e8 });
    }
    if shares.is_empty() {
        return Err(ApiError::field(
            "countriesData",
            ErrorCode::FieldInvalid,
            "Name at least one country, or none at all.",
        ));
    }
    Ok(shares)
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
