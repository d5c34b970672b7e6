//! The secrets of a session, and how they travel.
//!
//! A refresh token and a cookie are `<session id>.<secret>`: the id finds the row, the secret is compared with the hash
//! in it. So a refresh token that was used before is recognised (its row has another hash by now), which means that two
//! parties hold it: the session ends.

use std::fmt;

use axum::http::HeaderValue;
use gx_base::{Clock, Entropy, EntropyExt, Secret};
use gx_types::{SessionId, SessionTransport, Sha256Hex};

use super::Family;
use crate::secrets::{same, sha256};

/// Random bytes in a session's secrets.
const SECRET_BYTES: usize = 32;

/// The secrets of a new session, or of one that was refreshed. Store the hashes, send the texts.
#[derive(Debug)]
pub struct NewSession {
    /// The session.
    pub session_id: SessionId,
    /// How it travels.
    pub transport: SessionTransport,
    /// Refresh token or cookie, whichever the transport uses.
    pub secret: Secret,
    /// SHA-256 of its secret part, for the row.
    pub secret_hash: Sha256Hex,
    /// What unsafe requests of a browser send along.
    pub csrf_token: Secret,
    /// SHA-256 of that, for the row.
    pub csrf_hash: Sha256Hex,
}

impl NewSession {
    /// Secrets for a session that begins now.
    #[must_use]
    pub fn begin(transport: SessionTransport, clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
        Self::renew(SessionId::from_uuid(entropy.uuid_v7(clock.now())), transport, entropy)
    }

    /// New secrets for a session that goes on.
    #[must_use]
    pub fn renew(session_id: SessionId, transport: SessionTransport, entropy: &dyn Entropy) -> Self {
        let secret = entropy.token(SECRET_BYTES);
        let csrf = entropy.token(SECRET_BYTES);
        Self {
            session_id,
            transport,
            secret_hash: sha256(secret.as_bytes()),
            secret: Secret::new(format!("{session_id}.{secret}")),
            csrf_hash: sha256(csrf.as_bytes()),
            csrf_token: Secret::new(csrf),
        }
    }

    /// The hash for the row's refresh column; `None` for a cookie session.
    #[must_use]
    pub fn refresh_hash(&self) -> Option<Sha256Hex> {
        (self.transport == SessionTransport::Token).then_some(self.secret_hash)
    }

    /// The hash for the row's cookie column; `None` for a token session.
    #[must_use]
    pub fn cookie_hash(&self) -> Option<Sha256Hex> {
        (self.transport == SessionTransport::Cookie).then_some(self.secret_hash)
    }
}

/// A refresh token or cookie as it was presented.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// The session it names.
    pub session_id: SessionId,
    secret_hash: Sha256Hex,
}

impl Presented {
    /// Reads `<session id>.<secret>`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        if secret.len() != 2 * SECRET_BYTES {
            return None;
        }
        Some(Self { session_id: id.parse().ok()?, secret_hash: sha256(secret.as_bytes()) })
    }

    /// Whether the row has the same secret.
    #[must_use]
    pub fn matches(&self, stored: Option<Sha256Hex>) -> bool {
        stored.is_some_and(|stored| same(stored.as_bytes(), self.secret_hash.as_bytes()))
    }

    /// The hash of what was presented.
    #[must_use]
    pub const fn hash(&self) -> Sha256Hex {
        self.secret_hash
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

const fn cookie_name(family: Family) -> &'static str {
    match family {
        Family::Person => super::PERSON_COOKIE,
        Family::Admin => super::ADMIN_COOKIE,
    }
}

/// `Set-Cookie` for a session: not readable by scripts, not sent along by other sites' forms, over TLS only where the
/// wallet is served over TLS. `None` never in practice: a token has no character that a header refuses.
#[must_use]
pub fn cookie_set(family: Family, secret: &Secret, seconds: u64, https: bool) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let text = format!(
        "{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}",
        cookie_name(family),
        secret.expose()
    );
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `Set-Cookie` that removes a session's cookie.
#[must_use]
pub fn cookie_cleared(family: Family) -> HeaderValue {
    HeaderValue::from_static(match family {
        Family::Person => "gx_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
        Family::Admin => "gx_admin_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
    })
}

#[cfg(test)]
mod tests {
    use gx_base::{ManualClock, SeededEntropy};
    use gx_types::Timestamp;

    use super::*;

    #[test]
    fn a_presented_secret_matches_its_own_row_only() {
        let (clock, entropy) = (ManualClock::at(Timestamp::from_micros(1)), SeededEntropy::new(3));
        let first = NewSession::begin(SessionTransport::Token, &clock, &entropy);
        let second = NewSession::renew(first.session_id, first.transport, &entropy);
        let presented = Presented::parse(first.secret.expose()).unwrap();
        assert_eq!(presented.session_id, second.session_id);
        assert!(presented.matches(first.refresh_hash()));
        assert!(!presented.matches(second.refresh_hash()), "spent by the refresh");
        assert!(!presented.matches(first.cookie_hash()), "a token is no cookie");
        for bad in ["", ".", "x.y", &first.session_id.to_string(), &format!("{}.", first.session_id)] {
            assert!(Presented::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn cookies_are_kept_from_scripts_and_plain_connections() {
        let secret = Secret::new("id.secret");
        let cookie = cookie_set(Family::Admin, &secret, 60, true).unwrap();
        assert_eq!(cookie, "gx_admin_session=id.secret; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
        assert!(cookie.is_sensitive());
    }
}
