//! Step 5, `POST /api/v1/registration/password`.

use axum::Json;
use axum::extract::State;
use gx_base::Secret;
use gx_platform::App;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::registrations;
use gx_types::api::identity::{PasswordReply, PasswordRequest};
use gx_types::{ErrorCode, RegistrationStep};

use super::{Claim, need, reach};
use crate::fields::{Password, strength};
use crate::refuse::refused;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/registration/password", "setRegistrationPassword")
        .summary("Choose a password")
        .description("8 to 128 characters with an upper-case letter, a lower-case letter and a digit.")
        .access(Access::Public)
        .limit(RateClass::Register)
        .body::<PasswordRequest>()
        .reply::<PasswordReply>(200, "The password is set")
        .errors(&[
            ErrorCode::PasswordRequired,
            ErrorCode::PasswordTooShort,
            ErrorCode::PasswordTooLong,
            ErrorCode::PasswordMissingUppercase,
            ErrorCode::PasswordMissingLowercase,
            ErrorCode::PasswordMissingNumber,
            ErrorCode::PasswordsDontMatch,
            ErrorCode::RegistrationNotFound,
            ErrorCode::RegistrationExpired,
            ErrorCode::RegistrationStepInvalid,
            ErrorCode::RegistrationAlreadyCompleted,
        ])
        .handle(handle)
}

async fn handle(State(app): State<App>, ApiJson(request): ApiJson<PasswordRequest>) -> ApiResult<Json<PasswordReply>> {
    set_password(&app, &request).await.map(Json)
}

/// Sets the password.
///
/// # Errors
/// 400 for a password that breaks a rule or is not repeated, or before birth date and gender are set.
pub async fn set_password(app: &App, request: &PasswordRequest) -> ApiResult<PasswordReply> {
    let password = Password::choose(&request.password).map_err(|code| refused("password", code))?;
    if request.confirm_password != request.password {
        return Err(refused("confirmPassword", ErrorCode::PasswordsDontMatch));
    }

    // Only who holds a registration that has come this far may make us hash.
    let claim = Claim::new(request.registration_id, &request.registration_token);
    let now = app.now();
    let row = claim.read(app.store().read(), now).await?;
    need(&row, RegistrationStep::DobGenderSet)?;
    let hash = app.passwords().hash(Secret::new(password.expose())).await?;

    let current_step = app
        .store()
        .write(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                let mut row = claim.open(tx, now).await?;
                need(&row, RegistrationStep::DobGenderSet)?;
                row.password_hash = Some(hash);
                reach(&mut row, RegistrationStep::PasswordSet, now);
                let step = row.step.0;
                registrations::save(tx, row).await?;
                Ok::<_, ApiError>(step)
            })
        })
        .await?;
    Ok(PasswordReply { success: true, registration_id: claim.id, current_step, password_strength: strength(&password) })
}
