//! `POST /api/v1/auth/password/change`: a new password. It ends every other session, so that whoever knew the old one is
//! out.

use axum::Json;
use axum::extract::State;
use gx_base::Secret;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::StoreError;
use gx_store::repo::{people, person_security, sessions, tickets};
use gx_types::api::identity::Message;
use gx_types::api::security::ChangePasswordRequest;
use gx_types::{ErrorCode, SecurityEvent, TicketPurpose};

use super::{confirm_password, ended, owner};
use crate::fields::Password;
use crate::refuse::{Faults, refused};

/// How a chosen password can be refused.
pub(crate) const CHOICE_ERRORS: &[ErrorCode] = &[
    ErrorCode::PasswordRequired,
    ErrorCode::PasswordTooShort,
    ErrorCode::PasswordTooLong,
    ErrorCode::PasswordMissingUppercase,
    ErrorCode::PasswordMissingLowercase,
    ErrorCode::PasswordMissingNumber,
    ErrorCode::PasswordsDontMatch,
];

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/auth/password/change", "changePassword")
        .summary("Choose a new password")
        .description("Ends every other session. Wrong guesses of the present password count as failed logins do.")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<ChangePasswordRequest>()
        .reply::<Message>(200, "The password is changed")
        .errors(CHOICE_ERRORS)
        .errors(&[
            ErrorCode::PasswordWrong,
            ErrorCode::PasswordUnchanged,
            ErrorCode::AccountLocked,
            ErrorCode::SessionRevoked,
            ErrorCode::StateConflict,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    ApiJson(request): ApiJson<ChangePasswordRequest>,
) -> ApiResult<Json<Message>> {
    // 1. The new one, as far as it can be judged alone; then the present one.
    let chosen = chosen(&request.new_password, &request.confirm_password)?;
    let row = confirm_password(&app, &person, &request.current_password, "currentPassword").await?;
    let unchanged = app.passwords().verify(Secret::new(chosen.expose()), Some(row.password_hash.clone())).await?;
    if unchanged {
        return Err(refused("newPassword", ErrorCode::PasswordUnchanged));
    }

    // 2. The change, and the end of every other session.
    let new_hash = app.passwords().hash(Secret::new(chosen.expose())).await?;
    let (profile_id, session_id, now, old_hash) = (person.profile_id, person.session_id, app.now(), row.password_hash);
    let note = app.security_note(SecurityEvent::PasswordChanged, profile_id, None);
    let recorded = note.clone();
    let gone = app
        .store()
        .write(move |tx| {
            let (old_hash, new_hash, note) = (old_hash.clone(), new_hash.clone(), recorded.clone());
            Box::pin(async move {
                if !people::change_password(tx, profile_id, &old_hash, &new_hash, now).await? {
                    return Ok::<_, StoreError>(None);
                }
                person_security::change(tx, profile_id, now, |row| row.password_changed_at = Some(now.into())).await?;
                tickets::take_back(tx, owner(profile_id), TicketPurpose::PasswordReset).await?;
                let reason = "the password was changed";
                let gone = sessions::revoke_all(tx, profile_id, Some(session_id), reason, now).await?;
                note.after("sessionsEnded", gone.len()).record(tx).await?;
                Ok(Some(gone))
            })
        })
        .await
        .map_err(ApiError::from)?;
    let Some(gone) = gone else { return Err(ErrorCode::StateConflict.into()) };
    ended(&app, gone);
    note.tell(&app).await;
    Ok(Json(Message { message: "Your password is changed; other sessions are ended.".to_owned() }))
}

/// A password that was chosen and typed twice alike.
pub(crate) fn chosen(password: &str, again: &str) -> ApiResult<Password> {
    let mut faults = Faults::default();
    let chosen = faults.check("newPassword", Password::choose(password));
    if chosen.is_some() && password != again {
        faults.add("confirmPassword", ErrorCode::PasswordsDontMatch);
    }
    faults.first()?;
    chosen.ok_or_else(|| refused("newPassword", ErrorCode::PasswordRequired))
}
