//! `POST /api/v1/auth/login`.
//!
//! Tells nothing about who has an account: an unknown address takes as long as a known one, gets the same answer, and is
//! locked after the same number of failures. A suspended or closed account is named only to who knows its password; so
//! is whether a second step follows.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gx_base::Secret;
use gx_base::limits::{LOGIN_FAILURES_MAX, LOGIN_LOCK_SECONDS, SECOND_STEP_SECONDS};
use gx_platform::auth::{Origin, Ticket, attempt_turn};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_platform::{App, sha256};
use gx_store::repo::{people, second_factors, sign_ins, tickets};
use gx_store::{StoreError, audit};
use gx_types::api::identity::{LoginRequest, SessionGranted};
use gx_types::api::security::SecondFactorNeeded;
use gx_types::{Actor, AuditEvent, ErrorCode, ProfileId, Sha256Hex, TicketPurpose};

use super::begin::begin;
use super::carry::Carried;
use super::second_step::first_step_mark;
use crate::fields::Password;
use crate::refuse::refused;

pub(crate) const WINDOW: Duration = Duration::from_secs(LOGIN_LOCK_SECONDS);

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/auth/login", "login")
        .summary("Sign in")
        .description(
            "transport token: access and refresh token in the body. transport cookie: an HttpOnly cookie and a csrfToken. \
             Five failures within 15 minutes lock the address for 15 minutes. For people with two-step sign-in the answer is \
             202 with a ticket for the second step.",
        )
        .access(Access::Public)
        .limit(RateClass::Login)
        .body::<LoginRequest>()
        .reply::<SessionGranted>(200, "Signed in")
        .reply::<SecondFactorNeeded>(202, "The password is right; a code comes next")
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
    Ok(match login(&app, &request, &origin).await? {
        LoggedIn::Granted(reply, carried) => carried.answer(Json(*reply)),
        LoggedIn::SecondFactor(needed) => (StatusCode::ACCEPTED, Json(needed)).into_response(),
    })
}

/// What a right password leads to.
pub enum LoggedIn {
    /// A session.
    Granted(Box<SessionGranted>, Carried),
    /// The second step.
    SecondFactor(SecondFactorNeeded),
}

/// Signs a person in.
///
/// # Errors
/// 401 when address and password do not belong together, 429 while locked, 403 for a suspended or closed account.
pub async fn login(app: &App, request: &LoginRequest, origin: &Origin) -> ApiResult<LoggedIn> {
    let address = request.email.trim().to_ascii_lowercase();
    if address.is_empty() {
        return Err(refused("email", ErrorCode::EmailRequired));
    }
    if request.password.is_empty() {
        return Err(refused("password", ErrorCode::PasswordRequired));
    }

    // 1. The lock, one attempt per address at a time.
    let subject = failure_subject(&address);
    let _turn = attempt_turn(subject).await;
    let now = app.now();
    if let Some(until) = sign_ins::locked_until(app.store().read(), subject, now).await? {
        return Err(ApiError::new(ErrorCode::AccountLocked).with_retry_after(until.since(now)));
    }

    // 2. The password, hashed also when there is nobody to compare it with.
    let person = people::by_email(app.store().read(), &address).await?;
    let hash = person.as_ref().map(|person| person.password_hash.clone());
    let known = person.as_ref().map(|person| person.profile_id.0);
    let typed = Password::typed(&request.password);
    let can_match = typed.is_some();
    let secret = Secret::new(typed.as_ref().map_or("longer than any password", Password::expose));
    let matches = app.passwords().verify(secret, hash).await? && can_match;
    let Some(person) = person.filter(|_| matches) else {
        count_failure(app, subject, known).await?;
        return Err(ErrorCode::InvalidCredentials.into());
    };
    if !person.state().may_sign_in() {
        return Err(ErrorCode::AccountDisabled.into());
    }

    // 3. The second step, for who has switched it on.
    let owner = Actor::Person(person.profile_id.0);
    if second_factors::is_on(app.store().read(), owner).await? {
        let life = Duration::from_secs(SECOND_STEP_SECONDS);
        let ticket = Ticket::new(TicketPurpose::SecondStep, owner, life, now, &**app.entropy())
            .with_data(first_step_mark(&person.password_hash));
        let row = ticket.row.clone();
        app.store()
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    sign_ins::succeeded(tx, subject).await?;
                    tickets::insert(tx, row).await
                })
            })
            .await
            .map_err(ApiError::from)?;
        return Ok(LoggedIn::SecondFactor(SecondFactorNeeded {
            ticket: ticket.text.expose().to_owned(),
            expires_in: SECOND_STEP_SECONDS,
        }));
    }

    // 4. The session.
    let (granted, carried) = begin(app, &person, request.transport, origin, subject, None).await?;
    Ok(LoggedIn::Granted(Box::new(granted), carried))
}

/// Under what failed logins with an address are counted.
pub(crate) fn failure_subject(address: &str) -> Sha256Hex {
    sha256(format!("person\n{address}").as_bytes())
}

/// Counts a wrong password. For an account that exists it is an entry in the audit chain; what strangers type into the
/// form is none, or anybody could fill the chain.
pub(crate) async fn count_failure(app: &App, subject: Sha256Hex, known: Option<ProfileId>) -> ApiResult<()> {
    let now = app.now();
    // Whoever it was has not shown to be the person.
    let entry = |event| known.map(|profile_id| app.person_entry(event, Actor::Platform, profile_id));
    let (failed, locked_out) = (entry(AuditEvent::PersonSignInFailed), entry(AuditEvent::PersonLockedOut));
    let locked = app
        .store()
        .write(move |tx| {
            let (failed, locked_out) = (failed.clone(), locked_out.clone());
            Box::pin(async move {
                let locked = sign_ins::failed(tx, subject, now, LOGIN_FAILURES_MAX, WINDOW).await?;
                if let Some(entry) = if locked.is_some() { locked_out } else { failed } {
                    audit::append(tx, entry).await?;
                }
                Ok::<_, StoreError>(locked)
            })
        })
        .await
        .map_err(ApiError::from)?;
    if locked.is_some() {
        tracing::warn!("an address is locked after too many failed logins");
    }
    Ok(())
}
