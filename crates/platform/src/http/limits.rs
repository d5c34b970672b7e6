//! Rate limits: how often one account, or one address, may do something. They can be widened by settings, never
//! switched off.
//!
//! A signed-in caller is counted by account, everyone else by address; beside that every address has one wide limit, so
//! that guessing tokens is counted too. Each process counts for itself; with `REDIS_URL` the processes of an environment
//! also count together ([`super::shared_limits`]), all but the wide limit of an address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::{StateInformationMiddleware, StateSnapshot};
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use gx_base::Clock;
use gx_types::{ErrorCode, SessionId};
use uuid::Uuid;

use super::ApiError;
use super::shared_limits::SharedCounts;

/// After so many checks the counters of callers who have been silent are dropped.
const SWEEP_EVERY_CHECKS: u32 = 4_096;

macro_rules! rate_classes {
    ($($(#[$doc:meta])* $variant:ident = $setting:literal, $default:literal, $help:literal;)*) => {
        /// A kind of request with a limit of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RateClass {
            $($(#[$doc])* $variant,)*
        }

        impl RateClass {
            /// Every class.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Whether the handler counts, because only the body says who asks: the gate counts the address alone.
            #[must_use]
            pub const fn is_counted_by_handler(self) -> bool {
                matches!(self, Self::Refresh)
            }

            /// The setting that widens or narrows it.
            #[must_use]
            pub const fn setting(self) -> &'static str {
                match self { $(Self::$variant => $setting,)* }
            }
        }

        /// The settings of the limits, `<requests>/<seconds>`.
        pub const RATE_SETTINGS: &[gx_base::SettingDecl] = &[$(gx_base::SettingDecl {
            name: $setting,
            aliases: &[],
            help: $help,
            default: Some($default),
            secret: false,
        }),*];
    };
}

rate_classes! {
    /// Anything at all, by address.
    Peer = "RATE_LIMIT_PEER", "1200/60", "Requests of any kind from one address, as <requests>/<seconds>.";
    /// Logins, by address.
    Login = "RATE_LIMIT_LOGIN", "10/60", "Logins from one address, as <requests>/<seconds>.";
    /// New tokens for a session, by session: the people behind one address do not use up each other's.
    Refresh = "RATE_LIMIT_REFRESH", "30/60", "Token refreshes of one session, as <requests>/<seconds>.";
    /// Steps of a registration, by address.
    Register = "RATE_LIMIT_REGISTER", "60/60", "Steps of registrations from one address, as <requests>/<seconds>.";
    /// Sending of one-time codes, by address.
    CodeSend = "RATE_LIMIT_CODE_SEND", "5/60", "One-time codes sent again for one address, as <requests>/<seconds>.";
    /// Checking of one-time codes, by address.
    CodeCheck = "RATE_LIMIT_CODE_CHECK", "10/60", "One-time codes tried from one address, as <requests>/<seconds>.";
    /// Reads.
    Read = "RATE_LIMIT_READ", "300/60", "Reads by one account, as <requests>/<seconds>.";
    /// Writes.
    Write = "RATE_LIMIT_WRITE", "60/60", "Writes by one account, as <requests>/<seconds>.";
    /// Uploads.
    Upload = "RATE_LIMIT_UPLOAD", "30/60", "Uploads by one account, as <requests>/<seconds>.";
    /// Looking up other people.
    Lookup = "RATE_LIMIT_LOOKUP", "20/3600", "Look-ups of other people by one account, as <requests>/<seconds>.";
    /// Socket handshakes, by address.
    Socket = "RATE_LIMIT_SOCKET", "1200/60", "Socket handshakes from one address, as <requests>/<seconds>.";
    /// Events that a client sends over its sockets.
    SocketEvent = "RATE_LIMIT_SOCKET_EVENT", "120/60", "Events that one account sends over its sockets, as <requests>/<seconds>.";
}

/// So many requests in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    requests: NonZeroU32,
    seconds: NonZeroU32,
}

/// The text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate is written as <requests>/<seconds>, both from 1 to 1000000, for example 60/60")]
pub struct RateError;

impl std::str::FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (requests, seconds) = text.split_once('/').ok_or(RateError)?;
        let number =
            |text: &str| text.parse::<NonZeroU32>().ok().filter(|number| number.get() <= 1_000_000).ok_or(RateError);
        Ok(Self { requests: number(requests)?, seconds: number(seconds)? })
    }
}

