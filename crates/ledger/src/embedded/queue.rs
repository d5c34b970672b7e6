//! What waits to be ordered.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::candidate::Candidate;
use crate::error::LedgerError;
use crate::transaction::{Proposal, Settled};

/// Items for which the consumer is woken while a block is begun.
const BUNCH: usize = 64;

/// Where the result of a fused submission goes.
pub(super) type Answer = oneshot::Sender<Result<Settled, LedgerError>>;

/// Something to be ordered.
#[derive(Debug)]
pub(super) struct Item {
    /// The transaction, simulated before.
    pub(super) candidate: Candidate,
    /// Submitted in one call: the id is fresh, and on a conflict the call is simulated again where it stands.
    pub(super) fused: Option<Box<Fused>>,
}

/// What a submission in one call needs beside its transaction.
#[derive(Debug)]
pub(super) struct Fused {
    pub(super) proposal: Proposal,
    pub(super) answer: Answer,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    closed: bool,
    /// Blocks handed over and not yet dealt with.
    committing: usize,
    /// The consumer waits until this many items are here; `None`: it does not wait.
    wanted: Option<usize>,
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
        // Waking the consumer costs more than ordering a transaction: once for many is enough.
        let wake = state.wanted.is_some_and(|wanted| state.items.len() >= wanted);
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Nothing more is taken; what waits is still given out.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// A block was handed to the committer.
    pub(super) fn commit_begins(&self) {
        self.lock().committing += 1;
    }

    /// The committer has dealt with a block.
    pub(super) fn commit_ends(&self) {
        let mut state = self.lock();
        state.committing = state.committing.saturating_sub(1);
        drop(state);
        self.filled.notify_one();
    }

    /// Takes what waits, at most `count`; waits for it if there is nothing. With a block begun, items are taken in
    /// bunches, and that ends when the time to cut it has come: `cut_at` has passed and the committer has nothing else
    /// to do. Then, or when the queue is closed, nothing is taken once nothing waits.
    pub(super) fn next(&self, count: usize, cut_at: Option<Instant>) -> Next {
        let mut state = self.lock();
        let wanted = if cut_at.is_some() { count.min(BUNCH) } else { 1 };
        let next = loop {
            let left = cut_at.filter(|_| state.committing == 0).map(|at| at.saturating_duration_since(Instant::now()));
            let due = state.closed || left.is_some_and(|left| left.is_zero());
            if state.items.len() >= wanted || (due && !state.items.is_empty()) {
                let taken = count.min(state.items.len());
                break Next::Items(state.items.drain(..taken).collect());
            }
            if due {
                break if state.closed { Next::Closed } else { Next::Cut };
            }
            state.wanted = Some(wanted);
            state = match left {
                None => self.filled.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) => self.filled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        };
        state.wanted = None;
        next
    }
}

/// What the sequencer does next.
pub(super) enum Next {
    /// Orders these.
    Items(Vec<Item>),
    /// Cuts the block that is begun.
    Cut,
    /// Cuts the block that is begun, and ends.
    Closed,
}
