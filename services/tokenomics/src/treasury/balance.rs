//! `GET /api/v1/treasury/{countryCode}/balance`: what a country's treasury holds.
//!
//! Open to everyone with an account: a treasury holds public money, granted by public rules for each citizen who joins.
//! Strangers are not served, so that nobody follows all treasuries without a limit that counts for them.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::{countries, figures};
use gx_types::api::tokenomics::{TreasuryBalance, TreasuryBalanceReply};
use gx_types::{AccountId, AccountStatus, CountryCode, Qirat};

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/treasury/{countryCode}/balance", "getTreasuryBalance")
        .summary("What a country's treasury holds")
        .description(
            "Settled balance and credits that no sweep has added yet, out of the read model. Zero before the first citizen of \
             the country is registered; 404 for a country that is not on the ledger.",
        )
        .access(Access::Person)
        .param::<CountryCode>("countryCode", "ISO 3166 alpha-2 code")
        .reply::<TreasuryBalanceReply>(200, "The treasury with its figures")
        .handle(balance)
}

async fn balance(
    State(app): State<App>,
    _person: Person,
    ApiPath(code): ApiPath<CountryCode>,
) -> ApiResult<Json<TreasuryBalanceReply>> {
    let db = app.store().read();
    let on_ledger = countries::find(db, code).await?.filter(|country| country.initialized_block.is_some());
    let country = on_ledger.ok_or_else(ApiError::not_found)?;
    let account_id = AccountId::Treasury(code);
    let row = figures::account(db, account_id).await?;
    let (settled, unswept) =
        row.as_ref().map_or((Qirat::ZERO, Qirat::ZERO), |row| (row.settled_balance.0, row.unsettled_credit.0));
    let balance =
        settled.checked_add(unswept).ok_or_else(|| ApiError::internal("a treasury holds more than there can be"))?;
    Ok(Json(TreasuryBalanceReply {
        balance: TreasuryBalance {
            country_code: code,
            country_name: country.country_name,
            account_id,
            balance,
            settled,
            unswept,
            status: row.as_ref().map_or(AccountStatus::Locked, |row| row.status.0),
            updated_at: row.map(|row| row.updated_at.0),
        },
    }))
}
