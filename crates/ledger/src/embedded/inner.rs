//! What the ledger's threads and callers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gx_base::{Clock, Entropy};
use gx_contracts::Receipt;
use gx_types::TxId;
use tokio::sync::watch;

use super::envelope::Endorser;
use super::index;
use super::log::Tip;
use super::options::EmbeddedOptions;
use super::overlay::View;
use super::queue::Queue;
use super::reader::ChainReader;
use super::state::StateStore;
use super::waiters::Waiters;
use crate::block::TxCode;
use crate::error::LedgerError;
use crate::transaction::{Committed, Outcome};

/// The end of the chain as followers see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Announced {
    pub(super) tip: Tip,
    pub(super) closed: bool,
}

pub(super) struct Inner {
    pub(super) options: EmbeddedOptions,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) endorser: Endorser,
    pub(super) genesis: Tip,
    pub(super) state: Arc<StateStore>,
    pub(super) chain: ChainReader,
    pub(super) queue: Queue,
    pub(super) waiters: Waiters,
    pub(super) announced: watch::Sender<Announced>,
    pub(super) generation: AtomicU64,
}

impl Inner {
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Everything that is not durable yet is given up.
    pub(super) fn next_generation(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Tells followers of a new block.
    pub(super) fn announce(&self, tip: Tip) {
        self.announced.send_modify(|announced| announced.tip = tip);
    }

    /// Takes nothing more and lets everyone know.
    pub(super) fn shut(&self) {
        self.queue.close();
        self.waiters.close();
        self.announced.send_modify(|announced| announced.closed = true);
    }

    /// How a transaction ended, from the durable state.
    pub(super) fn look_up(&self, tx_id: &TxId) -> Result<Outcome, LedgerError> {
        let Some(entry) = self.state.snapshot().get(&index::tx_key(tx_id))? else { return Ok(Outcome::Unknown) };
        let code = index::tx_code(entry.value.as_deref().unwrap_or_default())
            .map_err(|problem| self.chain.state_damage(problem.0))?;
        let (block, position) = (entry.version.block, entry.version.position);
        if code != TxCode::Valid {
            return Ok(Outcome::Invalid { block, code });
        }
        match self.chain.result(entry.version)? {
            (TxCode::Valid, Some(receipt)) => {
                Ok(Outcome::Committed(Committed { tx_id: *tx_id, block, position, receipt }))
            }
            _ => Err(self.chain.state_damage(&format!("block {block} says otherwise of transaction {tx_id}"))),
        }
    }

    /// A receipt with the place of its transaction.
    pub(super) fn place_of(&self, view: View<'_>, receipt: Receipt) -> Result<Committed, LedgerError> {
        let Some(version) = view.version(&index::tx_key(&receipt.tx_id))? else {
            return Err(self.chain.state_damage(&format!("transaction {} has no place", receipt.tx_id)));
        };
        Ok(Committed { tx_id: receipt.tx_id, block: version.block, position: version.position, receipt })
    }
}
