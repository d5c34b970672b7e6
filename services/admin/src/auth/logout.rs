//! `POST /api/v1/admin/auth/logout`: ends the session of the request.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gx_platform::App;
use gx_platform::auth::{Admin, Family, cookie_cleared};
use gx_platform::http::{Access, ApiError, ApiResult, Handled, RateClass, Route, current_correlation};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::admin_sessions;
use gx_types::api::identity::Message;
use gx_types::{AuditEvent, AuditObject, ErrorCode};

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/admin/auth/logout", "adminLogout")
        .summary("Sign out")
        .access(Access::AnyAdmin)
        .limit(RateClass::Login)
        .reply::<Message>(200, "Signed out")
        .errors(&[ErrorCode::SessionRevoked])
        .handle(handle)
}

async fn handle(State(app): State<App>, admin: Admin) -> ApiResult<Response> {
    let (session_id, now) = (admin.session_id, app.now());
    let (actor, correlation_id) = (admin.actor(), current_correlation());
    app.store()
        .write(move |tx| {
            Box::pin(async move {
                if admin_sessions::revoke(tx, session_id, "signed out", now).await? {
                    let object = AuditObject::Session(session_id);
                    let entry = AuditEntry::new(AuditEvent::AdminSignedOut, actor, object, correlation_id, now);
                    audit::append(tx, entry).await?;
                }
                Ok(())
            })
        })
        .await
        .map_err(|error: gx_store::StoreError| ApiError::from(error))?;
    app.auth().ended(session_id);
    let mut response = Json(Message { message: "You are signed out.".to_owned() }).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie_cleared(Family::Admin));
    Ok(response)
}
