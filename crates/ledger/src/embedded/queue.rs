//! What waits to be ordered.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gx_types::TxId;
use tokio::sync::oneshot;

use crate::error::LedgerError;
use crate::transaction::{Proposal, Settled};

/// Where the result of a fused submission goes.
pub(super) type Answer = oneshot::Sender<Result<Settled, LedgerError>>;

/// Something to be ordered.
#[derive(Debug)]
pub(super) enum Item {
    /// A transaction that was simulated before; its endorsement has been checked.
    Envelope { tx_id: TxId, payload: Vec<u8> },
    /// A call that is simulated when its turn comes.
    Proposal { proposal: Proposal, answer: Answer },
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    closed: bool,
}

/// A bounded queue with one consumer that takes batches.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    limit: usize,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, item: Item) -> Result<(), LedgerError> {
        let mut state = self.lock();
        if state.closed {
            return Err(LedgerError::Closed);
        }
        if state.items.len() >= self.limit {
            return Err(LedgerError::Busy { waiting: state.items.len() });
        }
        state.items.push_back(item);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Nothing more is taken; what waits is still given out.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Waits for an item, then up to `wait` for more, and takes at most `count`. `None`: closed and empty.
    pub(super) fn next_batch(&self, count: usize, wait: Duration) -> Option<Vec<Item>> {
        let mut state = self.lock();
        while state.items.is_empty() {
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let first = Instant::now();
        while state.items.len() < count && !state.closed {
            let Some(left) = wait.checked_sub(first.elapsed()).filter(|left| !left.is_zero()) else { break };
            state = self.filled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let taken = count.min(state.items.len());
        Some(state.items.drain(..taken).collect())
    }
}
