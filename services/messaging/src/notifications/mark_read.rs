//! `PATCH /api/v1/notifications/{id}/read`: marks one of the caller's notifications as read. Doing it again changes nothing.

use axum::Json;
use axum::extract::State;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_platform::{App, BusMessage};
use gx_store::StoreError;
use gx_store::repo::notifications;
use gx_types::api::messaging::MarkedReply;
use gx_types::{ErrorCode, NotificationId};

pub(crate) fn route() -> Handled {
    Route::patch("/api/v1/notifications/{id}/read", "markNotificationRead")
        .summary("Mark an own notification as read")
        .access(Access::Person)
        .param::<NotificationId>("id", "The notification")
        .reply::<MarkedReply>(200, "It is read")
        .handle(mark_read)
}

async fn mark_read(
    State(app): State<App>,
    person: Person,
    ApiPath(id): ApiPath<NotificationId>,
) -> ApiResult<Json<MarkedReply>> {
    let (me, now) = (person.profile_id, app.now());
    let work = app.store().write(move |tx| Box::pin(async move { notifications::mark_read(tx, me, id, now).await }));
    let known: Result<bool, StoreError> = work.await;
    if !known? {
        // Another person's notification is, to the caller, none.
        return Err(ApiError::new(ErrorCode::NotFound));
    }
    // Their other pages count anew.
    app.bus().publish(&BusMessage::PersonChanged { profile_id: me });
    Ok(Json(MarkedReply { success: true }))
}
