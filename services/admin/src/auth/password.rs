//! `POST /api/v1/admin/auth/password/change`: a password of one's own. It ends every other session, so that whoever knew
//! the old password is out; wrong guesses count as failed logins do.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use gx_base::Secret;
use gx_base::limits::{ADMIN_LOGIN_FAILURES_MAX, ADMIN_LOGIN_LOCK_SECONDS};
use gx_platform::App;
use gx_platform::auth::{Admin, PasswordRules, attempt_turn};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route, current_correlation};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::{admin_sessions, admins, sign_ins};
use gx_types::api::admin::ChangeAdminPasswordRequest;
use gx_types::api::identity::Message;
use gx_types::{AuditEvent, AuditObject, ErrorCode};

use super::login::{failure_subject, note_failure, typed};

/// Failures within this time count together, and lock for as long.
const WINDOW: Duration = Duration::from_secs(ADMIN_LOGIN_LOCK_SECONDS);

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/admin/auth/password/change", "changeAdminPassword")
        .summary("Choose a new password")
        .description("Ends every other session of the administrator. Wrong guesses count as failed logins do.")
        .access(Access::AnyAdmin)
        .limit(RateClass::Login)
        .body::<ChangeAdminPasswordRequest>()
        .reply::<Message>(200, "The password is changed")
        .errors(&[
            ErrorCode::InvalidCredentials,
            ErrorCode::AccountLocked,
            ErrorCode::PasswordPolicyViolation,
            ErrorCode::PasswordsDontMatch,
            ErrorCode::SessionRevoked,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    ApiJson(request): ApiJson<ChangeAdminPasswordRequest>,
) -> ApiResult<Json<Message>> {
    // 1. What was typed.
    let current = Secret::new(typed("currentPassword", &request.current_password)?);
    let new = chosen(&request)?;

    // 2. The present password, one attempt at a time, under the lock of the login.
    let row = admins::find(app.store().read(), admin.admin_id).await?.ok_or(ErrorCode::SessionRevoked)?;
    let subject = failure_subject(&row.username);
    let _turn = attempt_turn(subject).await;
    let now = app.now();
    if let Some(until) = sign_ins::locked_until(app.store().read(), subject, now).await? {
        return Err(ApiError::new(ErrorCode::AccountLocked).with_retry_after(until.since(now)));
    }
    let (who, correlation_id) = (admin.admin_id, current_correlation());
    let old_hash = row.password_hash.clone();
    if !app.passwords().verify(current, Some(old_hash.clone())).await? {
        app.store()
            .write(move |tx| {
                Box::pin(async move {
                    let locked = sign_ins::failed(tx, subject, now, ADMIN_LOGIN_FAILURES_MAX, WINDOW).await?;
                    note_failure(tx, Some(who), locked.is_some(), correlation_id, now).await
                })
            })
            .await
            .map_err(|error: gx_store::StoreError| ApiError::from(error))?;
        return Err(ApiError::new(ErrorCode::InvalidCredentials).with_detail("this is not your present password"));
    }

    // 3. The new one, and the end of every other session.
    let new_hash = app.passwords().hash(new).await?;
    let (admin_id, session_id) = (admin.admin_id, admin.session_id);
    let actor = admin.actor();
    let ended = app
        .store()
        .write(move |tx| {
            let (old_hash, new_hash) = (old_hash.clone(), new_hash.clone());
            Box::pin(async move {
                if !admins::change_password(tx, admin_id, &old_hash, &new_hash, now).await? {
                    return Ok(None);
                }
                sign_ins::succeeded(tx, subject).await?;
                let reason = "the password was changed";
                let ended = admin_sessions::revoke_others(tx, admin_id, session_id, reason, now).await?;
                let object = AuditObject::Admin(admin_id);
                let entry = AuditEntry::new(AuditEvent::AdminPasswordChanged, actor, object, correlation_id, now)
                    .after("sessionsEnded", ended.len());
                audit::append(tx, entry).await?;
                Ok(Some(ended))
            })
        })
        .await
        .map_err(|error: gx_store::StoreError| ApiError::from(error))?;
    let Some(ended) = ended else { return Err(ErrorCode::StateConflict.into()) };
    for session in ended.into_iter().chain([session_id]) {
        app.auth().ended(session);
    }
    tracing::info!(%admin_id, "an administrator has changed their password");
    Ok(Json(Message { message: "Your password is changed; other sessions are ended.".to_owned() }))
}

/// The new password, if it meets the rules and was typed twice alike; otherwise all that is wrong with it.
fn chosen(request: &ChangeAdminPasswordRequest) -> ApiResult<Secret> {
    let rule = broken_rule(request);
    let mut refusal = match &rule {
        Some(rule) => {
            let code = ErrorCode::PasswordPolicyViolation;
            ApiError::new(code).with_detail(rule.clone()).with_field("newPassword", code, rule.clone())
        }
        None => ApiError::new(ErrorCode::PasswordsDontMatch),
    };
    let alike = request.new_password == request.confirm_password;
    if !alike {
        let code = ErrorCode::PasswordsDontMatch;
        refusal = refusal.with_field("confirmPassword", code, code.title());
    }
    if rule.is_some() || !alike {
        return Err(refusal);
    }
    Ok(Secret::new(&request.new_password))
}

fn broken_rule(request: &ChangeAdminPasswordRequest) -> Option<String> {
    match PasswordRules::ADMIN.broken(&request.new_password) {
        Some(fault) => Some(PasswordRules::ADMIN.told(fault)),
        None if request.new_password == request.current_password => Some("It is the present one.".to_owned()),
        None => None,
    }
}