impl Rate {
    /// Length of the window, seconds.
    pub(crate) const fn seconds(self) -> u32 {
        self.seconds.get()
    }

    fn quota(self) -> Option<Quota> {
        let period = Duration::from_secs(u64::from(self.seconds.get())) / self.requests.get();
        Quota::with_period(period).map(|quota| quota.allow_burst(self.requests))
    }
}

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateKey {
    /// A signed-in person or administrator.
    Account(Uuid),
    /// An address; of IPv6 only the network (64 bits), because one machine owns all of it.
    Peer(IpAddr),
    /// A session that says itself which one it is, in the body of its request.
    Session(SessionId),
}

impl std::fmt::Display for RateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account-{id}"),
            Self::Peer(address) => write!(f, "peer-{address}"),
            Self::Session(id) => write!(f, "session-{id}"),
        }
    }
}

impl RateKey {
    /// The key of an address.
    #[must_use]
    pub fn of_peer(address: IpAddr) -> Self {
        Self::Peer(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// A point of the passed-in clock, as the limiter counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Instant(Nanos);

impl Add<Nanos> for Instant {
    type Output = Self;

    fn add(self, other: Nanos) -> Self {
        Self(self.0 + other)
    }
}

impl Reference for Instant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0)
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration))
    }
}

#[derive(Clone)]
struct PassedInClock(Arc<dyn Clock>);

impl GovernorClock for PassedInClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        let micros = u64::try_from(self.0.now().micros()).unwrap_or(0);
        Instant(Nanos::from(micros.saturating_mul(1_000)))
    }
}

type Limiter = RateLimiter<RateKey, DashMapStateStore<RateKey>, PassedInClock, StateInformationMiddleware>;

struct Class {
    class: RateClass,
    rate: Rate,
    limiter: Limiter,
}

/// The counters of every class.
pub struct Limits {
    clock: PassedInClock,
    classes: Vec<Class>,
    checks: AtomicU32,
    shared: Option<SharedCounts>,
}

impl Limits {
    /// Counters for the given rates.
    ///
    /// # Errors
    /// [`RateError`] for a rate so fast that the counter cannot tell its requests apart.
    pub fn new(clock: Arc<dyn Clock>, rate_of: impl Fn(RateClass) -> Rate) -> Result<Self, RateError> {
        let clock = PassedInClock(clock);
        let mut classes = Vec::with_capacity(RateClass::ALL.len());
        for &class in RateClass::ALL {
            let rate = rate_of(class);
            let quota = rate.quota().ok_or(RateError)?;
            let limiter = Limiter::new(quota, DashMapStateStore::default(), clock.clone());
            classes.push(Class { class, rate, limiter });
        }
        Ok(Self { clock, classes, checks: AtomicU32::new(0), shared: None })
    }

    /// Counts together with the environment's other processes.
    #[must_use]
    pub(crate) fn sharing(mut self, shared: Option<SharedCounts>) -> Self {
        self.shared = shared;
        self
    }

