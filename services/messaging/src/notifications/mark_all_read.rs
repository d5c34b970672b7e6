//! `PATCH /api/v1/notifications/mark-all-read`: marks everything of the caller as read.

use axum::Json;
use axum::extract::State;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_platform::{App, BusMessage};
use gx_store::StoreError;
use gx_store::repo::notifications;
use gx_types::api::messaging::AllMarkedReply;

pub(crate) fn route() -> Handled {
    Route::patch("/api/v1/notifications/mark-all-read", "markAllNotificationsRead")
        .summary("Mark all own notifications as read")
        .access(Access::Person)
        .reply::<AllMarkedReply>(200, "All are read")
        .handle(mark_all_read)
}

async fn mark_all_read(State(app): State<App>, person: Person) -> ApiResult<Json<AllMarkedReply>> {
    let (me, now) = (person.profile_id, app.now());
    let work = app.store().write(move |tx| Box::pin(async move { notifications::mark_all_read(tx, me, now).await }));
    let count: Result<u64, StoreError> = work.await;
    let count = count?;
    // Their other pages count anew.
    app.bus().publish(&BusMessage::PersonChanged { profile_id: me });
    Ok(Json(AllMarkedReply { success: true, count }))
}
