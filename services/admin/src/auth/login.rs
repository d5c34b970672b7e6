//! `POST /api/v1/admin/auth/login`.
//!
//! Tells nothing about who has an account: an unknown name takes as long as a known one, gets the same answer, and is
//! locked after the same number of failures. A disabled account is named only to who knows its password.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gx_base::Secret;
use gx_base::limits::{ACCESS_TOKEN_SECONDS, ADMIN_LOGIN_FAILURES_MAX, ADMIN_LOGIN_LOCK_SECONDS};
use gx_platform::auth::{Family, NewSession, Origin, attempt_turn, cookie_set};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_platform::{App, sha256};
use gx_store::Col;
use gx_store::repo::admin_sessions::{self, AdminSessionRow};
use gx_store::repo::admins::{self, Administrator};
use gx_store::repo::sign_ins;
use gx_types::api::admin::{AdminLoginRequest, AdminSessionGranted, AdminSummary};
use gx_types::{ErrorCode, SessionTransport, Sha256Hex};

use super::ends;

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
    let Some(admin) = admin.filter(|_| matches) else {
        let locked = app
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    sign_ins::delete_old(tx, now, WINDOW).await?;
                    sign_ins::failed(tx, subject, now, ADMIN_LOGIN_FAILURES_MAX, WINDOW).await
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

    // 4. The session.
    let session = NewSession::begin(request.transport.into(), &**app.clock(), &**app.entropy());
    let row = session_row(&session, &admin, &origin, now);
    let admin_id = admin.admin_id.0;
    app.store()
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                sign_ins::succeeded(tx, subject).await?;
                admins::signed_in(tx, admin_id, now).await?;
                admin_sessions::insert(tx, row).await
            })
        })
        .await
        .map_err(ApiError::from)?;
    granted(&app, &session, &admin).await
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

fn session_row(
    session: &NewSession,
    admin: &Administrator,
    origin: &Origin,
    now: gx_types::Timestamp,
) -> AdminSessionRow {
    AdminSessionRow {
        session_id: Col(session.session_id),
        admin_id: admin.admin_id,
        transport: Col(session.transport),
        refresh_hash: session.refresh_hash().map(Col),
        cookie_hash: session.cookie_hash().map(Col),
        csrf_hash: (session.transport == SessionTransport::Cookie).then_some(Col(session.csrf_hash)),
        rotations: 0,
        ip: origin.ip.clone(),
        user_agent: origin.user_agent.clone(),
        created_at: Col(now),
        last_used_at: Col(now),
        expires_at: Col(ends(now)),
        revoked_at: None,
        revoked_reason: None,
    }
}

async fn granted(app: &App, session: &NewSession, admin: &Administrator) -> ApiResult<Response> {
    let summary = AdminSummary {
        id: admin.admin_id.0,
        username: admin.username.clone(),
        display_name: admin.display_name.clone(),
        role: admin.role.0,
    };
    let secret = session.secret.expose().to_owned();
    match session.transport {
        SessionTransport::Token => Ok(Json(AdminSessionGranted {
            access_token: Some(app.auth().admin_token(admin.admin_id.0, session.session_id).await?),
            refresh_token: Some(secret),
            csrf_token: None,
            expires_in: ACCESS_TOKEN_SECONDS,
            admin: summary,
        })
        .into_response()),
        SessionTransport::Cookie => {
            let body = AdminSessionGranted {
                access_token: None,
                refresh_token: None,
                csrf_token: Some(session.csrf_token.expose().to_owned()),
                expires_in: super::SESSION_LIFE.as_secs(),
                admin: summary,
            };
            let mut response = Json(body).into_response();
            let https = app.settings().is_https();
            if let Some(cookie) = cookie_set(Family::Admin, &session.secret, super::SESSION_LIFE.as_secs(), https) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
    }
}
