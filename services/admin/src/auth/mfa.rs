//! The second factor: the second step of a login, setting one up, switching it off.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gx_base::Secret;
use gx_base::limits::{ADMIN_LOGIN_FAILURES_MAX, ADMIN_LOGIN_LOCK_SECONDS};
use gx_platform::auth::{Admin, Judged, Origin, Passed, Ticket, attempt_turn};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route, current_correlation};
use gx_platform::{App, sha256};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::{admin_sessions, admins, sign_ins, tickets};
use gx_types::api::admin::{
    AdminBackupCodes, AdminMfaCode, AdminMfaDisable, AdminMfaSetup, AdminMfaVerify, AdminSessionGranted,
};
use gx_types::api::identity::Message;
use gx_types::{Actor, AuditEvent, AuditObject, ErrorCode, Sha256Hex, TicketPurpose};
use serde::{Deserialize, Serialize};

use super::begin::{begin, granted};
use super::login::{failure_subject, note_failure, typed};
use crate::command::Routes;

/// Longest token and code that are looked at, characters.
const TOKEN_CHARS_MAX: usize = 200;
const CODE_CHARS_MAX: usize = 32;

/// What the second step needs to know of the first.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct FirstStep {
    pub(super) transport: gx_types::SessionTransport,
    /// Marks the password that was right: a ticket ends with it.
    pub(super) password: Sha256Hex,
}

pub(super) fn routes() -> Routes {
    vec![verify_route(), setup_route(), enable_route(), disable_route()]
}

fn verify_route() -> Handled {
    Route::post("/api/v1/admin/auth/mfa/verify", "verifyAdminMfa")
        .summary("The second step of signing in")
        .description("A code of the app, or a backup code; each is good once. Five wrong ones lock for 30 minutes.")
        .access(Access::Public)
        .limit(RateClass::Login)
        .body::<AdminMfaVerify>()
        .reply::<AdminSessionGranted>(200, "Signed in")
        .errors(&[
            ErrorCode::Unauthorized,
            ErrorCode::SecondFactorInvalid,
            ErrorCode::SecondFactorLocked,
            ErrorCode::SecondFactorOff,
            ErrorCode::AccountDisabled,
        ])
        .handle(verify)
}

fn setup_route() -> Handled {
    Route::post("/api/v1/admin/auth/mfa/setup", "setUpAdminMfa")
        .summary("Begin to set up a second factor")
        .description("The secret is shown once; it counts when its first code is sent to `enable` within ten minutes.")
        .access(Access::AnyAdmin)
        .limit(RateClass::Login)
        .reply::<AdminMfaSetup>(200, "The secret, for an app")
        .errors(&[ErrorCode::SecondFactorOn, ErrorCode::SessionRevoked, ErrorCode::PasswordChangeRequired])
        .handle(set_up)
}

fn enable_route() -> Handled {
    Route::post("/api/v1/admin/auth/mfa/enable", "enableAdminMfa")
        .summary("Switch the second factor on with its first code")
        .access(Access::AnyAdmin)
        .limit(RateClass::Login)
        .body::<AdminMfaCode>()
        .reply::<AdminBackupCodes>(200, "It is on; the backup codes are shown once")
        .errors(&[
            ErrorCode::SecondFactorInvalid,
            ErrorCode::SecondFactorLocked,
            ErrorCode::SecondFactorOff,
            ErrorCode::SecondFactorOn,
            ErrorCode::PasswordChangeRequired,
        ])
        .handle(enable)
}

fn disable_route() -> Handled {
    Route::post("/api/v1/admin/auth/mfa/disable", "disableAdminMfa")
        .summary("Switch the second factor off")
        .description("Outside of devnet another must be set up before anything else can be done.")
        .access(Access::AnyAdmin)
        .limit(RateClass::Login)
        .body::<AdminMfaDisable>()
        .reply::<Message>(200, "It is off")
        .errors(&[
            ErrorCode::InvalidCredentials,
            ErrorCode::AccountLocked,
            ErrorCode::SecondFactorInvalid,
            ErrorCode::SecondFactorLocked,
            ErrorCode::SecondFactorOff,
        ])
        .handle(disable)
}

