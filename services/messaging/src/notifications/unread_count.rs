//! `GET /api/v1/notifications/unread-count`: the number beside the bell.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::notifications;
use gx_types::NotificationStatus;
use gx_types::api::messaging::UnreadCountReply;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/notifications/unread-count", "countUnreadNotifications")
        .summary("How many own notifications are unread")
        .access(Access::Person)
        .reply::<UnreadCountReply>(200, "The number")
        .handle(unread_count)
}

async fn unread_count(State(app): State<App>, person: Person) -> ApiResult<Json<UnreadCountReply>> {
    let unread = Some(NotificationStatus::Unread);
    let unread_count = notifications::count(app.store().read(), person.profile_id, unread).await?;
    Ok(Json(UnreadCountReply { unread_count }))
}
