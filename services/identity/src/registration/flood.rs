//! How many codes may go to one address or number, so that nobody's mailbox is flooded and nobody is kept out.
//!
//! Whoever knows an address can begin registrations with it. If each sent a mail, they would fill the mailbox; if they
//! were simply counted, ten of them would keep its owner from registering for a day. So two things are counted:
//!
//! * **Registrations by network and address.** Ten a day; then that network, and no other, is refused. This bounds the
//!   guesses at codes: five each.
//! * **Codes by address, whoever asked.** Ten a day are sent at once. After that a new one is sent only when the last has
//!   used up half of its life; until then a registration shares the code that is in the mailbox already. Codes are bound
//!   to the address and not to a registration, so whoever reads the mailbox can always go on, however many others have
//!   begun.

use std::time::Duration;

use gx_base::limits::{CODE_SECONDS, REGISTRATION_SECONDS};
use gx_platform::http::{ApiError, ApiResult, RateKey};
use gx_store::repo::registrations::{self, Registration, Sending, Target};
use gx_store::sea_orm::ConnectionTrait;
use gx_types::{ErrorCode, RegistrationId, Sha256Hex, Timestamp};

/// Registrations that one network may begin with one address or number in 24 hours.
pub const STARTS_PER_NETWORK_MAX: usize = 10;
/// Codes that go to one address or number in 24 hours without a pause between them.
pub const CODES_PER_TARGET_MAX: i64 = 10;
/// Registrations that are looked at; more than a day of sending with pauses makes.
const ROWS_MAX: u64 = 5_000;
/// What is left of a code's life for it to be shared.
const SHARED_LEFT: Duration = Duration::from_secs(CODE_SECONDS / 2);
const DAY: Duration = Duration::from_secs(REGISTRATION_SECONDS);

/// The code that a registration gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// A new one, which is to be sent.
    New,
    /// The one that was sent to the target a moment ago.
    Shared(Sha256Hex, Timestamp),
}

/// Decides which code a registration gets.
///
/// # Errors
/// 429 when its network has begun too many with this target; 503 when the database is out of reach.
pub(super) async fn decide(
    tx: &impl ConnectionTrait,
    row: &Registration,
    target: Target<'_>,
    now: Timestamp,
) -> ApiResult<Sent> {
    let sendings = registrations::sendings(tx, target, now.minus(DAY), ROWS_MAX).await?;
    judge(&sendings, row.registration_id.0, network(row.ip.as_deref()), now)
}

fn judge(sendings: &[Sending], own: RegistrationId, from: Option<RateKey>, now: Timestamp) -> ApiResult<Sent> {
    // Whoever sends again has begun already.
    let begins = sendings.iter().all(|sending| sending.registration_id != own);
    let begun = sendings.iter().filter(|sending| network(sending.ip.as_deref()) == from).count();
    if begins && begun >= STARTS_PER_NETWORK_MAX {
        return Err(ApiError::new(ErrorCode::RateLimited)
            .with_detail("too many registrations were begun from here for this address or number; try again tomorrow, or from another network")
            .with_retry_after(Duration::from_secs(3600)));
    }
    let sent = sendings.iter().fold(0_i64, |sum, sending| sum.saturating_add(sending.sent));
    if sent < CODES_PER_TARGET_MAX {
        return Ok(Sent::New);
    }
    let live = sendings.iter().find_map(|sending| {
        let until = sending.code_expires_at.filter(|until| *until >= now.plus(SHARED_LEFT))?;
        let hash = sending.code_hash.as_deref()?.parse().ok()?;
        Some(Sent::Shared(hash, until))
    });
    Ok(live.unwrap_or(Sent::New))
}

/// The network that counts as one caller.
fn network(ip: Option<&str>) -> Option<RateKey> {
    ip?.parse().ok().map(RateKey::of_peer)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_768_478_400_000_000);

    fn sending(number: u128, ip: &str, sent: i64, left: Option<u64>) -> Sending {
        Sending {
            registration_id: RegistrationId::from_uuid(Uuid::from_u128(number)),
            ip: Some(ip.to_owned()),
            sent,
            code_hash: left.map(|_| "ab".repeat(32)),
            code_expires_at: left.map(|seconds| NOW.plus(Duration::from_secs(seconds))),
        }
    }

    fn decided(sendings: &[Sending], ip: &str) -> Result<Sent, ErrorCode> {
        let own = RegistrationId::from_uuid(Uuid::nil());
        judge(sendings, own, network(Some(ip)), NOW).map_err(|error| error.code())
    }

    #[test]
    fn strangers_use_up_their_own_limit_and_share_what_they_had_sent() {
        let strangers: Vec<Sending> = (1..=10).map(|number| sending(number, "203.0.113.9", 1, Some(500))).collect();
        assert_eq!(decided(&strangers, "203.0.113.9"), Err(ErrorCode::RateLimited));
        assert!(matches!(decided(&strangers, "198.51.100.7"), Ok(Sent::Shared(_, _))), "nobody else is refused");
        assert_eq!(decided(&strangers[..9], "198.51.100.7"), Ok(Sent::New));
        // A network of version 6 is one caller.
        let strangers: Vec<Sending> =
            (1..=10).map(|number| sending(number, &format!("2001:db8::{number}"), 0, None)).collect();
        assert_eq!(decided(&strangers, "2001:db8::ffff"), Err(ErrorCode::RateLimited));
        assert_eq!(decided(&strangers, "2001:db8:0:1::1"), Ok(Sent::New));
    }

    #[test]
    fn a_new_code_is_sent_when_none_is_fresh() {
        let many: Vec<Sending> =
            (1..=20).map(|number| sending(number, &format!("203.0.113.{number}"), 1, Some(299))).collect();
        assert_eq!(decided(&many, "198.51.100.7"), Ok(Sent::New), "the newest code is about to expire");
        let spent: Vec<Sending> =
            (1..=20).map(|number| sending(number, &format!("203.0.113.{number}"), 1, None)).collect();
        assert_eq!(decided(&spent, "198.51.100.7"), Ok(Sent::New), "every code was used");
    }
}
