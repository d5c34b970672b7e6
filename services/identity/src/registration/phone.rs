//! Step 6, `POST /api/v1/registration/phone`: sends a code to the number.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::people;
use gx_store::repo::registrations::{self, Target};
use gx_types::api::identity::{CodeSent, PhoneRequest};
use gx_types::{ErrorCode, RegistrationStep};

use super::codes::{self, Channel, Slot};
use super::flood::{self, Sent};
use super::{Claim, letters, need, reach};
use crate::fields::{self, Code};
use crate::refuse::refused;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/registration/phone", "setRegistrationPhone")
        .summary("Say the phone number")
        .description(
            "Sends a code to the number. May be repeated with another number; at most five codes in one registration. The \
             answer is the same whether or not the number has an account.",
        )
        .access(Access::Public)
        .limit(RateClass::Register)
        .body::<PhoneRequest>()
        .reply::<CodeSent>(200, "A code is on its way")
        .errors(&[
            ErrorCode::PhoneRequired,
            ErrorCode::PhoneInvalidFormat,
            ErrorCode::OtpMaxAttempts,
            ErrorCode::OtpMaxResends,
            ErrorCode::RegistrationNotFound,
            ErrorCode::RegistrationExpired,
            ErrorCode::RegistrationStepInvalid,
            ErrorCode::RegistrationAlreadyCompleted,
            ErrorCode::RecipientUnreachable,
            ErrorCode::UpstreamUnavailable,
        ])
        .handle(handle)
}

async fn handle(State(app): State<App>, ApiJson(request): ApiJson<PhoneRequest>) -> ApiResult<Json<CodeSent>> {
    set_phone(&app, &request).await.map(Json)
}

/// Sets the phone number and sends a code to it.
///
/// # Errors
/// 400 for a number that is none, or before the password is set; 422 for one that this network sends nothing to; 429 after too many codes; 502 when text messages
/// cannot be sent.
pub async fn set_phone(app: &App, request: &PhoneRequest) -> ApiResult<CodeSent> {
    let number = fields::phone(&request.phone_num).map_err(|code| refused("phoneNum", code))?;
    app.sms().check(&number)?;
    let claim = Claim::new(request.registration_id, &request.registration_token);
    let now = app.now();
    let code = Code::new(&**app.entropy());
    let code_hash = codes::hash(app, Channel::Phone, &number, &code)?;

    let new_number = number.clone();
    let (current_step, has_account, sent, code_expires_at) = app
        .store()
        .write(move |tx| {
            let number = new_number.clone();
            Box::pin(async move {
                let mut row = claim.open(tx, now).await?;
                need(&row, RegistrationStep::PasswordSet)?;
                let sent = flood::decide(tx, &row, Target::Phone(&number), now).await?;
                let expires_at = Slot::of(&mut row, Channel::Phone).issue(code_hash, sent, now)?;
                let has_account = people::has_phone(tx, &number).await?;
                row.phone_num = Some(number);
                reach(&mut row, RegistrationStep::PhoneSent, now);
                let step = row.step.0;
                registrations::save(tx, row).await?;
                Ok::<_, ApiError>((step, has_account, sent, expires_at))
            })
        })
        .await?;
    if sent == Sent::New
        && let Err(error) = app.sms().send(&number, &letters::phone_code(&code, has_account)).await
    {
        codes::not_sent(app, claim.id, Channel::Phone, code_hash).await;
        return Err(error.into());
    }
    Ok(CodeSent {
        success: true,
        registration_id: claim.id,
        current_step,
        message: "We have sent a code to this number.".to_owned(),
        code_expires_at,
    })
}
