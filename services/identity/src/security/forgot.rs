//! `POST /api/v1/auth/password/forgot` and `…/reset`: a new password by mail.
//!
//! The first answers the same whatever is typed, at once: what there is to do is done after the answer. The mail carries
//! a token that is good once, for half an hour; a newer one ends it. Setting the password ends every session and lifts
//! the login's lock. Two-step sign-in stays on: who reads the mail is not therefore the person.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gx_base::Secret;
use gx_base::limits::PASSWORD_RESET_SECONDS;
use gx_platform::auth::Ticket;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_platform::{App, MailMessage};
use gx_store::StoreError;
use gx_store::repo::{people, person_security, sessions, sign_ins, tickets};
use gx_types::api::identity::Message;
use gx_types::api::security::{ForgotPasswordRequest, ResetPasswordRequest};
use gx_types::{Actor, ErrorCode, SecurityEvent, TicketPurpose};

use super::password::{CHOICE_ERRORS, chosen};
use super::{ended, owner};
use crate::auth::login::failure_subject;
use crate::fields::Email;
use crate::refuse::refused;

/// Mails to one address, at most one in this time.
const MAIL_EVERY: Duration = Duration::from_secs(60);

/// Declares asking for the mail.
pub(crate) fn forgot_route() -> Handled {
    Route::post("/api/v1/auth/password/forgot", "forgotPassword")
        .summary("Ask for a mail with the way to a new password")
        .description("Answers the same for every address, known or not. At most one mail a minute goes to one account.")
        .access(Access::Public)
        .limit(RateClass::CodeSend)
        .body::<ForgotPasswordRequest>()
        .reply::<Message>(202, "If the address has an account, a mail is on its way")
        .errors(&[ErrorCode::EmailRequired, ErrorCode::EmailInvalidFormat])
        .handle(forgot)
}

/// Declares setting the password.
pub(crate) fn reset_route() -> Handled {
    Route::post("/api/v1/auth/password/reset", "resetPassword")
        .summary("Set a new password with the token of the mail")
        .description("Ends every session. Two-step sign-in stays as it is.")
        .access(Access::Public)
        .limit(RateClass::CodeCheck)
        .body::<ResetPasswordRequest>()
        .reply::<Message>(200, "The password is set; sign in with it")
        .errors(CHOICE_ERRORS)
        .errors(&[ErrorCode::TicketInvalid])
        .handle(reset)
}

async fn forgot(
    State(app): State<App>,
    ApiJson(request): ApiJson<ForgotPasswordRequest>,
) -> ApiResult<(StatusCode, Json<Message>)> {
    // The form of an address tells nothing about who has it.
    let address = Email::parse(&request.email).map_err(|code| refused("email", code))?.normalised;
    // After the answer, so that its time tells nothing about who has an account.
    tokio::spawn(async move {
        if let Err(error) = send(&app, &address).await {
            tracing::warn!(code = error.code().as_str(), "a mail for a new password could not be sent");
        }
    });
    let message = "If this address has an account, a mail is on its way to it.".to_owned();
    Ok((StatusCode::ACCEPTED, Json(Message { message })))
}

async fn send(app: &App, address: &str) -> ApiResult<()> {
    let Some(person) = people::by_email(app.store().read(), address).await? else { return Ok(()) };
    if !person.state().may_sign_in() {
        return Ok(());
    }
    let (purpose, owner, now) = (TicketPurpose::PasswordReset, owner(person.profile_id.0), app.now());
    let ticket = Ticket::new(purpose, owner, Duration::from_secs(PASSWORD_RESET_SECONDS), now, &**app.entropy());
    let row = ticket.row.clone();
    let is_first = app
        .store()
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                let newest = tickets::newest(tx, owner, purpose).await?;
                if newest.is_some_and(|row| now.since(row.created_at.0) < MAIL_EVERY) {
                    return Ok::<_, StoreError>(false);
                }
                tickets::take_back(tx, owner, purpose).await?;
                tickets::insert(tx, row).await?;
                Ok(true)
            })
        })
        .await
        .map_err(ApiError::from)?;
    if is_first {
        app.mail().send(&letter(app, person.email, ticket.text.expose())).await?;
    }
    Ok(())
}

fn letter(app: &App, to: String, token: &str) -> MailMessage {
    let wallet = app.settings().public_url.trim_end_matches('/');
    let text = format!(
        "Somebody, we hope you, asked for a new password for your GX account. This way to it is good once, for half an \
         hour:\n\n{wallet}/reset?token={token}\n\nIf it was not you, there is nothing to do: your password stays as it \
         is.\nNobody from GX will ever ask you for this link.\n"
    );
    MailMessage { to, subject: "Your new GX password".to_owned(), text }
}

async fn reset(State(app): State<App>, ApiJson(request): ApiJson<ResetPasswordRequest>) -> ApiResult<Json<Message>> {
    // 1. The token, before anything costs time; it is taken below.
    let purpose = TicketPurpose::PasswordReset;
    let hash = Ticket::presented(purpose, &request.token).ok_or(ErrorCode::TicketInvalid)?;
    let now = app.now();
    let ticket = tickets::find(app.store().read(), hash, purpose, now).await?.ok_or(ErrorCode::TicketInvalid)?;
    let Actor::Person(profile_id) = ticket.owner.0 else { return Err(ErrorCode::TicketInvalid.into()) };
    let chosen = chosen(&request.new_password, &request.confirm_password)?;
    let new_hash = app.passwords().hash(Secret::new(chosen.expose())).await?;

    // 2. Token, password, lock and sessions together.
    let note = app.security_note(SecurityEvent::PasswordReset, profile_id, None);
    let recorded = note.clone();
    let gone = app
        .store()
        .write(move |tx| {
            let (new_hash, note) = (new_hash.clone(), recorded.clone());
            Box::pin(async move {
                let person = people::lock(tx, profile_id).await?;
                let taken = tickets::take(tx, hash, purpose, now).await?;
                let Some(mut person) = person.filter(|person| taken.is_some() && person.state().may_sign_in()) else {
                    return Err(ApiError::new(ErrorCode::TicketInvalid));
                };
                let subject = failure_subject(&person.email_normalised);
                person.password_hash = new_hash;
                person.updated_at = now.into();
                people::save(tx, person).await?;
                person_security::change(tx, profile_id, now, |row| row.password_changed_at = Some(now.into())).await?;
                sign_ins::succeeded(tx, subject).await?;
                let gone = sessions::revoke_all(tx, profile_id, None, "the password was reset", now).await?;
                note.after("sessionsEnded", gone.len()).record(tx).await?;
                Ok(gone)
            })
        })
        .await?;
    ended(&app, gone);
    note.tell(&app).await;
    Ok(Json(Message { message: "Your new password is set. Sign in with it.".to_owned() }))
}
