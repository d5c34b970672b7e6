//! `GET /api/v1/qsend/dashboard`: figures over everything that a person asked for.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::qsend::{self, ListFilter, Role, StateFigures};
use gx_types::api::qsend::{QSendDashboardReply, QSendStats};
use gx_types::{QSendStatus, QiratSum};

use super::view::view;

/// Requests on the page.
const RECENT_MAX: u64 = 10;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/qsend/dashboard", "getQSendDashboard")
        .summary("Figures over own requests")
        .access(Access::Person)
        .reply::<QSendDashboardReply>(200, "Counts and sums, and the ten newest requests")
        .handle(dashboard)
}

async fn dashboard(State(app): State<App>, person: Person) -> ApiResult<Json<QSendDashboardReply>> {
    let (db, reader, now) = (app.store().read(), person.profile_id, app.now());
    let figures = qsend::figures_by_state(db, reader, now).await?;
    let filter = ListFilter { role: Role::Creator, status: None, from: None, until: None };
    let recent = qsend::list(db, reader, &filter, None, now, RECENT_MAX).await?;
    Ok(Json(QSendDashboardReply {
        stats: stats(&figures),
        recent_requests: recent.into_iter().map(|row| view(row, reader, None, now)).collect::<ApiResult<_>>()?,
    }))
}

fn stats(figures: &[StateFigures]) -> QSendStats {
    let of = |status: QSendStatus| figures.iter().filter(move |row| row.status == status);
    let count = |status| of(status).map(|row| row.count).sum();
    QSendStats {
        total_requests: figures.iter().map(|row| row.count).sum(),
        active_requests: count(QSendStatus::Active),
        paying_requests: count(QSendStatus::Paying),
        paid_requests: count(QSendStatus::Paid),
        expired_requests: count(QSendStatus::Expired),
        cancelled_requests: count(QSendStatus::Cancelled),
        total_amount_requested: figures.iter().map(|row| row.amount).sum(),
        total_amount_paid: of(QSendStatus::Paid).map(|row| row.amount).sum::<QiratSum>(),
    }
}
