//! `/api/v1/admin/dashboard`: figures and series, all out of the read model; days are UTC.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiError, ApiQuery, ApiResult, Route};
use gx_store::audit::{self, AuditFilter};
use gx_store::repo::dashboard::{self, DAY_MICROS, OfDay};
use gx_store::repo::{admins, countries, review};
use gx_types::api::admin::{
    Activity, CountryCount, DashboardStats, DayFigure, DaySeries, RecentActivity, StatusCount, UserDistribution,
};
use gx_types::{AuditCategory, AuditEvent, ErrorCode, PersonStatus, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::command::Routes;
use crate::system::state_of;

const GROWTH_DAYS: (i64, i64) = (30, 90);
const SERIES_DAYS: (i64, i64) = (14, 30);
const ACTIVITIES: (u64, u64) = (10, 50);
const COUNTRIES_MAX: u64 = 10;
const WEEK_DAYS: i64 = 7;

/// How many days.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GrowthQuery {
    /// Days, today included.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 90)]
    days: Option<u32>,
}

/// How many days.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DaysQuery {
    /// Days, today included.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 30)]
    days: Option<u32>,
}

/// How many.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActivityQuery {
    /// At most so many: 1 to 50.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}

pub(crate) fn routes() -> Routes {
    let route = |path, id| Route::get(path, id).access(Access::Admin(Permission::DashboardView));
    vec![
        route("/api/v1/admin/dashboard/stats", "readDashboardStats")
            .summary("How much there is of everything, now")
            .reply::<DashboardStats>(200, "The figures")
            .handle(stats),
        route("/api/v1/admin/dashboard/user-growth", "readUserGrowth")
            .summary("People with an account at the end of each day")
            .description("30 days unless asked otherwise, 90 at most.")
            .query::<GrowthQuery>()
            .reply::<DaySeries>(200, "The series")
            .handle(growth),
        route("/api/v1/admin/dashboard/new-registrations", "readNewRegistrations")
            .summary("Accounts made on each day")
            .description("14 days unless asked otherwise, 30 at most.")
            .query::<DaysQuery>()
            .reply::<DaySeries>(200, "The series")
            .handle(registrations),
        route("/api/v1/admin/dashboard/transaction-volume", "readTransactionVolume")
            .summary("Settled payments between people on each day, each counted once")
            .description("14 days unless asked otherwise, 30 at most.")
            .query::<DaysQuery>()
            .reply::<DaySeries>(200, "The series, with volumes in Qirat")
            .handle(volume),
        route("/api/v1/admin/dashboard/user-distribution", "readUserDistribution")
            .summary("People by state and country")
            .reply::<UserDistribution>(200, "The distribution")
            .handle(distribution),
        route("/api/v1/admin/dashboard/recent-activity", "listRecentActivity")
            .summary("What was decided about people and the system lately")
            .query::<ActivityQuery>()
            .reply::<RecentActivity>(200, "The newest first")
            .handle(activity),
    ]
}

/// The first moment of the day that is `days_ago` days before today.
fn day_start(now: Timestamp, days_ago: i64) -> Timestamp {
    Timestamp::from_micros((now.micros().div_euclid(DAY_MICROS) - days_ago) * DAY_MICROS)
}

fn days(asked: Option<u32>, (usual, most): (i64, i64)) -> ApiResult<i64> {
    match asked.map(i64::from) {
        None => Ok(usual),
        Some(days) if (1..=most).contains(&days) => Ok(days),
        Some(_) => Err(ApiError::field("days", ErrorCode::FieldInvalid, format!("1 to {most} days."))),
    }
}

/// Every day from `days` days ago until today; what is not in `found` is zero.
fn filled(now: Timestamp, days: i64, found: &[OfDay]) -> Vec<(String, OfDay)> {
    let today = now.micros().div_euclid(DAY_MICROS);
    let found: BTreeMap<i64, OfDay> = found.iter().map(|one| (one.day, *one)).collect();
    (today - days + 1..=today)
        .map(|day| {
            let date = Timestamp::from_micros(day * DAY_MICROS).date().to_string();
            let empty = OfDay { day, count: 0, volume: gx_types::QiratSum::default() };
            (date, found.get(&day).copied().unwrap_or(empty))
        })
        .collect()
}

