//! Writes of blocks that are cut but not yet durable: the next block is validated on top of them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use super::state::{Item, Snapshot, Stamped, Version, Write};
use crate::error::LedgerError;

/// The newest writes, by key.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    entries: BTreeMap<Arc<[u8]>, Stamped>,
    /// The keys of each block, oldest first.
    blocks: VecDeque<(u64, Vec<Arc<[u8]>>)>,
}

impl Overlay {
    /// Adds the writes of one transaction of block `number`.
    pub(crate) fn add(&mut self, number: u64, writes: &[Write]) {
        if self.blocks.back().is_none_or(|(newest, _)| *newest != number) {
            self.blocks.push_back((number, Vec::new()));
        }
        for write in writes {
            self.entries.insert(Arc::clone(&write.key), write.stamped.clone());
            if let Some((_, keys)) = self.blocks.back_mut() {
                keys.push(Arc::clone(&write.key));
            }
        }
    }

    /// Forgets blocks up to `applied`: the state has them.
    pub(crate) fn forget(&mut self, applied: u64) {
        while self.blocks.front().is_some_and(|(number, _)| *number <= applied) {
            let Some((_, keys)) = self.blocks.pop_front() else { return };
            for key in keys {
                if self.entries.get(&key).is_some_and(|stamped| stamped.version.block <= applied) {
                    self.entries.remove(&key);
                }
            }
        }
    }

    /// Forgets everything: the blocks could not be written.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.blocks.clear();
    }
}

/// The state after everything that was cut so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    overlay: Option<&'a Overlay>,
    snapshot: &'a Snapshot,
}

impl<'a> View<'a> {
    /// The durable state only.
    pub(crate) fn durable(snapshot: &'a Snapshot) -> Self {
        Self { overlay: None, snapshot }
    }

    /// With blocks that are on their way; the snapshot must be no older than what the overlay forgot.
    pub(crate) fn pending(overlay: &'a Overlay, snapshot: &'a Snapshot) -> Self {
        Self { overlay: Some(overlay), snapshot }
    }

    /// The durable height below the view.
    pub(crate) fn height(&self) -> u64 {
        self.snapshot.height()
    }

    /// What a key holds.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Stamped>, LedgerError> {
        match self.overlay.and_then(|overlay| overlay.entries.get(key)) {
            Some(stamped) => Ok(Some(stamped.clone()).filter(|stamped| stamped.value.is_some())),
            None => self.snapshot.get(key),
        }
    }

    /// The version of what a key holds; `None`: it holds nothing.
    pub(crate) fn version(&self, key: &[u8]) -> Result<Option<Version>, LedgerError> {
        Ok(self.get(key)?.map(|stamped| stamped.version))
    }

    /// At most `limit` keys from `from` on and below `to`, with what they hold.
    pub(crate) fn range(&self, from: Bound<Vec<u8>>, to: &[u8], limit: usize) -> Result<Vec<Item>, LedgerError> {
        let to = Bound::Excluded(to.to_vec());
        let newer = match self.overlay {
            Some(overlay) => {
                let bounds = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
                overlay
                    .entries
                    .range::<[u8], _>(bounds)
                    .map(|(key, stamped)| (Arc::clone(key), stamped.clone()))
                    .collect()
            }
            None => Vec::new(),
        };
        let mut range = self.snapshot.range_below(newer, from, to)?;
        let mut items = Vec::new();
        while items.len() < limit {
            let Some(item) = range.next()? else { break };
            items.push(item);
        }
        Ok(items)
    }
}
