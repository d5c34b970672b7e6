//! `GET /api/v1/registration/{registrationId}`: resumes a registration, for whoever holds its token.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use gx_platform::App;
use gx_platform::http::{Access, ApiPath, ApiResult, Handled, RateClass, Route};
use gx_types::api::identity::{REGISTRATION_TOKEN_HEADER, RegistrationReply, RegistrationView};
use gx_types::{ErrorCode, RegistrationId};

use super::{Claim, grant_outlook};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/registration/{registrationId}", "readRegistration")
        .summary("Resume a registration")
        .description("Without the registrationToken there is no registration: it is not told whether there is one.")
        .access(Access::Public)
        .limit(RateClass::Register)
        .param::<RegistrationId>("registrationId", "From step 1")
        .header(REGISTRATION_TOKEN_HEADER, "The registrationToken from step 1")
        .reply::<RegistrationReply>(200, "The registration as it stands")
        .errors(&[ErrorCode::RegistrationNotFound, ErrorCode::RegistrationExpired])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    ApiPath(id): ApiPath<RegistrationId>,
    headers: HeaderMap,
) -> ApiResult<Json<RegistrationReply>> {
    let token = headers.get(REGISTRATION_TOKEN_HEADER).and_then(|value| value.to_str().ok());
    let token = token.ok_or(ErrorCode::RegistrationNotFound)?;
    let data = read_registration(&app, id, token).await?;
    Ok(Json(RegistrationReply { success: true, data }))
}

/// The registration as its owner sees it.
///
/// # Errors
/// 404 for another token, 410 when it has expired.
pub async fn read_registration(app: &App, id: RegistrationId, token: &str) -> ApiResult<RegistrationView> {
    let now = app.now();
    let row = Claim::new(id, token).read(app.store().read(), now).await?;
    let outlook = grant_outlook(app, &row, now).await?;
    Ok(RegistrationView {
        registration_id: id,
        current_step: row.step.0,
        email: row.email,
        email_verified: row.email_verified_at.is_some(),
        first_name: row.first_name,
        last_name: row.last_name,
        country_code: row.country_code.map(|code| code.0),
        date_of_birth: row.date_of_birth.map(|date| date.0),
        gender: row.gender.map(|gender| gender.0),
        genesis_eligible: outlook.as_ref().map(|outlook| outlook.eligible),
        eligibility_message: outlook.map(|outlook| outlook.message),
        phone_num: row.phone_num,
        phone_verified: row.phone_verified_at.is_some(),
        created_at: row.created_at.0,
        expires_at: row.expires_at.0,
    })
}
