//! Reading the state as of one block.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use super::cache::ValueCache;
use super::cursor::{Item, Merge, Source};
use super::key::KeyRef;
use super::memtable::Memtable;
use super::run::Run;
use super::version::Stamped;
use crate::embedded::log::Tip;
use crate::error::LedgerError;

/// A full table that waits to become a run.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    pub(super) table: Arc<Memtable>,
    /// The last block in it.
    pub(super) tip: Tip,
}

/// What the state is made of at one moment. Never changed, only replaced.
#[derive(Debug, Clone)]
pub(super) struct Structure {
    pub(super) active: Arc<Memtable>,
    /// Newest first.
    pub(super) sealed: Vec<Sealed>,
    /// Newest first.
    pub(super) runs: Vec<Arc<Run>>,
    pub(super) cache: Arc<ValueCache>,
}

impl Structure {
    /// The sequence of the newest run; 0 without any.
    pub(super) fn newest_sequence(&self) -> u64 {
        self.runs.first().map_or(0, |run| run.sequence())
    }
}

/// The heights at which somebody reads.
#[derive(Debug, Default)]
pub(super) struct Readers(Mutex<BTreeMap<u64, usize>>);

impl Readers {
    pub(super) fn enter(&self, height: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(height).or_default() += 1;
    }

    fn leave(&self, height: u64) {
        let mut heights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = heights.get_mut(&height) {
            *count -= 1;
            if *count == 0 {
                heights.remove(&height);
            }
        }
    }

    pub(super) fn oldest(&self) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().next().copied()
    }
}

/// The state after block [`Self::height`], whatever is committed meanwhile.
#[derive(Debug)]
pub(crate) struct Snapshot {
    structure: Arc<Structure>,
    tip: Tip,
    readers: Arc<Readers>,
}

impl Snapshot {
    /// The caller has entered the reader.
    pub(super) fn new(structure: Arc<Structure>, tip: Tip, readers: Arc<Readers>) -> Self {
        Self { structure, tip, readers }
    }

    pub(crate) fn height(&self) -> u64 {
        self.tip.number
    }

    /// The block after which this is the state.
    pub(crate) fn tip(&self) -> Tip {
        self.tip
    }

    /// The newest entry of a key, a deletion included; `None`: the key was never written.
    pub(crate) fn entry(&self, key: KeyRef<'_>) -> Result<Option<Stamped>, LedgerError> {
        let tables =
            std::iter::once(&self.structure.active).chain(self.structure.sealed.iter().map(|full| &full.table));
        for table in tables {
            if let Some(found) = table.get(key, self.tip.number) {
                return Ok(Some(found));
            }
        }
        let Structure { runs, cache, .. } = &*self.structure;
        let newest = self.structure.newest_sequence();
        let cached = cache.get(key, newest);
        let known_up_to = cached.as_ref().map_or(0, |(_, up_to)| *up_to);
        for run in runs.iter().take_while(|run| run.sequence() > known_up_to) {
            if let Some(found) = run.get(key)? {
                cache.put(key, &found, newest);
                return Ok(Some(found));
            }
        }
        Ok(cached.map(|(found, up_to)| {
            if up_to < newest {
                cache.put(key, &found, newest);
            }
            found
        }))
    }

    /// What a key holds; `None`: nothing.
    pub(crate) fn get(&self, key: KeyRef<'_>) -> Result<Option<Stamped>, LedgerError> {
        Ok(self.entry(key)?.filter(|stamped| stamped.value.is_some()))
    }

    /// The keys between the bounds with what they hold, in key order.
    pub(crate) fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Result<Range, LedgerError> {
        self.range_below(Vec::new(), from, to)
    }

    /// As [`Self::range`], with sorted entries on top that are newer than the snapshot.
    pub(crate) fn range_below(
        &self,
        newer: Vec<Item>,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
    ) -> Result<Range, LedgerError> {
        let tables =
            std::iter::once(&self.structure.active).chain(self.structure.sealed.iter().map(|full| &full.table));
        let mut sources = vec![Source::Sorted(newer.into_iter())];
        let bounds = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
        sources
            .extend(tables.map(|table| Source::Sorted(table.sorted(bounds.0, bounds.1, self.tip.number).into_iter())));
        for run in &self.structure.runs {
            sources.push(Source::run(Arc::clone(run), &from, to.clone())?);
        }
        Ok(Range(Merge::new(sources)?))
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.readers.leave(self.tip.number);
    }
}

/// A walk over keys that hold something.
pub(crate) struct Range(Merge);

impl Range {
    pub(crate) fn next(&mut self) -> Result<Option<Item>, LedgerError> {
        while let Some(item) = self.0.next()? {
            if item.1.value.is_some() {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}
