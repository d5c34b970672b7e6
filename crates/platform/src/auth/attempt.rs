//! Sign-in attempts: where they come from, and one at a time per name.
//!
//! Without turns, a hundred guesses sent at once would all be made before the first failure is counted.

use std::convert::Infallible;
use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use gx_types::Sha256Hex;
use tokio::sync::{Mutex, MutexGuard};

use crate::http::PeerAddr;

/// Longest user agent that is kept, characters.
const USER_AGENT_CHARS_MAX: usize = 256;
/// Lanes; names that share one wait for each other, which is rare and short.
const LANES: usize = 256;

static TURNS: LazyLock<Vec<Mutex<()>>> = LazyLock::new(|| (0..LANES).map(|_| Mutex::new(())).collect());

/// Waits for the turn of `subject`; the turn ends when the guard is dropped.
pub async fn attempt_turn(subject: Sha256Hex) -> Option<MutexGuard<'static, ()>> {
    let lane = subject.as_bytes().first().map_or(0, |byte| usize::from(*byte));
    match TURNS.get(lane) {
        Some(lane) => Some(lane.lock().await),
        None => None,
    }
}

/// The address and program that a session was begun with, as far as rows keep it.
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
