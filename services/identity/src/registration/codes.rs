//! The two codes of a registration: when one may be sent, and what happens when one is tried.

use gx_base::limits::{CODE_SECONDS, CODE_TRIES_MAX};
use gx_platform::http::ApiResult;
use gx_platform::{App, hmac_sha256, same};
use gx_store::repo::registrations::{self, Registration};
use gx_store::{Col, StoreError};
use gx_types::{ErrorCode, RegistrationId, RegistrationStep, Sha256Hex, Timestamp};

use super::CODES_SENT_MAX;
use super::flood::Sent;
use crate::fields::Code;

/// Which of the two codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Email,
    Phone,
}

impl Channel {
    const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// When a code that is sent at `now` expires.
pub(super) fn expiry(now: Timestamp) -> Timestamp {
    now.plus(std::time::Duration::from_secs(CODE_SECONDS))
}

/// What is kept of a code. Keyed, because a million codes are hashed in a moment; bound to the address or number, so
/// that a code proves only what it was sent to.
pub(super) fn hash(app: &App, channel: Channel, target: &str, code: &Code) -> ApiResult<Sha256Hex> {
    let key = app.derive_key("one-time-codes")?;
    let message = format!("registration\n{}\n{target}\n{}", channel.name(), code.expose());
    Ok(Sha256Hex::from_bytes(hmac_sha256(&key, message.as_bytes())))
}

/// A code could not be sent, so its sending does not count: whoever runs the mail server must not use up what people
/// have. The code of a mail stays valid, for it may have arrived all the same.
pub(super) async fn not_sent(app: &App, id: RegistrationId, channel: Channel, hash: Sha256Hex) {
    let undone = app.store().write(move |tx| {
        Box::pin(async move {
            let Some(mut row) = registrations::lock(tx, id).await? else { return Ok(()) };
            let slot = Slot::of(&mut row, channel);
            // Another one was sent meanwhile.
            if *slot.hash != Some(hash.to_string()) {
                return Ok(());
            }
            *slot.sent = (*slot.sent - 1).max(0);
            // Nobody is told that a code is on its way to a number that it has not reached: the number is asked for again.
            if channel == Channel::Phone && row.step.0 == RegistrationStep::PhoneSent {
                row.step = Col(RegistrationStep::PasswordSet);
            }
            registrations::save(tx, row).await
        })
    });
    if let Err(error) = undone.await {
        let error: StoreError = error;
        tracing::warn!(%error, "a code that could not be sent counts as sent");
    }
}

/// The columns of one code.
pub(super) struct Slot<'r> {
    hash: &'r mut Option<String>,
    expires_at: &'r mut Option<Col<Timestamp>>,
    tries: &'r mut i64,
    sent: &'r mut i64,
}

impl<'r> Slot<'r> {
    pub(super) fn of(row: &'r mut Registration, channel: Channel) -> Self {
        match channel {
            Channel::Email => Self {
                hash: &mut row.email_code_hash,
                expires_at: &mut row.email_code_expires_at,
                tries: &mut row.email_code_tries,
                sent: &mut row.email_codes_sent,
            },
            Channel::Phone => Self {
                hash: &mut row.phone_code_hash,
                expires_at: &mut row.phone_code_expires_at,
                tries: &mut row.phone_code_tries,
                sent: &mut row.phone_codes_sent,
            },
        }
    }

    /// Puts a new code, or one that was sent to the same target, in place of the last. The tries go on counting:
    /// otherwise asking again would buy more guesses. Answers when the code expires.
    pub(super) fn issue(&mut self, hash: Sha256Hex, sent: Sent, now: Timestamp) -> Result<Timestamp, ErrorCode> {
        if *self.tries >= i64::from(CODE_TRIES_MAX) {
            return Err(ErrorCode::OtpMaxAttempts);
        }
        if *self.sent >= CODES_SENT_MAX {
            return Err(ErrorCode::OtpMaxResends);
        }
        let (hash, expires_at) = match sent {
            Sent::New => {
                *self.sent += 1;
                (hash, expiry(now))
            }
            Sent::Shared(hash, until) => (hash, until),
        };
        *self.hash = Some(hash.to_string());
        *self.expires_at = Some(Col(expires_at));
        Ok(expires_at)
    }

    /// Tries a code. A right one is spent, a wrong one is counted; save the row either way.
    pub(super) fn check(&mut self, presented: Sha256Hex, now: Timestamp) -> Result<(), ErrorCode> {
        if *self.tries >= i64::from(CODE_TRIES_MAX) {
            return Err(ErrorCode::OtpMaxAttempts);
        }
        let stored = self.hash.as_deref().and_then(|text| text.parse::<Sha256Hex>().ok());
        let Some(stored) = stored.filter(|_| self.expires_at.is_some_and(|until| until.0 > now)) else {
            return Err(ErrorCode::OtpExpired);
        };
        if !same(stored.as_bytes(), presented.as_bytes()) {
            *self.tries += 1;
            return Err(ErrorCode::OtpInvalid);
        }
        *self.hash = None;
        *self.expires_at = None;
        Ok(())
    }
}
