//! Step 2, `POST /api/v1/registration/email/verify`: the code proves that the address is the caller's.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::Col;
use gx_store::repo::{people, registrations};
use gx_types::api::identity::{StepReply, VerifyEmailRequest};
use gx_types::{ErrorCode, RegistrationStep};

use super::codes::{self, Channel, Slot};
use super::{Claim, reach};
use crate::fields::Code;
use crate::refuse::refused;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/registration/email/verify", "verifyRegistrationEmail")
        .summary("Enter the code of the e-mail address")
        .description(
            "Verified already: answers the same again. An address that has an account is told so here, to its owner.",
        )
        .access(Access::Public)
        .limit(RateClass::CodeCheck)
        .body::<VerifyEmailRequest>()
        .reply::<StepReply>(200, "The address is verified")
        .errors(&[
            ErrorCode::OtpRequired,
            ErrorCode::OtpInvalidFormat,
            ErrorCode::OtpInvalid,
            ErrorCode::OtpExpired,
            ErrorCode::OtpMaxAttempts,
            ErrorCode::EmailAlreadyExists,
            ErrorCode::RegistrationNotFound,
            ErrorCode::RegistrationExpired,
            ErrorCode::RegistrationAlreadyCompleted,
        ])
        .handle(handle)
}

async fn handle(State(app): State<App>, ApiJson(request): ApiJson<VerifyEmailRequest>) -> ApiResult<Json<StepReply>> {
    verify_email(&app, &request).await.map(Json)
}

/// Tries the code of the e-mail address.
///
/// # Errors
/// 400 for a wrong or expired code, 429 after five wrong ones, 409 when the address has an account.
pub async fn verify_email(app: &App, request: &VerifyEmailRequest) -> ApiResult<StepReply> {
    let code = Code::typed(&request.otp).map_err(|code| refused("otp", code))?;
    let claim = Claim::new(request.registration_id, &request.registration_token);
    let now = app.now();
    let held = app.clone();
    let done = app
        .store()
        .write(move |tx| {
            let (app, code) = (held.clone(), code.clone());
            Box::pin(async move {
                let mut row = claim.open(tx, now).await?;
                if row.step.0 >= RegistrationStep::EmailVerified {
                    return Ok(Ok(row.step.0));
                }
                let presented = codes::hash(&app, Channel::Email, &row.email_normalised, &code)?;
                let mut done = Slot::of(&mut row, Channel::Email).check(presented, now);
                if done.is_ok() && people::by_email(tx, &row.email_normalised).await?.is_some() {
                    done = Err(ErrorCode::EmailAlreadyExists);
                }
                if done.is_ok() {
                    row.email_verified_at = Some(Col(now));
                    reach(&mut row, RegistrationStep::EmailVerified, now);
                }
                let step = row.step.0;
                // Wrong tries are written too: that is what counts them.
                registrations::save(tx, row).await?;
                Ok::<_, ApiError>(done.map(|()| step))
            })
        })
        .await?;
    let current_step = done.map_err(|code| match code {
        ErrorCode::EmailAlreadyExists => refused("email", code),
        code => refused("otp", code),
    })?;
    Ok(StepReply { success: true, registration_id: request.registration_id, current_step })
}
