//! `GET /api/v1/wallets/{profileId}/balance/series`: the balance at the end of each day, for a chart.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use gx_base::limits::BALANCE_SERIES_DAYS_MAX;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiQuery, ApiResult, Handled, Route};
use gx_store::repo::statements;
use gx_types::api::conveniences::{BalancePoint, BalanceSeries};
use gx_types::{AccountId, ErrorCode, ProfileId, Timestamp};
use serde::Deserialize;

const DAY: Duration = Duration::from_secs(86_400);
const DAY_MICROS: i64 = 86_400_000_000;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/wallets/{profileId}/balance/series", "getBalanceSeries")
        .summary("Own balance day by day")
        .description("A point for each of the last days, UTC; the last one is the balance now.")
        .access(Access::Person)
        .param::<ProfileId>("profileId", "The caller's own profile id")
        .query::<SeriesQuery>()
        .reply::<BalanceSeries>(200, "The points")
        .handle(series)
}

/// What is wanted.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SeriesQuery {
    /// Days, today included; 30 when absent.
    #[schema(minimum = 1, maximum = 366)]
    days: Option<u32>,
}

async fn series(
    State(app): State<App>,
    person: Person,
    ApiPath(profile_id): ApiPath<ProfileId>,
    ApiQuery(query): ApiQuery<SeriesQuery>,
) -> ApiResult<Json<BalanceSeries>> {
    let profile_id = super::own(&person, profile_id)?;
    let days = query.days.unwrap_or(30);
    if !(1..=BALANCE_SERIES_DAYS_MAX).contains(&days) {
        let message = format!("from 1 to {BALANCE_SERIES_DAYS_MAX} days");
        return Err(ApiError::field("days", ErrorCode::FieldInvalid, message));
    }
    let db = app.store().read();
    let wallet = super::balance_of(db, profile_id).await?;
    let account = AccountId::Holder(wallet.fabric_user_id);
    let today = app.now().micros().div_euclid(DAY_MICROS);
    let first = today - i64::from(days) + 1;
    let from = Timestamp::from_micros(first.saturating_mul(DAY_MICROS));
    let until = Timestamp::from_micros(today.saturating_mul(DAY_MICROS)).plus(DAY);
    let mut balance = statements::balance_before(db, account, from).await?;
    let mut moved = statements::balances_by_day(db, account, from, until).await?.into_iter().peekable();
    let points = (first..=today)
        .map(|day| {
            if let Some((_, closing)) = moved.next_if(|(moved, _)| *moved == day) {
                balance = closing;
            }
            let day = Timestamp::from_micros(day.saturating_mul(DAY_MICROS)).date().to_string();
            BalancePoint { day, balance }
        })
        .collect();
    Ok(Json(BalanceSeries { points }))
}
