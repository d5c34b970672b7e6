//! `GET /api/v1/notifications/unread-count`: the number beside the bell.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::{live, notifications};
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
    let (db, me) = (app.store().read(), person.profile_id);
    // The place first: what is stored between the two is counted, and pushed to who connects after the place.
    let last = live::last_sequences(db, &[me]).await?;
    let last_sequence = last.first().and_then(|(_, last)| u64::try_from(*last).ok()).unwrap_or(0);
    let unread_count = notifications::count(db, me, Some(NotificationStatus::Unread)).await?;
    Ok(Json(UnreadCountReply { unread_count, last_sequence }))
}
