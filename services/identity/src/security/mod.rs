//! How people protect their accounts: `/api/v1/security/*` and the passwords of `/api/v1/auth/password/*`.
//!
//! Everything that weakens an account asks for the password again, and for a code where two-step sign-in is on; wrong
//! ones count as they do at the login. Each change writes its notice in its own transaction and tells the person by mail
//! after it (see `gx_platform::SecurityNote`).

pub mod close;
pub mod contact;
pub mod forgot;
pub mod grant;
pub mod objection;
pub mod overview;
pub mod password;
pub mod pin;
pub mod sessions;
pub mod step_up_amount;
pub mod totp;

use gx_base::Secret;
use gx_platform::App;
use gx_platform::auth::{Person as Caller, attempt_turn};
use gx_platform::http::{ApiError, ApiResult};
use gx_store::repo::people::Person;
use gx_store::repo::{people, second_factors, sign_ins};
use gx_types::{Actor, ErrorCode, ProfileId, SessionId};

use crate::auth::login::{count_failure, failure_subject};
use crate::fields::Password;
use crate::refuse::refused;

/// What [`confirm_password`] and [`confirm_both`] can answer.
pub(crate) const CONFIRM_ERRORS: &[ErrorCode] = &[
    ErrorCode::PasswordRequired,
    ErrorCode::PasswordWrong,
    ErrorCode::AccountLocked,
    ErrorCode::SessionRevoked,
    ErrorCode::SecondFactorRequired,
    ErrorCode::SecondFactorInvalid,
    ErrorCode::SecondFactorLocked,
];

/// The person, if `typed` is their password. Wrong ones count as failed logins do, so that a stolen session is no way to
/// guess.
pub(crate) async fn confirm_password(
    app: &App,
    person: &Caller,
    typed: &str,
    field: &'static str,
) -> ApiResult<Person> {
    if typed.is_empty() {
        return Err(refused(field, ErrorCode::PasswordRequired));
    }
    let row = people::find(app.store().read(), person.profile_id).await?.ok_or(ErrorCode::SessionRevoked)?;
    let subject = failure_subject(&row.email_normalised);
    let _turn = attempt_turn(subject).await;
    let now = app.now();
    if let Some(until) = sign_ins::locked_until(app.store().read(), subject, now).await? {
        return Err(ApiError::new(ErrorCode::AccountLocked).with_retry_after(until.since(now)));
    }
    let password = Password::typed(typed);
    let secret = Secret::new(password.as_ref().map_or("longer than any password", Password::expose));
    let matches = app.passwords().verify(secret, Some(row.password_hash.clone())).await? && password.is_some();
    if !matches {
        count_failure(app, subject, Some(person.profile_id)).await?;
        return Err(refused(field, ErrorCode::PasswordWrong));
    }
    Ok(row)
}

/// As [`confirm_password`], and a code where two-step sign-in is on. The password comes first: a wrong one spends no
/// code.
pub(crate) async fn confirm_both(app: &App, person: &Caller, password: &str, code: Option<&str>) -> ApiResult<Person> {
    let row = confirm_password(app, person, password, "password").await?;
    if second_factors::is_on(app.store().read(), person.actor()).await? {
        let code = code.filter(|code| !code.trim().is_empty());
        let code = code.ok_or_else(|| refused("code", ErrorCode::SecondFactorRequired))?;
        app.prove_second_factor(person.profile_id, code).await?;
    }
    Ok(row)
}

/// Tells every process that sessions have ended.
pub(crate) fn ended(app: &App, sessions: impl IntoIterator<Item = SessionId>) {
    for session_id in sessions {
        app.auth().ended(session_id);
    }
}

/// Under whom second factors and tickets of a person lie.
pub(crate) const fn owner(profile_id: ProfileId) -> Actor {
    Actor::Person(profile_id)
}
