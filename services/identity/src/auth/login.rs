//! `POST /api/v1/auth/login`.
//!
//! Tells nothing about who has an account: an unknown address takes as long as a known one, gets the same answer, and is
//! locked after the same number of failures. A suspended or closed account is named only to who knows its password.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gx_base::Secret;
use gx_base::limits::{LOGIN_FAILURES_MAX, LOGIN_LOCK_SECONDS};
use gx_platform::auth::{NewSession, Origin, attempt_turn};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_platform::{App, sha256};
use gx_store::repo::{people, sessions, sign_ins};
use gx_types::ErrorCode;
use gx_types::api::identity::{LoginRequest, SessionGranted};

use super::carry::{Carried, carry, session_row};
use crate::fields::Password;
use crate::refuse::refused;
use crate::users::summary;

const WINDOW: Duration = Duration::from_secs(LOGIN_LOCK_SECONDS);

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/auth/login", "login")
        .summary("Sign in")
        .description(
            "transport token: access and refresh token in the body. transport cookie: an HttpOnly cookie and a csrfToken. \
             Five failures within 15 minutes lock the address for 15 minutes.",
        )
        .access(Access::Public)
        .limit(RateClass::Login)
        .body::<LoginRequest>()
        .reply::<SessionGranted>(200, "Signed in")
        .errors(&[
            ErrorCode::EmailRequired,
            ErrorCode::PasswordRequired,
            ErrorCode::InvalidCredentials,
            ErrorCode::AccountLocked,
            ErrorCode::AccountDisabled,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    origin: Origin,
    ApiJson(request): ApiJson<LoginRequest>,
) -> ApiResult<Response> {
    let (reply, carried) = login(&app, &request, &origin).await?;
    Ok(carried.answer(Json(reply)))
}

/// Signs a person in.
///
/// # Errors
/// 401 when address and password do not belong together, 429 while locked, 403 for a suspended or closed account.
pub async fn login(app: &App, request: &LoginRequest, origin: &Origin) -> ApiResult<(SessionGranted, Carried)> {
    let address = request.email.trim().to_ascii_lowercase();
    if address.is_empty() {
        return Err(refused("email", ErrorCode::EmailRequired));
    }
    if request.password.is_empty() {
        return Err(refused("password", ErrorCode::PasswordRequired));
    }

    // 1. The lock, one attempt per address at a time.
    let subject = sha256(format!("person\n{address}").as_bytes());
    let _turn = attempt_turn(subject).await;
    let now = app.now();
    if let Some(until) = sign_ins::locked_until(app.store().read(), subject, now).await? {
        return Err(ApiError::new(ErrorCode::AccountLocked).with_retry_after(until.since(now)));
    }

    // 2. The password, hashed also when there is nobody to compare it with.
    let person = people::by_email(app.store().read(), &address).await?;
    let hash = person.as_ref().map(|person| person.password_hash.clone());
    let typed = Password::typed(&request.password);
    let can_match = typed.is_some();
    let secret = Secret::new(typed.as_ref().map_or("longer than any password", Password::expose));
    let matches = app.passwords().verify(secret, hash).await? && can_match;
    let Some(person) = person.filter(|_| matches) else {
        let locked = app
            .store()
            .write(move |tx| {
                Box::pin(async move { sign_ins::failed(tx, subject, now, LOGIN_FAILURES_MAX, WINDOW).await })
            })
            .await
            .map_err(ApiError::from)?;
        if locked.is_some() {
            tracing::warn!("an address is locked after too many failed logins");
        }
        return Err(ErrorCode::InvalidCredentials.into());
    };
    if !person.state().may_sign_in() {
        return Err(ErrorCode::AccountDisabled.into());
    }

    // 3. The session.
    let profile_id = person.profile_id.0;
    let session = NewSession::begin(request.transport.into(), &**app.clock(), &**app.entropy());
    let row = session_row(&session, profile_id, origin, now);
    app.store()
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                sign_ins::succeeded(tx, subject).await?;
                people::signed_in(tx, profile_id, now).await?;
                sessions::insert(tx, row).await
            })
        })
        .await
        .map_err(ApiError::from)?;
    let carried = carry(app, &session, profile_id).await?;
    let granted = SessionGranted {
        access_token: carried.access_token.clone(),
        refresh_token: carried.refresh_token.clone(),
        csrf_token: carried.csrf_token.clone(),
        expires_in: carried.expires_in,
        user: summary(&person),
    };
    Ok((granted, carried))
}
