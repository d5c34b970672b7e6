//! `POST /api/v1/qsend/verify`: is a scanned code ours, unaltered, and can it be paid.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, Route};
use gx_store::repo::qsend;
use gx_types::api::qsend::{QSendDefect, QSendVerified, QSendVerify};
use gx_types::{ErrorCode, QSendStatus};

use super::qr::QrError;
use super::read::seen_by;
use super::view::status_at;

/// Longest text that is looked at, in characters.
const QR_DATA_CHARS_MAX: usize = 4_096;

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/qsend/verify", "verifyQSendCode")
        .summary("Check a scanned QR code")
        .access(Access::Person)
        .body::<QSendVerify>()
        .reply::<QSendVerified>(200, "Whether it is ours, unaltered, and payable")
        .handle(verify)
}

async fn verify(
    State(app): State<App>,
    person: Person,
    ApiJson(scanned): ApiJson<QSendVerify>,
) -> ApiResult<Json<QSendVerified>> {
    let text = scanned.qr_data.trim();
    if text.is_empty() {
        return Err(ApiError::field("qrData", ErrorCode::FieldRequired, "the text that the scanner read"));
    }
    if text.chars().count() > QR_DATA_CHARS_MAX {
        return Err(ApiError::field(
            "qrData",
            ErrorCode::FieldInvalid,
            format!("at most {QR_DATA_CHARS_MAX} characters"),
        ));
    }
    let defect = |error| Ok(Json(QSendVerified { valid: false, request: None, error: Some(error) }));

    // 1. The signature, before anything is looked up.
    let code = match super::signer(&app)?.check(text) {
        Ok(code) => code,
        Err(QrError::NotQSend) => return defect(QSendDefect::NotQSend),
        Err(QrError::SignatureInvalid) => return defect(QSendDefect::SignatureInvalid),
    };

    // 2. The stored text must be this very one.
    let Some(request) = qsend::by_code(app.store().read(), code.as_str()).await? else {
        return defect(QSendDefect::Unknown);
    };
    if request.qr_data != text {
        return defect(QSendDefect::SignatureInvalid);
    }

    // 3. A scan of ours counts, payable or not.
    let (request_id, now) = (request.request_id.0, app.now());
    app.store().write(move |tx| Box::pin(async move { qsend::count_scan(tx, request_id, now).await })).await?;

    let error = match status_at(&request, now) {
        QSendStatus::Active => None,
        QSendStatus::Paying | QSendStatus::Paid => Some(QSendDefect::AlreadyPaid),
        QSendStatus::Expired => Some(QSendDefect::Expired),
        QSendStatus::Cancelled => Some(QSendDefect::Cancelled),
    };
    let seen = seen_by(&app, request, person.profile_id).await?;
    Ok(Json(QSendVerified { valid: error.is_none(), request: Some(seen), error }))
}
