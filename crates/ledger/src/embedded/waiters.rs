//! Those who wait for the outcome of a transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gx_types::TxId;
use tokio::sync::oneshot;

use crate::error::LedgerError;
use crate::transaction::Outcome;

type Told = Result<Outcome, LedgerError>;

#[derive(Debug, Default)]
struct State {
    next: u64,
    by_tx: HashMap<TxId, Vec<(u64, oneshot::Sender<Told>)>>,
}

/// Everyone who waits, by transaction.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiters(Arc<Mutex<State>>);

/// One who waits; dropping it gives the place up.
#[derive(Debug)]
pub(super) struct Waiter {
    waiters: Waiters,
    tx_id: TxId,
    number: u64,
    told: oneshot::Receiver<Told>,
}

impl Waiters {
    pub(super) fn wait_for(&self, tx_id: TxId) -> Waiter {
        let (tell, told) = oneshot::channel();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = state.next;
        state.next += 1;
        state.by_tx.entry(tx_id).or_default().push((number, tell));
        Waiter { waiters: self.clone(), tx_id, number, told }
    }

    /// Tells the outcomes of many transactions; `outcome` is asked only where somebody waits.
    pub(super) fn tell(&self, tx_ids: impl Iterator<Item = TxId>, mut outcome: impl FnMut(usize) -> Told) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.by_tx.is_empty() {
            return;
        }
        for (position, tx_id) in tx_ids.enumerate() {
            for (_, waiter) in state.by_tx.remove(&tx_id).unwrap_or_default() {
                // Whoever stopped waiting does not need to know.
                let _ = waiter.send(outcome(position));
            }
        }
    }

    /// Tells everyone that nothing more will come.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_tx.clear();
    }
}

impl Waiter {
    pub(super) async fn told(mut self) -> Told {
        match (&mut self.told).await {
            Ok(told) => told,
            Err(_) => Err(LedgerError::Closed),
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut state = self.waiters.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = state.by_tx.get_mut(&self.tx_id) {
            waiting.retain(|(number, _)| *number != self.number);
            if waiting.is_empty() {
                state.by_tx.remove(&self.tx_id);
            }
        }
    }
}
