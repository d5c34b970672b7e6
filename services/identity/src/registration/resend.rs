//! Steps 2b and 7b, `POST /api/v1/registration/{email|phone}/resend`: a new code in place of the last.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::people;
use gx_store::repo::registrations::{self, Target};
use gx_types::api::identity::{CodeSent, ResendRequest};
use gx_types::{ErrorCode, RegistrationStep};

use super::codes::{self, Channel, Slot};
use super::flood::{self, Sent};
use super::{Claim, letters};
use crate::fields::Code;

const ERRORS: &[ErrorCode] = &[
    ErrorCode::OtpMaxAttempts,
    ErrorCode::OtpMaxResends,
    ErrorCode::RegistrationNotFound,
    ErrorCode::RegistrationExpired,
    ErrorCode::RegistrationStepInvalid,
    ErrorCode::RegistrationAlreadyCompleted,
    ErrorCode::RecipientUnreachable,
    ErrorCode::UpstreamUnavailable,
];

/// Declares the route for e-mail.
pub(crate) fn email_route() -> Handled {
    Route::post("/api/v1/registration/email/resend", "resendRegistrationEmail")
        .summary("Send the code of the e-mail address again")
        .description("A new code; wrong tries go on counting. At most five codes in one registration.")
        .access(Access::Public)
        .limit(RateClass::CodeSend)
        .body::<ResendRequest>()
        .reply::<CodeSent>(200, "A new code is on its way")
        .errors(ERRORS)
        .handle(async |State(app): State<App>, ApiJson(request): ApiJson<ResendRequest>| {
            resend(&app, &request, Channel::Email).await.map(Json)
        })
}

/// Declares the route for the phone.
pub(crate) fn phone_route() -> Handled {
    Route::post("/api/v1/registration/phone/resend", "resendRegistrationPhone")
        .summary("Send the code of the phone again")
        .description("A new code; wrong tries go on counting. At most five codes in one registration.")
        .access(Access::Public)
        .limit(RateClass::CodeSend)
        .body::<ResendRequest>()
        .reply::<CodeSent>(200, "A new code is on its way")
        .errors(ERRORS)
        .handle(async |State(app): State<App>, ApiJson(request): ApiJson<ResendRequest>| {
            resend(&app, &request, Channel::Phone).await.map(Json)
        })
}

async fn resend(app: &App, request: &ResendRequest, channel: Channel) -> ApiResult<CodeSent> {
    let claim = Claim::new(request.registration_id, &request.registration_token);
    let now = app.now();
    let code = Code::new(&**app.entropy());
    let (held, new_code) = (app.clone(), code.clone());
    let (row, has_account, hash, sent, code_expires_at) = app
        .store()
        .write(move |tx| {
            let (app, code) = (held.clone(), new_code.clone());
            Box::pin(async move {
                let mut row = claim.open(tx, now).await?;
                let (expected, target) = match channel {
                    Channel::Email => (RegistrationStep::EmailSent, row.email_normalised.clone()),
                    Channel::Phone => (RegistrationStep::PhoneSent, row.phone_num.clone().unwrap_or_default()),
                };
                if row.step != expected {
                    return Err(ErrorCode::RegistrationStepInvalid.into());
                }
                let hash = codes::hash(&app, channel, &target, &code)?;
                let to = match channel {
                    Channel::Email => Target::Email(&target),
                    Channel::Phone => Target::Phone(&target),
                };
                let sent = flood::decide(tx, &row, to, now).await?;
                let expires_at = Slot::of(&mut row, channel).issue(hash, sent, now)?;
                row.updated_at = now.into();
                let has_account = match channel {
                    Channel::Email => people::by_email(tx, &target).await?.is_some(),
                    Channel::Phone => people::has_phone(tx, &target).await?,
                };
                registrations::save(tx, row.clone()).await?;
                Ok::<_, ApiError>((row, has_account, hash, sent, expires_at))
            })
        })
        .await?;
    let delivered = match channel {
        _ if sent != Sent::New => Ok(()),
        Channel::Email => {
            let letter = letters::email_code(app, &row.email, &code, has_account);
            app.mail().send(&letter).await.map_err(ApiError::from)
        }
        Channel::Phone => {
            let number = row.phone_num.unwrap_or_default();
            app.sms().send(&number, &letters::phone_code(&code, has_account)).await.map_err(ApiError::from)
        }
    };
    if let Err(error) = delivered {
        codes::not_sent(app, claim.id, channel, hash).await;
        return Err(error);
    }
    Ok(CodeSent {
        success: true,
        registration_id: claim.id,
        current_step: row.step.0,
        message: match sent {
            Sent::New => "We have sent a new code.",
            Sent::Shared(..) => "A code was sent a few minutes ago; it is good still. Please look for it.",
        }
        .to_owned(),
        code_expires_at,
    })
}
