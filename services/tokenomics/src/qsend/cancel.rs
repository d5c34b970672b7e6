//! `POST /api/v1/qsend/{code}/cancel`: the creator takes a request back.

use axum::Json;
use axum::extract::State;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_platform::{App, BusMessage};
use gx_store::repo::qsend;
use gx_types::ErrorCode;
use gx_types::api::qsend::QSendView;

use super::code::RequestCode;
use super::read::stored;
use super::view::view;
use super::why_not_payable;

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/qsend/{code}/cancel", "cancelQSendRequest")
        .summary("Take a request back")
        .description("Only its creator, and only while nobody pays it. Cancelled twice is cancelled.")
        .access(Access::Person)
        .param::<RequestCode>("code", "The code of the request")
        .reply::<QSendView>(200, "The request, cancelled")
        .errors(&[ErrorCode::QSendExpired, ErrorCode::QSendAlreadyPaid])
        .handle(cancel)
}

async fn cancel(
    State(app): State<App>,
    person: Person,
    ApiPath(code): ApiPath<RequestCode>,
) -> ApiResult<Json<QSendView>> {
    let request = stored(&app, &code).await?;
    if request.creator_profile_id.0 != person.profile_id {
        return Err(ApiError::not_found());
    }
    let (request_id, now) = (request.request_id.0, app.now());
    let cancelled =
        app.store().write(move |tx| Box::pin(async move { qsend::cancel(tx, request_id, now).await })).await?;
    if cancelled {
        app.bus().publish(&BusMessage::PersonChanged { profile_id: person.profile_id });
    }
    let request = stored(&app, &code).await?;
    match why_not_payable(&request, now) {
        None | Some(ErrorCode::QSendCancelled) => Ok(Json(view(request, person.profile_id, None, now)?)),
        Some(code) if !cancelled => Err(ApiError::new(code)),
        Some(_) => Ok(Json(view(request, person.profile_id, None, now)?)),
    }
}
