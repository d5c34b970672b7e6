//! The idempotency key of a command on the ledger.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha1::{Digest, Sha1};

/// The idempotency key under which the ledger keeps the receipt of a command: 1–200 characters of
/// `A–Z a–z 0–9 - _ . :`. Keys that come from clients are prefixed with their actor, so that no one can use another's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerKey(String);

/// The text is no ledger key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ledger key has 1 to 200 characters out of letters, digits, hyphen, underscore, dot and colon")]
pub struct LedgerKeyError;

impl LedgerKey {
    /// Longest key, in bytes.
    pub const LENGTH_MAX: usize = 200;

    /// `prefix-rest`, made total: characters that no key has become `_`, and what is too long is cut and closed with a
    /// hash of the whole, so that different texts never give one key.
    #[must_use]
    pub fn prefixed(prefix: &str, rest: &str) -> Self {
        let text = format!("{prefix}-{rest}");
        text.parse().unwrap_or_else(|_| {
            let mut safe: String =
                text.chars().map(|c| if is_allowed(c) { c } else { '_' }).take(Self::LENGTH_MAX - 41).collect();
            safe.push('-');
            safe.push_str(&hex::encode(Sha1::digest(text.as_bytes())));
            Self(safe)
        })
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}

impl FromStr for LedgerKey {
    type Err = LedgerKeyError;

    fn from_str(text: &str) -> Result<Self, LedgerKeyError> {
        if text.is_empty() || text.len() > Self::LENGTH_MAX || !text.chars().all(is_allowed) {
            return Err(LedgerKeyError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for LedgerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LedgerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for LedgerKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LedgerKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}
