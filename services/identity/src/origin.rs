//! Where a request comes from, as far as rows keep it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use gx_platform::http::PeerAddr;

/// Longest user agent that is kept, characters.
const USER_AGENT_CHARS_MAX: usize = 256;

/// The address and program that a session or registration was begun with.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Trusted address of the caller.
    pub ip: Option<String>,
    /// User agent as sent, cut to 256 characters.
    pub user_agent: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let peer = PeerAddr::from_request_parts(parts, state).await?;
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            ip: Some(peer.ip().to_string()),
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_CHARS_MAX).collect()),
        })
    }
}
