//! One's own sessions: which there are, ending one, ending all others.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Admin;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, RateClass, Route, current_correlation};
use gx_store::StoreError;
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::admin_sessions;
use gx_types::api::admin::{AdminSessionView, AdminSessions, AdminSessionsEnded};
use gx_types::api::identity::Message;
use gx_types::{AuditEvent, AuditObject, ErrorCode, SessionId};

use crate::command::Routes;

pub(super) fn routes() -> Routes {
    vec![
        Route::get("/api/v1/admin/auth/sessions", "listAdminSessions")
            .summary("One's own sessions, the newest first")
            .access(Access::AnyAdmin)
            .reply::<AdminSessions>(200, "The sessions")
            .errors(&[ErrorCode::SessionRevoked])
            .handle(list),
        Route::delete("/api/v1/admin/auth/sessions/{sessionId}", "endAdminSession")
            .summary("End one of one's own sessions")
            .access(Access::AnyAdmin)
            .limit(RateClass::Write)
            .param::<SessionId>("sessionId", "The session; the present one is ended by signing out")
            .reply::<Message>(200, "It has ended")
            .errors(&[ErrorCode::StateConflict])
            .handle(end),
        Route::post("/api/v1/admin/auth/logout-all", "endOtherAdminSessions")
            .summary("End all other sessions of one's own")
            .access(Access::AnyAdmin)
            .limit(RateClass::Write)
            .reply::<AdminSessionsEnded>(200, "They have ended")
            .errors(&[ErrorCode::SessionRevoked])
            .handle(end_others),
    ]
}

async fn list(State(app): State<App>, admin: Admin) -> ApiResult<Json<AdminSessions>> {
    let rows = admin_sessions::open_of(app.store().read(), admin.admin_id, app.now()).await?;
    let sessions = rows
        .into_iter()
        .map(|row| AdminSessionView {
            id: row.session_id.0,
            current: row.session_id == admin.session_id,
            transport: row.transport.0,
            ip: row.ip,
            user_agent: row.user_agent,
            second_factor: row.mfa_verified_at.is_some(),
            created_at: row.created_at.0,
            last_used_at: row.last_used_at.0,
            expires_at: row.expires_at.0,
        })
        .collect();
    Ok(Json(AdminSessions { sessions }))
}

async fn end(
    State(app): State<App>,
    admin: Admin,
    ApiPath(session_id): ApiPath<SessionId>,
) -> ApiResult<Json<Message>> {
    if session_id == admin.session_id {
        return Err(ApiError::new(ErrorCode::StateConflict).with_detail("sign out to end the present session"));
    }
    let (id, actor, now, correlation_id) = (admin.admin_id, admin.actor(), app.now(), current_correlation());
    let ended = app
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let row = admin_sessions::lock(tx, session_id).await?.filter(|row| row.admin_id == id);
                if row.is_none() || !admin_sessions::revoke(tx, session_id, "ended by its owner", now).await? {
                    return Ok(false);
                }
                let object = AuditObject::Session(session_id);
                let entry = AuditEntry::new(AuditEvent::AdminSignedOut, actor, object, correlation_id, now);
                audit::append(tx, entry).await?;
                Ok::<_, StoreError>(true)
            })
        })
        .await?;
    if !ended {
        return Err(ApiError::not_found());
    }
    app.auth().ended(session_id);
    Ok(Json(Message { message: "The session has ended.".to_owned() }))
}

async fn end_others(State(app): State<App>, admin: Admin) -> ApiResult<Json<AdminSessionsEnded>> {
    let (id, kept, now) = (admin.admin_id, admin.session_id, app.now());
    let (actor, correlation_id) = (admin.actor(), current_correlation());
    let ended = app
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let ended = admin_sessions::revoke_others(tx, id, kept, "ended by its owner", now).await?;
                for session in &ended {
                    let object = AuditObject::Session(*session);
                    let entry = AuditEntry::new(AuditEvent::AdminSignedOut, actor, object, correlation_id, now);
                    audit::append(tx, entry).await?;
                }
                Ok::<_, StoreError>(ended)
            })
        })
        .await?;
    let revoked_count = ended.len() as u64;
    for session in ended {
        app.auth().ended(session);
    }
    Ok(Json(AdminSessionsEnded { revoked_count }))
}