async fn stats(State(app): State<App>) -> ApiResult<Json<DashboardStats>> {
    let (db, now) = (app.store().read(), app.now());
    let people: BTreeMap<PersonStatus, u64> = review::count_by_status(db, None).await?.into_iter().collect();
    let of = |status: PersonStatus| people.get(&status).copied().unwrap_or(0);
    let week = dashboard::payments_by_day(db, day_start(now, WEEK_DAYS - 1)).await?;
    let today = now.micros().div_euclid(DAY_MICROS);
    Ok(Json(DashboardStats {
        total_users: people.values().sum(),
        active_users: of(PersonStatus::Active),
        pending_approval: of(PersonStatus::Registered) + of(PersonStatus::PendingAdminApproval),
        pending_onchain: of(PersonStatus::ApprovedPendingOnchain),
        frozen_users: of(PersonStatus::Frozen),
        denied_users: of(PersonStatus::Denied),
        total_transactions: dashboard::payments(db).await?,
        today_transactions: week.iter().filter(|one| one.day == today).map(|one| one.count).sum(),
        week_transactions: week.iter().map(|one| one.count).sum(),
        total_wallets: dashboard::wallets(db).await?,
        total_admins: admins::count(db).await?,
        active_admins: admins::active_count(db).await?,
        pending_approvals: dashboard::pending_approvals(db).await?,
        total_countries: countries::all(db).await?.len() as u64,
        system_status: state_of(&app).await?,
    }))
}

async fn growth(State(app): State<App>, ApiQuery(query): ApiQuery<GrowthQuery>) -> ApiResult<Json<DaySeries>> {
    let (days, now) = (days(query.days, GROWTH_DAYS)?, app.now());
    let from = day_start(now, days - 1);
    let mut total = dashboard::people_before(app.store().read(), from).await?;
    let found = dashboard::people_by_day(app.store().read(), from).await?;
    let days = filled(now, days, &found)
        .into_iter()
        .map(|(date, of_day)| {
            total += of_day.count;
            DayFigure { date, count: total, volume: None }
        })
        .collect();
    Ok(Json(DaySeries { days }))
}

async fn registrations(State(app): State<App>, ApiQuery(query): ApiQuery<DaysQuery>) -> ApiResult<Json<DaySeries>> {
    let (days, now) = (days(query.days, SERIES_DAYS)?, app.now());
    let found = dashboard::people_by_day(app.store().read(), day_start(now, days - 1)).await?;
    let days = filled(now, days, &found)
        .into_iter()
        .map(|(date, of_day)| DayFigure { date, count: of_day.count, volume: None })
        .collect();
    Ok(Json(DaySeries { days }))
}

async fn volume(State(app): State<App>, ApiQuery(query): ApiQuery<DaysQuery>) -> ApiResult<Json<DaySeries>> {
    let (days, now) = (days(query.days, SERIES_DAYS)?, app.now());
    let found = dashboard::payments_by_day(app.store().read(), day_start(now, days - 1)).await?;
    let days = filled(now, days, &found)
        .into_iter()
        .map(|(date, of_day)| DayFigure { date, count: of_day.count, volume: Some(of_day.volume) })
        .collect();
    Ok(Json(DaySeries { days }))
}

async fn distribution(State(app): State<App>) -> ApiResult<Json<UserDistribution>> {
    let db = app.store().read();
    let by_status = review::count_by_status(db, None).await?;
    let by_country = dashboard::countries(db, COUNTRIES_MAX).await?;
    Ok(Json(UserDistribution {
        by_status: by_status.into_iter().map(|(status, count)| StatusCount { status, count }).collect(),
        by_country: by_country.into_iter().map(|(country_code, count)| CountryCount { country_code, count }).collect(),
    }))
}

async fn activity(State(app): State<App>, ApiQuery(query): ApiQuery<ActivityQuery>) -> ApiResult<Json<RecentActivity>> {
    let limit = match query.limit.map(u64::from) {
        None => ACTIVITIES.0,
        Some(limit) if (1..=ACTIVITIES.1).contains(&limit) => limit,
        Some(_) => {
            return Err(ApiError::field("limit", ErrorCode::FieldInvalid, format!("1 to {} lines.", ACTIVITIES.1)));
        }
    };
    // Signing in and looking things up is no news for a dashboard.
    let told = [AuditCategory::People, AuditCategory::Control, AuditCategory::System];
    let events = AuditEvent::ALL.iter().copied().filter(|event| told.contains(&event.category())).collect();
    let filter = AuditFilter { events, ..AuditFilter::default() };
    let rows = audit::list(app.store().read(), &filter, limit).await?;
    let activities = rows
        .into_iter()
        .map(|row| Activity {
            event: row.event.0,
            label: row.event.0.label().to_owned(),
            object: row.object.0,
            at: row.created_at.0,
        })
        .collect();
    Ok(Json(RecentActivity { activities }))
}
