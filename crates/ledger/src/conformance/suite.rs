//! What the cases have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use gx_base::Clock;
use gx_contracts::{Call, Function, RefusalCode};
use gx_types::{GxId, LedgerKey, Qirat};

use crate::block::TxCode;
use crate::error::LedgerError;
use crate::fixture;
use crate::port::Ledger;
use crate::transaction::{Committed, Envelope, Outcome, Prepared, Proposal, Settled};

/// How long a case waits for an outcome.
pub(super) const WAIT: Duration = Duration::from_secs(30);

/// Tries of a registration that collides with another on its shard.
const TRIES: usize = 50;

/// Registrations in flight while a case makes its people.
const REGISTRATIONS_IN_FLIGHT: usize = 64;

/// Why a case failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    pub(super) fn in_case(self, name: &str) -> Self {
        Self(format!("«{name}»: {}", self.0))
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self(error.to_string())
    }
}

/// Fails the case with a message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(crate::conformance::Failure::new(format!($($message)+)));
        }
    };
}
pub(super) use ensure;

/// A ledger under test.
pub struct Suite {
    pub(super) ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    /// Payments that one case prepares at one height.
    pub(super) crowd: usize,
    /// Makes people and keys of this run differ from those of others on the same ledger.
    next: AtomicU64,
}

impl Suite {
    /// A suite over `ledger`; `crowd` is the number of disjoint payments that one case prepares at one height (1,000 on
    /// a fast ledger; at least 2).
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>, crowd: usize) -> Self {
        let start = u64::try_from(clock.now().micros()).unwrap_or(0);
        Self { ledger, clock, crowd: crowd.max(2), next: AtomicU64::new(start) }
    }

    /// Bootstraps the system unless that was done.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn set_up(&self) -> Result<(), Failure> {
        for call in fixture::set_up()? {
            match self.ledger.submit(self.proposal(call), WAIT).await? {
                Settled::Committed(_) | Settled::Replayed(_) => {}
                Settled::Refused(refusal)
                    if matches!(
                        refusal.code,
                        RefusalCode::AlreadyBootstrapped
                            | RefusalCode::CountryExists
                            | RefusalCode::IdempotencyKeyReused
                    ) => {}
                other => return Err(Failure::new(format!("the system could not be set up: {other:?}"))),
            }
        }
        Ok(())
    }

    pub(super) fn proposal(&self, call: Call) -> Proposal {
        Proposal { call, timestamp: self.clock.now() }
    }

    /// A number that no other part of this run gets.
    pub(super) fn unique(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn key(&self, what: &str) -> LedgerKey {
        LedgerKey::prefixed(what, &self.unique().to_string())
    }

    /// Somebody who was not there before, not registered yet.
    pub(super) fn stranger(&self, country: &str) -> Result<GxId, Failure> {
        Ok(fixture::person(country, "1990-01-01", self.unique())?)
    }

    pub(super) fn registration(&self, id: &GxId, shard: u16) -> Call {
        let age = id.birth().ok().and_then(|(born, _)| born.age_at(self.clock.now())).unwrap_or(0);
        fixture::register(id, age, shard)
    }

    /// A registered person.
    pub(super) async fn person(&self, country: &str) -> Result<GxId, Failure> {
        let id = self.stranger(country)?;
        let call = self.registration(&id, (self.unique() % 64) as u16);
        self.settle(call).await?;
        Ok(id)
    }

    /// Registered people, every second one in the other country.
    pub(super) async fn people(&self, count: usize) -> Result<Vec<GxId>, Failure> {
        stream::iter(0..count)
            .map(|number| self.person(if number % 2 == 0 { "US" } else { "GB" }))
            .buffered(REGISTRATIONS_IN_FLIGHT)
            .try_collect()
            .await
    }

    /// Prepares, sends and waits, anew after a conflict; everything but a commit fails the case.
    pub(super) async fn settle(&self, call: Call) -> Result<Committed, Failure> {
        let mut last = None;
        for _ in 0..TRIES {
            match self.ledger.submit(self.proposal(call.clone()), WAIT).await? {
                Settled::Committed(committed) => return Ok(committed),
                Settled::Invalid { code: code @ TxCode::MvccReadConflict, .. } => last = Some(code),
                other => return Err(Failure::new(format!("{} did not settle: {other:?}", call.function))),
            }
        }
        Err(Failure::new(format!("{} ended {last:?} {TRIES} times", call.function)))
    }

    pub(super) async fn envelope(&self, call: Call) -> Result<Envelope, Failure> {
        match self.ledger.prepare(self.proposal(call)).await? {
            Prepared::Envelope(envelope) => Ok(envelope),
            other => Err(Failure::new(format!("an envelope was expected, not {other:?}"))),
        }
    }

    pub(super) async fn outcome(&self, envelope: &Envelope) -> Result<Outcome, Failure> {
        Ok(self.ledger.outcome(&envelope.tx_id, WAIT).await?)
    }

    pub(super) async fn committed(&self, envelope: &Envelope) -> Result<Committed, Failure> {
        match self.outcome(envelope).await? {
            Outcome::Committed(committed) => Ok(committed),
            other => Err(Failure::new(format!("transaction {} was to commit, not {other:?}", envelope.tx_id))),
        }
    }

    pub(super) async fn height(&self) -> Result<u64, Failure> {
        Ok(self.ledger.info().await?.height)
    }

    pub(super) async fn balance(&self, id: &GxId) -> Result<Qirat, Failure> {
        let answer = self.ledger.evaluate(Function::GetBalance.call(vec![id.to_string()])).await?;
        serde_json::from_slice(&answer).map_err(|error| Failure::new(format!("balance of {id}: {error}")))
    }
}

/// An amount of whole Q.
pub(super) fn qirat(amount: u64) -> Result<Qirat, Failure> {
    Qirat::new(amount).map_err(|error| Failure::new(error.to_string()))
}
