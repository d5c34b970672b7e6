//! The session that a login begins, and its answer.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gx_base::limits::ACCESS_TOKEN_SECONDS;
use gx_platform::App;
use gx_platform::auth::{Family, NewSession, Origin, Passed, cookie_set};
use gx_platform::http::{ApiError, ApiResult, current_correlation};
use gx_store::Col;
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::admin_sessions::{self, AdminSessionRow};
use gx_store::repo::admins::{self, Administrator};
use gx_store::repo::sign_ins;
use gx_types::api::admin::{AdminSessionGranted, AdminSummary};
use gx_types::{Actor, AuditEvent, AuditObject, SessionTransport, Timestamp};

use super::ends;
use super::login::failure_subject;

/// Begins a session of an administrator who has shown password and, where there is one, second factor.
pub(super) async fn begin(
    app: &App,
    admin: &Administrator,
    transport: SessionTransport,
    origin: &Origin,
    second_factor: Option<Passed>,
) -> ApiResult<NewSession> {
    let now = app.now();
    let session = NewSession::begin(transport, &**app.clock(), &**app.entropy());
    let row = session_row(&session, admin, origin, second_factor.is_some(), now);
    let (admin_id, correlation_id) = (admin.admin_id.0, current_correlation());
    let subject = failure_subject(&admin.username);
    let shown = match second_factor {
        None => "none",
        Some(Passed::Totp) => "code",
        Some(Passed::BackupCode) => "backup code",
    };
    app.store()
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                sign_ins::succeeded(tx, subject).await?;
                admins::signed_in(tx, admin_id, now).await?;
                let object = AuditObject::Session(row.session_id.0);
                admin_sessions::insert(tx, row).await?;
                let entry =
                    AuditEntry::new(AuditEvent::AdminSignedIn, Actor::Admin(admin_id), object, correlation_id, now)
                        .after("secondFactor", shown);
                audit::append(tx, entry).await
            })
        })
        .await
        .map_err(|error: gx_store::StoreError| ApiError::from(error))?;
    Ok(session)
}

fn session_row(
    session: &NewSession,
    admin: &Administrator,
    origin: &Origin,
    mfa_verified: bool,
    now: Timestamp,
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
        mfa_verified_at: mfa_verified.then_some(Col(now)),
    }
}

/// The answer to a login that succeeded.
pub(super) async fn granted(app: &App, session: &NewSession, admin: &Administrator) -> ApiResult<Response> {
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
