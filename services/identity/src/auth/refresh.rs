//! `POST /api/v1/auth/refresh`: new tokens for the newest refresh token of a session. An older one shows that two
//! parties hold the session's tokens, and nobody can tell which is the thief: the session ends, and its owner is told.

use axum::Json;
use axum::extract::State;
use gx_base::limits::ACCESS_TOKEN_SECONDS;
use gx_platform::auth::{NewSession, Origin, Presented};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, RateKey, Route};
use gx_platform::{App, SecurityNote};
use gx_store::Col;
use gx_store::repo::{people, sessions};
use gx_types::api::identity::{RefreshRequest, TokenPair};
use gx_types::{ErrorCode, ProfileId, SecurityEvent, SessionTransport};

use super::carry::ends;
use gx_platform::auth::device::described;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/auth/refresh", "refreshSession")
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

async fn handle(
    State(app): State<App>,
    origin: Origin,
    ApiJson(request): ApiJson<RefreshRequest>,
) -> ApiResult<Json<TokenPair>> {
    refresh(&app, &request, &origin).await.map(Json)
}

enum Outcome {
    Renewed(ProfileId),
    Reused(Box<SecurityNote>),
    Ended(ErrorCode),
    Refused(ErrorCode),
}

/// Renews a session.
///
/// # Errors
/// 401 for a token that is none, spent, expired or revoked; 403 for a suspended or closed account.
pub async fn refresh(app: &App, request: &RefreshRequest, origin: &Origin) -> ApiResult<TokenPair> {
    let presented = Presented::parse(&request.refresh_token).ok_or(ErrorCode::Unauthorized)?;
    let now = app.now();
    let session_id = presented.session_id;
    app.limits().check(RateClass::Refresh, RateKey::Session(session_id)).await?;
    let renewed = NewSession::renew(session_id, SessionTransport::Token, &**app.entropy());
    let new_hash = renewed.refresh_hash();
    let presenter = described(origin);
    let held = app.clone();
    let outcome = app
        .store()
        .write(move |tx| {
            let (app, presented, presenter) = (held.clone(), presented.clone(), presenter.clone());
            Box::pin(async move {
                let Some(mut row) = sessions::lock(tx, session_id).await? else {
                    return Ok(Outcome::Refused(ErrorCode::Unauthorized));
                };
                if row.transport != SessionTransport::Token {
                    return Ok(Outcome::Refused(ErrorCode::Unauthorized));
                }
                if row.revoked_at.is_some() {
                    return Ok(Outcome::Refused(ErrorCode::SessionRevoked));
                }
                if row.expires_at.0 <= now {
                    return Ok(Outcome::Refused(ErrorCode::SessionExpired));
                }
                if !presented.matches(row.refresh_hash.map(|hash| hash.0)) {
                    sessions::revoke(tx, session_id, "a spent refresh token was presented", now).await?;
                    let event = SecurityEvent::SessionFamilyEnded;
                    let note = app.security_note(event, row.profile_id.0, Some(presenter)).after("session", session_id);
                    note.record(tx).await?;
                    return Ok(Outcome::Reused(Box::new(note)));
                }
                let profile_id = row.profile_id.0;
                let person = people::find(tx, profile_id).await?;
                if !person.is_some_and(|person| person.state().may_sign_in()) {
                    sessions::revoke(tx, session_id, "the account is suspended or closed", now).await?;
                    return Ok(Outcome::Ended(ErrorCode::AccountDisabled));
                }
                row.refresh_hash = new_hash.map(Col);
                row.rotations += 1;
                row.last_used_at = Col(now);
                row.expires_at = Col(ends(now));
                sessions::save(tx, row).await?;
                Ok::<_, ApiError>(Outcome::Renewed(profile_id))
            })
        })
        .await?;
    match outcome {
        Outcome::Renewed(profile_id) => Ok(TokenPair {
            access_token: app.auth().person_token(profile_id, session_id).await?,
            refresh_token: renewed.secret.expose().to_owned(),
            expires_in: ACCESS_TOKEN_SECONDS,
        }),
        Outcome::Reused(note) => {
            app.auth().ended(session_id);
            tracing::warn!(%session_id, "a spent refresh token was presented; its session was ended");
            note.tell(app).await;
            Err(ErrorCode::SessionRevoked.into())
        }
        Outcome::Ended(code) => {
            app.auth().ended(session_id);
            Err(code.into())
        }
        Outcome::Refused(code) => Err(code.into()),
    }
}
