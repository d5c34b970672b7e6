//! What services may know about the ledger without calling it: the row its holder writes, the age of the oldest command
//! that waits, and whether the system is paused.

use std::sync::Arc;
use std::time::Duration;

use gx_base::Clock;
use gx_base::limits::LEDGER_WAIT_SECONDS_MAX;
use gx_store::entity::ledger_binding::Model as Binding;
use gx_store::repo::ledger_binding;
use gx_store::{Store, StoreError, outbox, projection};
use gx_types::{ErrorCode, Timestamp};
use tokio::sync::Mutex;

use crate::health::ProbeResult;
use crate::http::{ApiError, ApiResult};

/// What was read is believed so long: at thousands of writes a second nobody asks the database each time.
const BELIEVED: Duration = Duration::from_millis(500);
/// A heartbeat older than this means that nobody holds the ledger.
const HEARTBEAT_LATE: Duration = Duration::from_secs(15);
/// When to come back after LEDGER_UNAVAILABLE.
const RETRY_AFTER: Duration = Duration::from_secs(30);

#[derive(Clone, Copy)]
struct Seen {
    at: Timestamp,
    bound: bool,
    paused: bool,
    oldest_waiting: Option<Timestamp>,
}

/// The ledger as services see it.
pub struct LedgerState {
    store: Store,
    clock: Arc<dyn Clock>,
    seen: Mutex<Option<Seen>>,
}

impl LedgerState {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, seen: Mutex::new(None) }
    }

    /// Whether a new command may be accepted. The ledger itself decides again; this spares people commands that could
    /// only wait or fail.
    ///
    /// # Errors
    /// 503 `FEATURE_UNAVAILABLE` when no ledger was ever bound; 503 `LEDGER_UNAVAILABLE` when the oldest command has
    /// waited for more than ten minutes; 409 `SYSTEM_PAUSED` when `unless_paused` and the system is paused; 503 when the
    /// database is out of reach.
    pub async fn check_accepts(&self, unless_paused: bool) -> ApiResult<()> {
        let seen = self.look().await?;
        if !seen.bound {
            return Err(self.unbound().await);
        }
        let longest = Duration::from_secs(LEDGER_WAIT_SECONDS_MAX);
        if seen.oldest_waiting.is_some_and(|oldest| self.clock.now().since(oldest) > longest) {
            return Err(ApiError::new(ErrorCode::LedgerUnavailable).with_retry_after(RETRY_AFTER));
        }
        if unless_paused && seen.paused {
            return Err(ApiError::new(ErrorCode::SystemPaused));
        }
        Ok(())
    }

    /// The probe of the dependency «ledger» for services.
    pub async fn probe(&self) -> ProbeResult {
        let binding = ledger_binding::get(self.store.read()).await.map_err(|error| error.to_string())?;
        let Some(binding) = binding else { return Err(self.why_unbound().await.map_err(|error| error.to_string())?) };
        match self.out_of_reach(&binding) {
            Some(why) => Err(why),
            None => Ok(Some(format!("height {}", binding.height))),
        }
    }

    /// Why the ledger counts as out of reach, by what its holder wrote last and when; `None` while it answers. Silence
    /// counts: whoever holds a ledger says so every few seconds.
    #[must_use]
    pub fn out_of_reach(&self, binding: &Binding) -> Option<String> {
        if !binding.reachable {
            return Some(format!("the ledger is out of reach: {}", binding.reason));
        }
        let heard = binding.heartbeat_at.0;
        (self.clock.now().since(heard) > HEARTBEAT_LATE).then(|| format!("no heartbeat since {heard}"))
    }

    /// Why the system is paused, by the read model; `None` while it runs, and while the database does not say.
    pub async fn pause(&self) -> Option<String> {
        projection::system::pause_reason(self.store.read()).await.ok().flatten()
    }

    /// 503 `FEATURE_UNAVAILABLE`, with what stands in the way of a ledger.
    pub async fn unbound(&self) -> ApiError {
        match self.why_unbound().await {
            Ok(why) => ApiError::new(ErrorCode::FeatureUnavailable).with_detail(why).with_retry_after(RETRY_AFTER),
            Err(error) => error.into(),
        }
    }

    /// What stands in the way of a ledger, as the workers saw it last.
    async fn why_unbound(&self) -> Result<String, StoreError> {
        let absence = ledger_binding::absence(self.store.read()).await?;
        let why = absence.map_or_else(
            || "no process of this environment has looked for one; `gx doctor fabric` says what is missing".to_owned(),
            |absence| absence.reason,
        );
        Ok(format!("no ledger was ever bound to this environment: {why}"))
    }

    async fn look(&self) -> ApiResult<Seen> {
        let mut last = self.seen.lock().await;
        let now = self.clock.now();
        if let Some(seen) = *last
            && now >= seen.at
            && now.since(seen.at) < BELIEVED
        {
            return Ok(seen);
        }
        let db = self.store.read();
        let seen = Seen {
            at: now,
            bound: ledger_binding::get(db).await?.is_some(),
            paused: projection::system::pause_reason(db).await?.is_some(),
            oldest_waiting: outbox::oldest_waiting(db).await?,
        };
        // «Not bound yet» ends once and for all, in the first second of a first start, and a pause ends when its end is
        // settled: neither is believed any longer than it holds.
        *last = (seen.bound && !seen.paused).then_some(seen);
        Ok(seen)
    }
}
