//! What flights share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gx_base::{Clock, Entropy, EntropyExt};
use gx_contracts::Command;
use gx_ledger::{Ledger, LedgerError, LedgerErrorClass, Prepared, Proposal};
use gx_store::Store;
use gx_types::{CommandId, Timestamp};

use crate::breaker::Breaker;
use crate::options::SubmitterOptions;
use crate::recorder::Recorder;

/// Called after the transaction in which commands became FAILED, so that who waits for them looks again. What is
/// COMMITTED is worth a look only when it is projected, and then the projector says so. Must not block.
pub type OnRefused = Arc<dyn Fn(&[CommandId]) + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) options: SubmitterOptions,
    /// Unique for every start.
    pub(crate) owner: String,
    pub(crate) breaker: Breaker,
    pub(crate) recorder: Recorder,
    /// Why the last heartbeat was missed, for the health page; the breaker knows only of commands.
    pub(crate) silence: Mutex<Option<String>>,
    /// Failed database writes in a row, for the health page.
    pub(crate) database_failures: AtomicU64,
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks the ledger, with a limit, and tells the breaker what came of it.
    pub(crate) async fn ask<T>(
        &self,
        limit: Duration,
        question: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        let answer = tokio::time::timeout(limit, question).await.unwrap_or_else(|_| {
            Err(LedgerError::Unreachable { detail: format!("no answer within {} s", limit.as_secs()) })
        });
        match &answer {
            Err(error) if error.class() == LedgerErrorClass::Transport => {
                self.breaker.unanswered(error.to_string(), Instant::now());
            }
            _ => self.breaker.answered(),
        }
        answer
    }

    /// Has a command endorsed, within its deadline.
    pub(crate) async fn prepare(&self, command: &Command) -> Result<Prepared, LedgerError> {
        self.ask(command.deadline(), self.ledger.prepare(Proposal::of(command, self.now()))).await
    }

    /// A pause that doubles with every try, up to `longest`, less a random part of up to a half, so that those who
    /// failed together do not come back together.
    pub(crate) fn pause(&self, first: Duration, longest: Duration, tries: u32) -> Duration {
        let doubled = first.saturating_mul(1_u32.checked_shl(tries.min(30)).unwrap_or(u32::MAX)).min(longest);
        let micros = u64::try_from(doubled.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(micros - self.entropy.below(micros / 2 + 1))
    }

    /// The last heartbeat: answered, or why not.
    pub(crate) fn beaten(&self, missed_because: Option<String>) {
        *self.silence.lock().unwrap_or_else(PoisonError::into_inner) = missed_because;
    }

    /// Why the ledger is out of reach, as commands and heartbeat know it.
    pub(crate) fn ledger_away(&self) -> Option<String> {
        let silence = || self.silence.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.breaker.open_because().or_else(silence)
    }

    pub(crate) fn database_answered(&self) {
        self.database_failures.store(0, Ordering::Relaxed);
    }

    pub(crate) fn database_failed(&self, what: &str, error: &gx_store::StoreError) {
        let failures = self.database_failures.fetch_add(1, Ordering::Relaxed);
        // Once, not every time: it is tried again and again.
        if failures == 0 {
            tracing::error!(error = %error, "the outbox cannot {what}; it tries again");
        }
    }
}
