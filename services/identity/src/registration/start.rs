//! Step 1, `POST /api/v1/registration/email`: begins a registration and sends a code to the address.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gx_base::EntropyExt;
use gx_base::limits::REGISTRATION_SECONDS;
use gx_platform::auth::Origin;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_platform::{App, sha256};
use gx_store::Col;
use gx_store::repo::people;
use gx_store::repo::registrations::{self, Registration, Target};
use gx_types::api::identity::{RegistrationStarted, StartRequest};
use gx_types::{ErrorCode, RegistrationId, RegistrationStep};

use super::codes::{self, Channel, Slot};
use super::flood::{self, Sent};
use super::letters;
use crate::fields::{Code, Email};
use crate::refuse::refused;

/// Random bytes of a registration's token.
const TOKEN_BYTES: usize = 32;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/registration/email", "startRegistration")
        .summary("Begin a registration")
        .description(
            "Sends a code to the address. The answer is the same whether or not the address has an account. Keep the \
             registrationToken: it is shown once, and every later step needs it.",
        )
        .access(Access::Public)
        .limit(RateClass::Register)
        .body::<StartRequest>()
        .reply::<RegistrationStarted>(201, "Begun; a code is on its way")
        .errors(&[
            ErrorCode::EmailRequired,
            ErrorCode::EmailInvalidFormat,
            ErrorCode::RecipientUnreachable,
            ErrorCode::UpstreamUnavailable,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    origin: Origin,
    ApiJson(request): ApiJson<StartRequest>,
) -> ApiResult<(StatusCode, Json<RegistrationStarted>)> {
    Ok((StatusCode::CREATED, Json(start(&app, &request, &origin).await?)))
}

/// Begins a registration.
///
/// # Errors
/// 400 for an address that is none; 422 for one that this network sends nothing to; 429 when too many were begun with it
/// from one network; 502 when mail cannot be sent.
pub async fn start(app: &App, request: &StartRequest, origin: &Origin) -> ApiResult<RegistrationStarted> {
    let email = Email::parse(&request.email).map_err(|code| refused("email", code))?;
    app.mail().check(&email.typed)?;

    // 1. The row, which knows token and code by their hashes only.
    let now = app.now();
    let registration_id = RegistrationId::from_uuid(app.new_uuid());
    let token = app.entropy().token(TOKEN_BYTES);
    let code = Code::new(&**app.entropy());
    let code_hash = codes::hash(app, Channel::Email, &email.normalised, &code)?;
    let expires_at = now.plus(Duration::from_secs(REGISTRATION_SECONDS));
    let row = Registration {
        registration_id: Col(registration_id),
        secret_hash: Some(Col(sha256(token.as_bytes()))),
        step: Col(RegistrationStep::EmailSent),
        email: email.typed.clone(),
        email_normalised: email.normalised,
        email_code_hash: None,
        email_code_expires_at: None,
        email_code_tries: 0,
        email_codes_sent: 0,
        email_verified_at: None,
        first_name: None,
        last_name: None,
        country_code: None,
        date_of_birth: None,
        gender: None,
        password_hash: None,
        phone_num: None,
        phone_code_hash: None,
        phone_code_expires_at: None,
        phone_code_tries: 0,
        phone_codes_sent: 0,
        phone_verified_at: None,
        ip: origin.ip.clone(),
        user_agent: origin.user_agent.clone(),
        profile_id: None,
        created_at: Col(now),
        updated_at: Col(now),
        expires_at: Col(expires_at),
    };
    let (has_account, sent, code_expires_at) = app
        .store()
        .write(move |tx| {
            let mut row = row.clone();
            Box::pin(async move {
                let sent = flood::decide(tx, &row, Target::Email(&row.email_normalised), now).await?;
                let expires_at = Slot::of(&mut row, Channel::Email).issue(code_hash, sent, now)?;
                let has_account = people::by_email(tx, &row.email_normalised).await?.is_some();
                registrations::insert(tx, row).await?;
                Ok::<_, ApiError>((has_account, sent, expires_at))
            })
        })
        .await?;

    // 2. The mail, whether or not there is an account. Without it nobody holds this registration, and it must not count
    // as a try.
    if sent == Sent::New
        && let Err(error) = app.mail().send(&letters::email_code(app, &email.typed, &code, has_account)).await
    {
        app.store()
            .write(move |tx| Box::pin(async move { registrations::delete(tx, registration_id).await }))
            .await
            .map_err(ApiError::from)?;
        return Err(error.into());
    }

    Ok(RegistrationStarted {
        success: true,
        registration_id,
        registration_token: token,
        current_step: RegistrationStep::EmailSent,
        message: "We have sent a code to this address.".to_owned(),
        code_expires_at,
        expires_at,
    })
}
