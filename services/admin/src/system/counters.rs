//! `GET /api/v1/admin/counters`: how much there is of everything.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::{admins, countries, figures, review};
use gx_types::api::admin::{CountersReply, StatusCount};

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/counters", "readCounters")
        .summary("How much there is of everything")
        .access(Access::Admin(Permission::DashboardView))
        .reply::<CountersReply>(200, "The counters")
        .handle(handle)
}

async fn handle(State(app): State<App>) -> ApiResult<Json<CountersReply>> {
    let db = app.store().read();
    let people = review::count_by_status(db, None).await?;
    let on_ledger = countries::all(db).await?.iter().map(|row| u64::try_from(row.users_count).unwrap_or(0)).sum();
    Ok(Json(CountersReply {
        total_users: people.iter().map(|(_, count)| count).sum(),
        by_status: people.into_iter().map(|(status, count)| StatusCount { status, count }).collect(),
        registered_on_ledger: on_ledger,
        history_lines: figures::history_lines(db).await?,
        payment_requests: figures::payment_requests(db).await?,
        active_admins: admins::active_count(db).await?,
    }))
}
