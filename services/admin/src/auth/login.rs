//! `POST /api/v1/admin/auth/login`.
//!
//! Tells nothing about who has an account: an unknown name takes as long as a known one, gets the same answer, and is
//! locked after the same number of failures. A disabled account is named only to who knows its password.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gx_base::Secret;
use gx_base::limits::{ADMIN_LOGIN_FAILURES_MAX, ADMIN_LOGIN_LOCK_SECONDS, SECOND_STEP_SECONDS};
use gx_platform::auth::{Origin, Ticket, attempt_turn};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route, current_correlation};
use gx_platform::{App, sha256};
use gx_store::Tx;
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::{admins, second_factors, sign_ins, tickets};
use gx_types::api::admin::{AdminLoginRequest, AdminSecondStep, AdminSessionGranted};
use gx_types::{
    Actor, AdminId, AuditEvent, AuditObject, CorrelationId, ErrorCode, Sha256Hex, TicketPurpose, Timestamp,
};

use super::begin::{begin, granted};
use super::mfa::FirstStep;

/// Failures within this time count together, and lock for as long.
const WINDOW: Duration = Duration::from_secs(ADMIN_LOGIN_LOCK_SECONDS);
/// Longest name and password that are looked at, characters.
const TYPED_CHARS_MAX: usize = 254;

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/admin/auth/login", "adminLogin")
        .summary("Sign in as an administrator")
        .description(
            "transport token: access and refresh token in the body. transport cookie: an HttpOnly cookie and a csrfToken. \
             Five failures within 30 minutes lock the name for 30 minutes.",
        )
        .access(Access::Public)
        .limit(RateClass::Login)
        .body::<AdminLoginRequest>()
        .reply::<AdminSessionGranted>(200, "Signed in")
        .reply::<AdminSecondStep>(202, "The password is right; a code comes next")
        .errors(&[ErrorCode::InvalidCredentials, ErrorCode::AccountLocked, ErrorCode::AccountDisabled])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    origin: Origin,
    ApiJson(request): ApiJson<AdminLoginRequest>,
) -> ApiResult<Response> {
    // 1. What was typed.
    let name = typed("username", &request.username)?.trim().to_lowercase();
    if name.is_empty() {
        return Err(ApiError::field("username", ErrorCode::FieldRequired, ErrorCode::FieldRequired.title()));
    }
    let password = Secret::new(typed("password", &request.password)?);
    if request.device_fingerprint.as_ref().is_some_and(|text| text.chars().count() > 200) {
        return Err(ApiError::field(
            "deviceFingerprint",
            ErrorCode::FieldInvalid,
            "This text has at most 200 characters.",
        ));
    }

    // 2. The lock, one attempt per account at a time. Both names of an account share its lock.
    let admin = admins::by_login(app.store().read(), &name).await?;
    let subject = admin.as_ref().map_or(name, |admin| admin.username.clone());
    let subject = failure_subject(&subject);
    let _turn = attempt_turn(subject).await;
    let now = app.now();
    if let Some(until) = sign_ins::locked_until(app.store().read(), subject, now).await? {
        return Err(ApiError::new(ErrorCode::AccountLocked).with_retry_after(until.since(now)));
    }

    // 3. The password, compared with a decoy when there is nobody.
    let hash = admin.as_ref().map(|admin| admin.password_hash.clone());
    let matches = app.passwords().verify(password, hash).await?;
    let correlation_id = current_correlation();
    let known = admin.as_ref().map(|admin| admin.admin_id.0);
    let Some(admin) = admin.filter(|_| matches) else {
        let locked = app
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    sign_ins::delete_old(tx, now, WINDOW).await?;
                    let locked = sign_ins::failed(tx, subject, now, ADMIN_LOGIN_FAILURES_MAX, WINDOW).await?;
                    note_failure(tx, known, locked.is_some(), correlation_id, now).await?;
                    Ok::<_, gx_store::StoreError>(locked)
                })
            })
            .await
            .map_err(ApiError::from)?;
        if locked.is_some() {
            tracing::warn!("an administrator's name is locked after too many failed logins");
        }
        return Err(ErrorCode::InvalidCredentials.into());
    };
    if !admin.is_active {
        return Err(ErrorCode::AccountDisabled.into());
    }

    // 4. The second step, for who has switched it on.
    let owner = Actor::Admin(admin.admin_id.0);
    let transport = request.transport.into();
    if second_factors::is_on(app.store().read(), owner).await? {
        let first = serde_json::to_string(&FirstStep { transport, password: sha256(admin.password_hash.as_bytes()) })
            .map_err(ApiError::internal)?;
        let life = Duration::from_secs(SECOND_STEP_SECONDS);
        let ticket = Ticket::new(TicketPurpose::SecondStep, owner, life, now, &**app.entropy()).with_data(first);
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
            .map_err(|error: gx_store::StoreError| ApiError::from(error))?;
        let step = AdminSecondStep {
            requires_mfa: true,
            mfa_method: "totp".to_owned(),
            mfa_token: ticket.text.expose().to_owned(),
            expires_in: SECOND_STEP_SECONDS,
        };
        return Ok((StatusCode::ACCEPTED, Json(step)).into_response());
    }

    // 5. The session.
    let session = begin(&app, &admin, transport, &origin, None).await?;
    granted(&app, &session, &admin).await
}

/// A failure of somebody who has an account. What strangers type into the form is no event: it would let anybody fill
/// the chain.
pub(super) async fn note_failure(
    tx: &Tx,
    admin: Option<AdminId>,
    locked: bool,
    correlation_id: CorrelationId,
    now: Timestamp,
) -> Result<(), gx_store::StoreError> {
    let Some(id) = admin else { return Ok(()) };
    let event = if locked { AuditEvent::AdminLockedOut } else { AuditEvent::AdminSignInFailed };
    // Whoever it was has not shown to be the administrator.
    audit::append(tx, AuditEntry::new(event, Actor::Platform, AuditObject::Admin(id), correlation_id, now)).await?;
    Ok(())
}

/// Under what failed attempts of an administrator are counted.
pub(super) fn failure_subject(username: &str) -> Sha256Hex {
    sha256(format!("admin\n{username}").as_bytes())
}

pub(super) fn typed(field: &'static str, text: &str) -> ApiResult<String> {
    if text.is_empty() {
        return Err(ApiError::field(field, ErrorCode::FieldRequired, ErrorCode::FieldRequired.title()));
    }
    if text.chars().count() > TYPED_CHARS_MAX {
        return Err(ApiError::field(field, ErrorCode::FieldInvalid, "This text is too long."));
    }
    Ok(text.to_owned())
}