async fn verify(
    State(app): State<App>,
    origin: Origin,
    ApiJson(request): ApiJson<AdminMfaVerify>,
) -> ApiResult<Response> {
    let code = code_typed(&request.code)?;
    let now = app.now();
    if typed("mfaToken", &request.mfa_token)?.len() > TOKEN_CHARS_MAX {
        return Err(ApiError::field("mfaToken", ErrorCode::FieldInvalid, "This text is too long."));
    }
    let hash = Ticket::presented(TicketPurpose::SecondStep, &request.mfa_token).ok_or(ErrorCode::Unauthorized)?;
    let ticket = tickets::find(app.store().read(), hash, TicketPurpose::SecondStep, now).await?;
    let ticket = ticket.ok_or(ErrorCode::Unauthorized)?;
    let owner @ Actor::Admin(admin_id) = ticket.owner.0 else { return Err(ErrorCode::Unauthorized.into()) };
    let first: FirstStep = serde_json::from_str(&ticket.data).map_err(ApiError::internal)?;
    let admin = admins::find(app.store().read(), admin_id).await?.ok_or(ErrorCode::Unauthorized)?;
    if !admin.is_active {
        return Err(ErrorCode::AccountDisabled.into());
    }
    if first.password != sha256(admin.password_hash.as_bytes()) {
        return Err(ErrorCode::Unauthorized.into());
    }
    // A wrong code counts against the second factor, and leaves the ticket for another try.
    let (factors, correlation_id) = (app.second_factors().clone(), current_correlation());
    let judged = app
        .store()
        .write(move |tx| {
            let (factors, code) = (factors.clone(), code.clone());
            Box::pin(async move {
                let judged = factors.judge(tx, owner, code.expose()).await?;
                match judged {
                    Judged::Passed(_) => {
                        if tickets::take(tx, hash, TicketPurpose::SecondStep, now).await?.is_none() {
                            // Somebody was faster with the same ticket: nothing of this counts.
                            return Err(ApiError::new(ErrorCode::Unauthorized));
                        }
                    }
                    Judged::Wrong(locked) => {
                        note_failure(tx, Some(admin_id), locked.is_some(), correlation_id, now).await?;
                    }
                    Judged::Locked(_) | Judged::Off => {}
                }
                Ok(judged)
            })
        })
        .await?;
    let passed = app.second_factors().answer(judged)?;
    let session = begin(&app, &admin, first.transport, &origin, Some(passed)).await?;
    granted(&app, &session, &admin).await
}

async fn set_up(State(app): State<App>, admin: Admin) -> ApiResult<Json<AdminMfaSetup>> {
    own_password_first(&admin)?;
    let row = admins::find(app.store().read(), admin.admin_id).await?.ok_or(ErrorCode::SessionRevoked)?;
    let setup = app.second_factors().new_setup(admin.actor(), &row.username)?;
    let reply = AdminMfaSetup {
        secret: setup.secret.expose().to_owned(),
        uri: setup.uri.expose().to_owned(),
        qr_svg: setup.qr_svg.clone(),
    };
    let (factors, owner, setup) = (app.second_factors().clone(), admin.actor(), std::sync::Arc::new(setup));
    app.store()
        .write(move |tx| {
            let (factors, setup) = (factors.clone(), std::sync::Arc::clone(&setup));
            Box::pin(async move { factors.begin(tx, owner, &setup).await })
        })
        .await?;
    Ok(Json(reply))
}

