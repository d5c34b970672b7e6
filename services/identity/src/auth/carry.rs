//! How a new session reaches its owner: tokens in the body, or a cookie with a CSRF token.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use gx_base::limits::{ACCESS_TOKEN_SECONDS, REFRESH_TOKEN_SECONDS};
use gx_platform::App;
use gx_platform::auth::{Family, NewSession, Origin, cookie_set};
use gx_platform::http::ApiResult;
use gx_store::Col;
use gx_store::repo::sessions::Session;
use gx_types::{ProfileId, SessionTransport, Timestamp};

/// What the owner of a new session gets.
pub struct Carried {
    /// Access token (transport `token`).
    pub access_token: Option<String>,
    /// Refresh token (transport `token`).
    pub refresh_token: Option<String>,
    /// CSRF token (transport `cookie`).
    pub csrf_token: Option<String>,
    /// Life of the access token, seconds.
    pub expires_in: u64,
    cookie: Option<HeaderValue>,
}

impl Carried {
    /// The answer with the cookie, if there is one.
    pub(crate) fn answer(self, body: impl IntoResponse) -> Response {
        let mut response = body.into_response();
        if let Some(cookie) = self.cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// The row of a new session.
pub(crate) fn session_row(session: &NewSession, profile_id: ProfileId, origin: &Origin, now: Timestamp) -> Session {
    Session {
        session_id: Col(session.session_id),
        profile_id: Col(profile_id),
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
        device_name: None,
    }
}

/// When a session that is begun or refreshed at `now` ends.
pub(crate) fn ends(now: Timestamp) -> Timestamp {
    now.plus(Duration::from_secs(REFRESH_TOKEN_SECONDS))
}

/// Hands a session over. Call it after its row is written.
pub(crate) async fn carry(app: &App, session: &NewSession, profile_id: ProfileId) -> ApiResult<Carried> {
    let mut carried = Carried {
        access_token: None,
        refresh_token: None,
        csrf_token: None,
        expires_in: ACCESS_TOKEN_SECONDS,
        cookie: None,
    };
    match session.transport {
        SessionTransport::Token => {
            carried.access_token = Some(app.auth().person_token(profile_id, session.session_id).await?);
            carried.refresh_token = Some(session.secret.expose().to_owned());
        }
        SessionTransport::Cookie => {
            let https = app.settings().public_url.starts_with("https://");
            carried.cookie = cookie_set(Family::Person, &session.secret, REFRESH_TOKEN_SECONDS, https);
            carried.csrf_token = Some(session.csrf_token.expose().to_owned());
        }
    }
    Ok(carried)
}
