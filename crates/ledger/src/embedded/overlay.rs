//! The newest writes: of blocks that are cut but not yet durable, and of some before them.
//!
//! The next block is validated on top of them. And as the overlay knows every write since some block, «not in the
//! overlay» means «unchanged since then», which is what most validations want to know.

use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::Arc;

use hashbrown::HashTable;

use super::payload::{self, Basis};
use super::state::{Item, KeyRef, SharedKey, Snapshot, Stamped, Version, Write, is_between};
use crate::error::LedgerError;

/// Writes kept after their block has been applied.
const KEPT_WRITES: usize = 20_000;

#[derive(Debug)]
struct Entry {
    key: SharedKey,
    stamped: Stamped,
}

/// The newest writes, by key.
#[derive(Debug)]
pub(crate) struct Overlay {
    entries: HashTable<Entry>,
    /// The keys of each block, oldest first.
    blocks: VecDeque<(u64, Vec<SharedKey>)>,
    writes: usize,
    /// Every write of blocks above this one is here.
    complete_above: u64,
}

impl Overlay {
    /// An empty overlay: nothing was written above block `height` yet.
    pub(crate) fn above(height: u64) -> Self {
        Self { entries: HashTable::new(), blocks: VecDeque::new(), writes: 0, complete_above: height }
    }

    /// Adds the writes of one transaction of block `number`.
    pub(crate) fn add(&mut self, number: u64, writes: &[Write]) {
        if self.blocks.back().is_none_or(|(newest, _)| *newest != number) {
            self.blocks.push_back((number, Vec::new()));
        }
        let Some((_, keys)) = self.blocks.back_mut() else { return };
        for Write { key, stamped } in writes {
            keys.push(key.clone());
            match self.entries.find_mut(key.hash, |entry| entry.key == *key) {
                Some(entry) => entry.stamped = stamped.clone(),
                None => {
                    let entry = Entry { key: key.clone(), stamped: stamped.clone() };
                    self.entries.insert_unique(key.hash, entry, |entry| entry.key.hash);
                }
            }
        }
        self.writes += writes.len();
    }

    /// Forgets old blocks that the state has.
    pub(crate) fn forget(&mut self, applied: u64) {
        while self.writes > KEPT_WRITES && self.blocks.front().is_some_and(|(number, _)| *number <= applied) {
            let Some((number, keys)) = self.blocks.pop_front() else { return };
            self.writes -= keys.len();
            self.complete_above = number;
            for key in keys {
                let old = |entry: &Entry| entry.key == key && entry.stamped.version.block <= number;
                if let Ok(entry) = self.entries.find_entry(key.hash, old) {
                    entry.remove();
                }
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn get(&self, key: KeyRef<'_>) -> Option<&Stamped> {
        self.entries.find(key.hash, |entry| *entry.key.bytes == *key.bytes).map(|entry| &entry.stamped)
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

    /// The durable block below the view.
    pub(crate) fn basis(&self) -> Basis {
        let tip = self.snapshot.tip();
        Basis { height: tip.number, anchor: payload::anchor_of(&tip.hash) }
    }

    /// What a key holds.
    pub(crate) fn get(&self, key: KeyRef<'_>) -> Result<Option<Stamped>, LedgerError> {
        match self.overlay.and_then(|overlay| overlay.get(key)) {
            Some(stamped) => Ok(Some(stamped.clone()).filter(|stamped| stamped.value.is_some())),
            None => self.snapshot.get(key),
        }
    }

    /// The version of what a key holds; `None`: it holds nothing.
    pub(crate) fn version(&self, key: KeyRef<'_>) -> Result<Option<Version>, LedgerError> {
        Ok(self.get(key)?.map(|stamped| stamped.version))
    }

    /// Whether a key still has the version that a simulation at `height` read.
    pub(crate) fn still_has(
        &self,
        key: KeyRef<'_>,
        version: Option<Version>,
        height: u64,
    ) -> Result<bool, LedgerError> {
        if let Some(overlay) = self.overlay {
            if let Some(stamped) = overlay.get(key) {
                return Ok(version == stamped.value.as_ref().map(|_| stamped.version));
            }
            if overlay.complete_above <= height {
                return Ok(true);
            }
        }
        Ok(self.version(key)? == version)
    }

    /// At most `limit` keys from `from` on and below `to`, with what they hold.
    pub(crate) fn range(&self, from: Bound<Vec<u8>>, to: &[u8], limit: usize) -> Result<Vec<Item>, LedgerError> {
        let to = Bound::Excluded(to.to_vec());
        let mut newer: Vec<Item> = Vec::new();
        if let Some(overlay) = self.overlay {
            let (from, to) = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
            let inside = overlay.entries.iter().filter(|entry| is_between(&entry.key.bytes, from, to));
            newer.extend(inside.map(|entry| (Arc::clone(&entry.key.bytes), entry.stamped.clone())));
            newer.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        }
        let mut range = self.snapshot.range_below(newer, from, to)?;
        let mut items = Vec::new();
        while items.len() < limit {
            let Some(item) = range.next()? else { break };
            items.push(item);
        }
        Ok(items)
    }
}
