//! `GET /api/v1/qsend`: the requests of a person, newest first.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiQuery, ApiResult, Cursor, Handled, PageLimit, Route};
use gx_store::repo::qsend::{self, ListFilter, Role};
use gx_types::api::qsend::QSendListReply;
use gx_types::{QSendId, QSendStatus, Timestamp};
use serde::Deserialize;

use super::view::view;
use crate::moment::{self, Moment};

const LIST: &str = "qsend";

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/qsend", "listQSendRequests")
        .summary("Own requests, and those one has paid")
        .access(Access::Person)
        .query::<ListQuery>()
        .reply::<QSendListReply>(200, "One page, newest first")
        .handle(list)
}

/// The caller's part in a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Part {
    /// Wants to be paid.
    #[default]
    Creator,
    /// Pays or has paid.
    Payer,
    /// Either.
    All,
}

/// What is wanted.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// The caller's part.
    #[serde(default)]
    #[schema(value_type = Option<Part>)]
    role: Part,
    /// The state.
    status: Option<QSendStatus>,
    /// Made not before.
    start_date: Option<Moment>,
    /// Made up to the end of this day, or before this point.
    end_date: Option<Moment>,
    /// Requests at most.
    #[serde(default)]
    #[schema(value_type = Option<PageLimit>)]
    limit: PageLimit,
    /// Where the page starts.
    cursor: Option<Cursor>,
}

async fn list(
    State(app): State<App>,
    person: Person,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> ApiResult<Json<QSendListReply>> {
    moment::in_order(("startDate", query.start_date), ("endDate", query.end_date))?;
    let after: Option<(Timestamp, QSendId)> = app.cursors().open(LIST, query.cursor.as_ref())?;
    let filter = ListFilter {
        role: match query.role {
            Part::Creator => Role::Creator,
            Part::Payer => Role::Payer,
            Part::All => Role::All,
        },
        status: query.status,
        from: query.start_date.map(Moment::from),
        until: query.end_date.map(Moment::until),
    };
    let (reader, now) = (person.profile_id, app.now());
    let rows = qsend::list(app.store().read(), reader, &filter, after, now, query.limit.plus_one()).await?;
    let page = app.cursors().page(LIST, rows, query.limit, |row| (row.created_at.0, row.request_id.0))?;
    Ok(Json(QSendListReply {
        requests: page.items.into_iter().map(|row| view(row, reader, None, now)).collect::<ApiResult<_>>()?,
        next_cursor: page.next_cursor.map(|cursor| cursor.to_string()),
    }))
}