    /// Counts one request, here and, where processes count together, there.
    ///
    /// # Errors
    /// 429 `RATE_LIMITED` with the time to wait, when `key` has used up what `class` allows.
    pub async fn check(&self, class: RateClass, key: RateKey) -> Result<Allowance, ApiError> {
        let allowance = self.check_here(class, key)?;
        let Some(shared) = self.shared.as_ref().filter(|_| class != RateClass::Peer) else { return Ok(allowance) };
        let Some(rate) = self.classes.iter().find(|known| known.class == class).map(|known| known.rate) else {
            return Ok(allowance);
        };
        match shared.count(class, key, rate).await {
            None => Ok(allowance),
            Some(counted) => match u64::from(allowance.limit).checked_sub(counted.requests) {
                Some(remaining) => {
                    let remaining = u32::try_from(remaining).unwrap_or(u32::MAX).min(allowance.remaining);
                    Ok(Allowance { remaining, ..allowance })
                }
                None => Err(ApiError::new(ErrorCode::RateLimited).with_retry_after(counted.left)),
            },
        }
    }

    /// Counts one request in this process.
    fn check_here(&self, class: RateClass, key: RateKey) -> Result<Allowance, ApiError> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY_CHECKS == SWEEP_EVERY_CHECKS - 1 {
            self.classes.iter().for_each(|class| class.limiter.retain_recent());
        }
        let Some(class) = self.classes.iter().find(|known| known.class == class) else {
            return Err(ApiError::new(ErrorCode::Internal));
        };
        match class.limiter.check_key(&key) {
            Ok(state) => Ok(Allowance::after(class.rate, &state)),
            Err(denied) => Err(ApiError::new(ErrorCode::RateLimited)
                .with_retry_after(denied.wait_time_from(self.clock.now()).max(Duration::from_secs(1)))),
        }
    }
}

/// What is left after a request, for the `RateLimit-*` headers.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    limit: u32,
    remaining: u32,
    reset_seconds: u32,
}

impl Allowance {
    fn after(rate: Rate, state: &StateSnapshot) -> Self {
        let (limit, seconds) = (rate.requests.get(), rate.seconds.get());
        let remaining = state.remaining_burst_capacity().min(limit);
        // The bucket refills evenly: what was used takes its share of the window to come back.
        let used = u64::from(limit - remaining);
        let reset = (used * u64::from(seconds)).div_ceil(u64::from(limit));
        Self { limit, remaining, reset_seconds: u32::try_from(reset).unwrap_or(seconds) }
    }

    /// Writes `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds until all of it is back).
    pub fn write(self, headers: &mut HeaderMap) {
        headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(self.limit));
        headers.insert(HeaderName::from_static("ratelimit-remaining"), HeaderValue::from(self.remaining));
        headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(self.reset_seconds));
    }
}

#[cfg(test)]
mod tests {
    use gx_base::ManualClock;
    use gx_types::Timestamp;

    use super::*;

    fn limits(clock: &Arc<ManualClock>) -> Limits {
        Limits::new(clock.clone(), |_| "3/60".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_caller_is_stopped_told_when_to_return_and_let_in_again() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_000_000_000)));
        let limits = limits(&clock);
        let key = RateKey::Account(Uuid::from_u128(1));
        for left in [2, 1, 0] {
            assert_eq!(limits.check_here(RateClass::Write, key).unwrap().remaining, left);
        }
        let refused = limits.check_here(RateClass::Write, key).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::RateLimited);
        assert!(
            limits.check_here(RateClass::Write, RateKey::Account(Uuid::from_u128(2))).is_ok(),
            "others are not stopped"
        );
        assert!(limits.check_here(RateClass::Read, key).is_ok(), "other classes are not stopped");
        clock.advance(Duration::from_secs(20));
        assert!(limits.check_here(RateClass::Write, key).is_ok());
        assert!(limits.check_here(RateClass::Write, key).is_err());
    }

    #[test]
    fn a_rate_is_never_off() {
        for bad in ["0/60", "60/0", "60", "-1/60", "", "60/60/60", "1000001/1", "off"] {
            assert_eq!(bad.parse::<Rate>(), Err(RateError), "{bad}");
        }
        assert!("1000000/1".parse::<Rate>().unwrap().quota().is_some());
    }

    #[test]
    fn a_network_of_version_6_is_one_caller() {
        let key = |text: &str| RateKey::of_peer(text.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }
}
