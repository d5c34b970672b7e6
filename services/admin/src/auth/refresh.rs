//! `POST /api/v1/admin/auth/refresh`: new tokens for the newest refresh token of a session. An older one shows that two
//! parties hold the session's tokens, and nobody can tell which is the thief: the session ends.

use axum::Json;
use axum::extract::State;
use gx_base::limits::ACCESS_TOKEN_SECONDS;
use gx_platform::App;
use gx_platform::auth::{NewSession, Presented, idle_limit};
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiResult, Handled, RateClass, RateKey, Route, current_correlation,
};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::{admin_sessions, admins};
use gx_store::{Col, Tx};
use gx_types::api::identity::{RefreshRequest, TokenPair};
use gx_types::{Actor, AdminId, AuditEvent, AuditObject, ErrorCode, SessionTransport, Sha256Hex, Timestamp};

pub(crate) fn route() -> Handled {
    Route::post("/api/v1/admin/auth/refresh", "refreshAdminSession")
        .summary("Get new tokens")
        .description("A refresh token is good once. Presenting a spent one ends the session.")
        .access(Access::Public)
        .limit(RateClass::Refresh)
        .body::<RefreshRequest>()
        .reply::<TokenPair>(200, "New tokens; the one sent is spent")
        .errors(&[
            ErrorCode::Unauthorized,
            ErrorCode::SessionExpired,
            ErrorCode::SessionRevoked,
            ErrorCode::AccountDisabled,
        ])
        .handle(handle)
}

enum Outcome {
    Renewed(AdminId),
    Ended(ErrorCode),
    Refused(ErrorCode),
}

async fn handle(State(app): State<App>, ApiJson(request): ApiJson<RefreshRequest>) -> ApiResult<Json<TokenPair>> {
    let presented = Presented::parse(&request.refresh_token).ok_or(ErrorCode::Unauthorized)?;
    let now = app.now();
    let session_id = presented.session_id;
    app.limits().check(RateClass::Refresh, RateKey::Session(session_id)).await?;
    let renewed = NewSession::renew(session_id, SessionTransport::Token, &**app.entropy());
    let new_hash = renewed.refresh_hash();
    let outcome = app
        .store()
        .write(move |tx| {
            let presented = presented.clone();
            Box::pin(async move { renew(tx, &presented, new_hash, now).await })
        })
        .await?;
    match outcome {
        Outcome::Renewed(admin_id) => Ok(Json(TokenPair {
            access_token: app.auth().admin_token(admin_id, session_id).await?,
            refresh_token: renewed.secret.expose().to_owned(),
            expires_in: ACCESS_TOKEN_SECONDS,
        })),
        Outcome::Ended(code) => {
            app.auth().ended(session_id);
            if code == ErrorCode::SessionRevoked {
                tracing::warn!(%session_id, "a spent refresh token of an administrator was presented; its session was ended");
            }
            Err(code.into())
        }
        Outcome::Refused(code) => Err(code.into()),
    }
}

async fn renew(
    tx: &Tx,
    presented: &Presented,
    new_hash: Option<Sha256Hex>,
    now: Timestamp,
) -> Result<Outcome, ApiError> {
    let session_id = presented.session_id;
    let Some(mut row) = admin_sessions::lock(tx, session_id).await? else {
        return Ok(Outcome::Refused(ErrorCode::Unauthorized));
    };
    if row.transport != SessionTransport::Token {
        return Ok(Outcome::Refused(ErrorCode::Unauthorized));
    }
    if row.revoked_at.is_some() {
        return Ok(Outcome::Refused(ErrorCode::SessionRevoked));
    }
    if !presented.matches(row.refresh_hash.map(|hash| hash.0)) {
        admin_sessions::revoke(tx, session_id, "a spent refresh token was presented", now).await?;
        // Whoever it was: the session is all that is known of them.
        let entry = AuditEntry::new(
            AuditEvent::AdminTokenReused,
            Actor::Admin(row.admin_id.0),
            AuditObject::Session(session_id),
            current_correlation(),
            now,
        );
        audit::append(tx, entry).await?;
        return Ok(Outcome::Ended(ErrorCode::SessionRevoked));
    }
    let Some(admin) = admins::find(tx, row.admin_id.0).await?.filter(|admin| admin.is_active) else {
        admin_sessions::revoke(tx, session_id, "the account is disabled", now).await?;
        return Ok(Outcome::Ended(ErrorCode::AccountDisabled));
    };
    let idle = row.last_used_at.0.plus(idle_limit(admin.role.0));
    if row.expires_at.0 <= now || idle <= now {
        return Ok(Outcome::Refused(ErrorCode::SessionExpired));
    }
    // The session's end stays where it is: a day after it began.
    row.refresh_hash = new_hash.map(Col);
    row.rotations += 1;
    row.last_used_at = Col(now);
    admin_sessions::save(tx, row).await?;
    Ok(Outcome::Renewed(admin.admin_id.0))
}
