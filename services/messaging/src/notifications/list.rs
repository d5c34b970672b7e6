//! `GET /api/v1/notifications`: own notifications, newest first.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiQuery, ApiResult, Cursor, Handled, PageLimit, Route};
use gx_store::repo::notifications::{self, NotificationKey};
use gx_types::NotificationStatus;
use gx_types::api::messaging::NotificationsReply;
use serde::Deserialize;

use super::view;

const LIST: &str = "notifications";

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/notifications", "listNotifications")
        .summary("Own notifications, newest first")
        .access(Access::Person)
        .query::<NotificationsQuery>()
        .reply::<NotificationsReply>(200, "One page")
        .handle(list)
}

/// What is wanted.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NotificationsQuery {
    /// Only these; all but those put away when absent.
    status: Option<NotificationStatus>,
    /// Notifications at most.
    #[serde(default)]
    #[schema(value_type = Option<PageLimit>)]
    limit: PageLimit,
    /// Where the page starts.
    cursor: Option<Cursor>,
}

async fn list(
    State(app): State<App>,
    person: Person,
    ApiQuery(query): ApiQuery<NotificationsQuery>,
) -> ApiResult<Json<NotificationsReply>> {
    let (db, me) = (app.store().read(), person.profile_id);
    let after: Option<NotificationKey> = app.cursors().open(LIST, query.cursor.as_ref())?;
    let rows = notifications::list(db, me, query.status, after, query.limit.plus_one()).await?;
    let page = app
        .cursors()
        .page(LIST, rows, query.limit, |row| -> NotificationKey { (row.created_at.0, row.notification_id.0) })?;
    let unread_count = notifications::count(db, me, Some(NotificationStatus::Unread)).await?;
    let total = match query.status {
        Some(NotificationStatus::Unread) => unread_count,
        other => notifications::count(db, me, other).await?,
    };
    Ok(Json(NotificationsReply {
        notifications: page.items.into_iter().map(view).collect(),
        total,
        unread_count,
        next_cursor: page.next_cursor.map(|cursor| cursor.to_string()),
    }))
}
