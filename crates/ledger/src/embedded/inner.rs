//! What the ledger's threads and callers share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use gx_base::{Clock, Entropy};
use gx_contracts::Receipt;
use gx_types::TxId;
use tokio::sync::watch;

use super::envelope::Endorser;
use super::index;
use super::log::Tip;
use super::options::EmbeddedOptions;
use super::overlay::View;
use super::payload::{self, Anchor, Basis};
use super::queue::Queue;
use super::reader::ChainReader;
use super::state::{KeyRef, StateStore};
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
    pub(super) anchors: Anchors,
}

/// Blocks whose anchors are kept at hand.
const ANCHORS_MAX: usize = 1_024;

/// The anchors of the last blocks.
#[derive(Debug, Default)]
pub(super) struct Anchors(RwLock<VecDeque<Basis>>);

impl Anchors {
    fn add(&self, tip: Tip) {
        let mut anchors = self.0.write().unwrap_or_else(PoisonError::into_inner);
        anchors.push_back(Basis { height: tip.number, anchor: payload::anchor_of(&tip.hash) });
        if anchors.len() > ANCHORS_MAX {
            anchors.pop_front();
        }
    }

    fn at(&self, height: u64) -> Option<Anchor> {
        let anchors = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let first = anchors.front()?.height;
        anchors.get(usize::try_from(height.checked_sub(first)?).ok()?).map(|basis| basis.anchor)
    }
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
        self.anchors.add(tip);
        self.announced.send_modify(|announced| announced.tip = tip);
    }

    /// Takes nothing more and lets everyone know.
    pub(super) fn shut(&self) {
        self.queue.close();
        self.waiters.close();
        self.announced.send_modify(|announced| announced.closed = true);
    }

    /// Whether a block is in this chain.
    pub(super) fn has(&self, basis: Basis) -> Result<bool, LedgerError> {
        let anchor = match self.anchors.at(basis.height) {
            Some(anchor) => anchor,
            None if basis.height > self.state.tip().number => return Ok(false),
            None => self.chain.anchor(basis.height)?,
        };
        Ok(anchor == basis.anchor)
    }

    /// How a transaction ended, from the durable state.
    pub(super) fn look_up(&self, tx_id: &TxId) -> Result<Outcome, LedgerError> {
        let Some(entry) = self.state.snapshot().get(KeyRef::new(&index::tx_key(tx_id)))? else {
            return Ok(Outcome::Unknown);
        };
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
        let Some(version) = view.version(KeyRef::new(&index::tx_key(&receipt.tx_id)))? else {
            return Err(self.chain.state_damage(&format!("transaction {} has no place", receipt.tx_id)));
        };
        Ok(Committed { tx_id: receipt.tx_id, block: version.block, position: version.position, receipt })
    }
}
