//! Counting together: where `REDIS_URL` is set, the processes of an environment count a caller's requests in one place,
//! so that a balancer before n replicas gives nobody n times the limit.
//!
//! The window is fixed: so many requests in so many seconds of the clock. Redis may be away; then each process goes on
//! counting for itself, as it always does first, and says so in the log. A limit is never off.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gx_base::{Clock, Secret};
use gx_types::EnvName;
use redis::aio::MultiplexedConnection;

use super::limits::{Rate, RateClass, RateKey};

/// Longest wait for Redis; a request is not worth more.
const ANSWER_MAX: Duration = Duration::from_millis(250);
/// How long Redis is left alone after it did not answer.
const AWAY: Duration = Duration::from_secs(5);

/// How a caller stands in the present window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Requests so far, this one included.
    pub(crate) requests: u64,
    /// Until the next window.
    pub(crate) left: Duration,
}

enum Line {
    Closed,
    Open(MultiplexedConnection),
    /// It did not answer; to be tried again then.
    Away(Instant),
}

/// The counters that processes share.
pub(crate) struct SharedCounts {
    client: redis::Client,
    prefix: String,
    clock: Arc<dyn Clock>,
    line: Mutex<Line>,
}

impl SharedCounts {
    /// Counters of an environment; nothing is asked of Redis yet.
    ///
    /// # Errors
    /// When the address is none.
    pub(crate) fn open(url: &Secret, env: EnvName, clock: Arc<dyn Clock>) -> Result<Self, redis::RedisError> {
        let client = redis::Client::open(url.expose())?;
        Ok(Self { client, prefix: format!("gx:{env}:rate"), clock, line: Mutex::new(Line::Closed) })
    }

    /// Counts a request; `None` when Redis does not answer.
    pub(crate) async fn count(&self, class: RateClass, key: RateKey, rate: Rate) -> Option<Counted> {
        let window = Duration::from_secs(u64::from(rate.seconds()));
        let now = Duration::from_micros(u64::try_from(self.clock.now().micros()).unwrap_or(0));
        let number = now.as_secs() / window.as_secs();
        let left = window.saturating_mul(u32::try_from(number + 1).unwrap_or(u32::MAX)).saturating_sub(now);
        let name = format!("{}:{}:{key}:{number}", self.prefix, class.setting());
        let asked = async {
            let mut connection = self.connection().await?;
            let seconds = i64::from(rate.seconds());
            let mut pipe = redis::pipe();
            // It outlives its window by one, so that clocks may differ a little.
            let pipe = pipe.atomic().incr(&name, 1).expire(&name, 2 * seconds).ignore();
            let (requests,): (u64,) = pipe.query_async(&mut connection).await?;
            Ok::<_, redis::RedisError>(requests)
        };
        if self.is_away() {
            return None;
        }
        match tokio::time::timeout(ANSWER_MAX, asked).await {
            Ok(Ok(requests)) => Some(Counted { requests, left: left.max(Duration::from_secs(1)) }),
            Ok(Err(error)) => self.lost(&error.to_string()),
            Err(_) => self.lost("no answer in time"),
        }
    }

    fn is_away(&self) -> bool {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*line, Line::Away(until) if Instant::now() < until)
    }

    async fn connection(&self) -> Result<MultiplexedConnection, redis::RedisError> {
        if let Line::Open(connection) = &*self.line.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(connection.clone());
        }
        let connection = self.client.get_multiplexed_async_connection().await?;
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = Line::Open(connection.clone());
        Ok(connection)
    }

    fn lost(&self, why: &str) -> Option<Counted> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*line, Line::Away(_)) {
            tracing::warn!(why, "Redis does not count requests at present; each process counts for itself");
        }
        *line = Line::Away(Instant::now() + AWAY);
        None
    }
}