async fn enable(
    State(app): State<App>,
    admin: Admin,
    ApiJson(request): ApiJson<AdminMfaCode>,
) -> ApiResult<Json<AdminBackupCodes>> {
    own_password_first(&admin)?;
    let code = code_typed(&request.code)?;
    let (factors, owner, session_id) = (app.second_factors().clone(), admin.actor(), admin.session_id);
    let codes = factors.new_backup_codes(owner);
    let backup_codes = codes.texts.clone();
    let (now, correlation_id) = (app.now(), current_correlation());
    let judged = app
        .store()
        .write(move |tx| {
            let (factors, code, codes) = (factors.clone(), code.clone(), codes.clone());
            Box::pin(async move {
                let judged = factors.confirm(tx, owner, code.expose().trim(), &codes).await?;
                if matches!(judged, Judged::Passed(_)) {
                    admin_sessions::mfa_verified(tx, session_id, now).await?;
                    let object = AuditObject::Session(session_id);
                    let entry = AuditEntry::new(AuditEvent::AdminMfaEnabled, owner, object, correlation_id, now);
                    audit::append(tx, entry).await?;
                }
                Ok::<_, ApiError>(judged)
            })
        })
        .await?;
    app.second_factors().answer(judged)?;
    // What is remembered of the session says that nothing was shown.
    app.auth().ended(session_id);
    Ok(Json(AdminBackupCodes { backup_codes }))
}

async fn disable(
    State(app): State<App>,
    admin: Admin,
    ApiJson(request): ApiJson<AdminMfaDisable>,
) -> ApiResult<Json<Message>> {
    let (password, code) = (typed("password", &request.password)?, code_typed(&request.code)?);
    // 1. The password, under the lock of the login.
    let row = admins::find(app.store().read(), admin.admin_id).await?.ok_or(ErrorCode::SessionRevoked)?;
    let subject = failure_subject(&row.username);
    let _turn = attempt_turn(subject).await;
    let (now, correlation_id, id) = (app.now(), current_correlation(), admin.admin_id);
    if let Some(until) = sign_ins::locked_until(app.store().read(), subject, now).await? {
        return Err(ApiError::new(ErrorCode::AccountLocked).with_retry_after(until.since(now)));
    }
    if !app.passwords().verify(Secret::new(password), Some(row.password_hash.clone())).await? {
        let window = Duration::from_secs(ADMIN_LOGIN_LOCK_SECONDS);
        app.store()
            .write(move |tx| {
                Box::pin(async move {
                    let locked = sign_ins::failed(tx, subject, now, ADMIN_LOGIN_FAILURES_MAX, window).await?;
                    note_failure(tx, Some(id), locked.is_some(), correlation_id, now).await
                })
            })
            .await
            .map_err(|error: gx_store::StoreError| ApiError::from(error))?;
        return Err(ErrorCode::InvalidCredentials.into());
    }
    // 2. The code; then it is gone, with its backup codes.
    let (factors, owner, session_id) = (app.second_factors().clone(), admin.actor(), admin.session_id);
    let judged = app
        .store()
        .write(move |tx| {
            let (factors, code) = (factors.clone(), code.clone());
            Box::pin(async move {
                let judged = factors.judge(tx, owner, code.expose()).await?;
                if matches!(judged, Judged::Passed(_)) {
                    factors.remove(tx, owner).await?;
                    admin_sessions::mfa_not_verified(tx, id).await?;
                    let object = AuditObject::Admin(id);
                    let entry = AuditEntry::new(AuditEvent::AdminMfaDisabled, owner, object, correlation_id, now);
                    audit::append(tx, entry).await?;
                }
                Ok::<_, ApiError>(judged)
            })
        })
        .await?;
    let _: Passed = app.second_factors().answer(judged)?;
    app.auth().ended(session_id);
    Ok(Json(Message { message: "Your second factor is off.".to_owned() }))
}

fn code_typed(text: &str) -> ApiResult<Secret> {
    let text = typed("code", text)?;
    if text.chars().count() > CODE_CHARS_MAX {
        return Err(ApiError::field("code", ErrorCode::FieldInvalid, "This text is too long."));
    }
    Ok(Secret::new(text))
}

/// Whoever still uses a password that somebody else knows must not bind their second factor to it.
fn own_password_first(admin: &Admin) -> ApiResult<()> {
    if admin.must_change_password { Err(ErrorCode::PasswordChangeRequired.into()) } else { Ok(()) }
}
