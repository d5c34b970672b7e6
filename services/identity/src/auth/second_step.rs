//! `POST /api/v1/auth/login/second-factor`: the second step of a login, for people who have switched it on.
//!
//! The ticket of the first step says that the password was right, and nothing else: it opens no other door, lives five
//! minutes, and is used up by the session it leads to. Wrong codes count per person, whatever tickets they come with.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gx_platform::App;
use gx_platform::auth::{Judged, Origin, Passed, Ticket};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::audit;
use gx_store::repo::{people, tickets};
use gx_types::api::identity::SessionGranted;
use gx_types::api::security::SecondFactorRequest;
use gx_types::{Actor, AuditEvent, ErrorCode, SecurityEvent, TicketPurpose};

use super::begin::begin;
use super::carry::Carried;
use super::login::failure_subject;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/auth/login/second-factor", "loginSecondFactor")
        .summary("Sign in: the second step")
        .description(
            "With the ticket that the login answered, and a code of the app or a backup code. Five wrong codes lock the \
             codes of the person for 15 minutes; backup codes have a lock of their own.",
        )
        .access(Access::Public)
        .limit(RateClass::Login)
        .body::<SecondFactorRequest>()
        .reply::<SessionGranted>(200, "Signed in")
        .errors(&[
            ErrorCode::TicketInvalid,
            ErrorCode::SecondFactorInvalid,
            ErrorCode::SecondFactorLocked,
            ErrorCode::AccountDisabled,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    origin: Origin,
    ApiJson(request): ApiJson<SecondFactorRequest>,
) -> ApiResult<Response> {
    let (reply, carried) = second_step(&app, &request, &origin).await?;
    Ok(carried.answer(Json(reply)))
}

/// Finishes a login.
///
/// # Errors
/// 400 for a ticket that is none any more and for a wrong code, 429 while codes are locked, 403 for an account that was
/// closed meanwhile.
pub async fn second_step(
    app: &App,
    request: &SecondFactorRequest,
    origin: &Origin,
) -> ApiResult<(SessionGranted, Carried)> {
    // 1. The ticket, and whose it is.
    let purpose = TicketPurpose::SecondStep;
    let hash = Ticket::presented(purpose, &request.ticket).ok_or(ErrorCode::TicketInvalid)?;
    let now = app.now();
    let ticket = tickets::find(app.store().read(), hash, purpose, now).await?.ok_or(ErrorCode::TicketInvalid)?;
    let Actor::Person(profile_id) = ticket.owner.0 else { return Err(ErrorCode::TicketInvalid.into()) };
    let person = people::find(app.store().read(), profile_id).await?.ok_or(ErrorCode::TicketInvalid)?;
    // The password was changed after the first step: whoever knew the old one starts again.
    if ticket.data != first_step_mark(&person.password_hash) {
        return Err(ErrorCode::TicketInvalid.into());
    }
    if !person.state().may_sign_in() {
        return Err(ErrorCode::AccountDisabled.into());
    }

    // 2. The code. It is spent with the ticket, or neither is.
    let (factors, code, actor) = (app.second_factors().clone(), request.code.clone(), ticket.owner.0);
    let used = app.security_note(SecurityEvent::BackupCodeUsed, profile_id, None);
    let locked = app.security_note(SecurityEvent::SecondFactorLocked, profile_id, None);
    let (used_note, locked_note) = (used.clone(), locked.clone());
    // The password was right, the code was not: whoever it was has not shown to be the person.
    let failed = app.person_entry(AuditEvent::PersonSignInFailed, Actor::Platform, profile_id).after("step", "code");
    let judged = app
        .store()
        .write(move |tx| {
            let (factors, code) = (factors.clone(), code.clone());
            let (used, locked, failed) = (used_note.clone(), locked_note.clone(), failed.clone());
            Box::pin(async move {
                let judged = factors.judge(tx, actor, &code).await?;
                match judged {
                    Judged::Passed(passed) => {
                        if tickets::take(tx, hash, purpose, now).await?.is_none() {
                            return Err(ApiError::new(ErrorCode::TicketInvalid));
                        }
                        if passed == Passed::BackupCode {
                            used.record(tx).await?;
                        }
                    }
                    Judged::Wrong(Some(_)) => locked.record(tx).await?,
                    Judged::Wrong(None) => {
                        audit::append(tx, failed).await?;
                    }
                    _ => {}
                }
                Ok(judged)
            })
        })
        .await?;
    match judged {
        Judged::Passed(Passed::BackupCode) => used.tell(app).await,
        Judged::Wrong(Some(_)) => locked.tell(app).await,
        _ => {}
    }
    // Switched off meanwhile: the first step alone would do now, so it is asked for again.
    if judged == Judged::Off {
        return Err(ErrorCode::TicketInvalid.into());
    }
    let passed = app.second_factors().answer(judged)?;

    // 3. The session.
    let subject = failure_subject(&person.email_normalised);
    begin(app, &person, request.transport, origin, subject, Some(passed)).await
}

/// Ties a ticket to the password that earned it.
pub(super) fn first_step_mark(password_hash: &str) -> String {
    gx_platform::sha256(password_hash.as_bytes()).to_string()
}
