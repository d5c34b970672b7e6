//! `GET /api/v1/qsend/{code}` and `…/qr`: a request for whoever holds its code, and its QR code as a picture.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use gx_contracts::fees::TransactionType;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::entity::qsend_requests::Model;
use gx_store::repo::payments::{self, Receiver};
use gx_store::repo::qsend;
use gx_types::api::qsend::QSendView;
use gx_types::{ProfileId, QSendStatus, Qirat};

use super::code::RequestCode;
use super::qr::picture;
use super::view::{status_at, view};
use crate::payment::{self, Wish};

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/qsend/{code}", "getQSendRequest")
        .summary("A request by its code")
        .description("Whoever holds the code sees name, amount, fee and total; who paid, only creator and payer see.")
        .access(Access::Person)
        .param::<RequestCode>("code", "The code of the request")
        .reply::<QSendView>(200, "The request, as far as the caller may see it")
        .handle(read)
}

pub(crate) fn qr_route() -> Handled {
    Route::get("/api/v1/qsend/{code}/qr", "getQSendQr")
        .summary("The QR code of a request")
        .access(Access::Person)
        .param::<RequestCode>("code", "The code of the request")
        .reply_bytes(200, "image/svg+xml", "The picture of `qrData`")
        .handle(qr)
}

async fn read(
    State(app): State<App>,
    person: Person,
    ApiPath(code): ApiPath<RequestCode>,
) -> ApiResult<Json<QSendView>> {
    let request = stored(&app, &code).await?;
    Ok(Json(seen_by(&app, request, person.profile_id).await?))
}

async fn qr(State(app): State<App>, _: Person, ApiPath(code): ApiPath<RequestCode>) -> ApiResult<impl IntoResponse> {
    let request = stored(&app, &code).await?;
    let svg = picture(&request.qr_data).ok_or_else(|| ApiError::internal("a QR text is too long for a picture"))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg))
}

pub(super) async fn stored(app: &App, code: &RequestCode) -> ApiResult<Model> {
    qsend::by_code(app.store().read(), code.as_str()).await?.ok_or_else(ApiError::not_found)
}

/// The request as `reader` sees it, with what the reader would pay.
pub(super) async fn seen_by(app: &App, request: Model, reader: ProfileId) -> ApiResult<QSendView> {
    let now = app.now();
    let open = status_at(&request, now) == QSendStatus::Active && request.creator_profile_id.0 != reader;
    let fee = if open { fee_for(app, reader, &request).await? } else { None };
    view(request, reader, fee, now)
}

/// The fee that `reader` would pay; `None` for those who cannot pay at all.
async fn fee_for(app: &App, reader: ProfileId, request: &Model) -> ApiResult<Option<Qirat>> {
    let receiver = Receiver::Profile(request.creator_profile_id.0);
    let facts = payments::facts(app.store().read(), reader, receiver).await?;
    let wish = Wish { kind: TransactionType::P2P, amount: request.amount.0, expected_fee: None, receiver_field: None };
    Ok(payment::quote(facts, &wish).ok().map(|judged| judged.price.quote.fee))
}
