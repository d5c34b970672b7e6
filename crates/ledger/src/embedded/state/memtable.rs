//! The newest part of the state, in memory, until it is written to a run.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::version::{Stamped, Write};

/// What an entry costs beside its key and value: tree node share, two allocations, reference counts.
const ENTRY_OVERHEAD_BYTES: usize = 128;

/// Writes that one lock covers, so that readers wait microseconds, not a whole block.
const WRITES_PER_LOCK: usize = 64;

/// A key's values, newest last. Older ones are kept only while a reader at an earlier height may ask for them.
#[derive(Debug)]
struct Cell {
    newest: Stamped,
    older: Vec<Stamped>,
}

impl Cell {
    fn at(&self, height: u64) -> Option<&Stamped> {
        if self.newest.version.block <= height {
            return Some(&self.newest);
        }
        self.older.iter().rev().find(|stamped| stamped.version.block <= height)
    }

    /// Takes a newer value and gives back how many bytes of older ones were dropped.
    fn replace(&mut self, stamped: Stamped, oldest_reader: u64) -> usize {
        let previous = std::mem::replace(&mut self.newest, stamped);
        self.older.push(previous);
        // A reader at `oldest_reader` needs the newest value not above it, and all later ones.
        let unseen = if self.newest.version.block <= oldest_reader {
            self.older.len()
        } else {
            self.older.iter().rposition(|old| old.version.block <= oldest_reader).unwrap_or(0)
        };
        self.older.drain(..unseen).map(|old| old.size()).sum()
    }
}

/// An ordered table in memory. One thread writes, many read.
#[derive(Debug, Default)]
pub(crate) struct Memtable {
    cells: RwLock<BTreeMap<Arc<[u8]>, Cell>>,
    bytes: AtomicUsize,
}

impl Memtable {
    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Keys held.
    pub(crate) fn len(&self) -> usize {
        self.cells.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Adds writes in chain order. Values that no reader at `oldest_reader` or later can see are dropped.
    pub(crate) fn apply(&self, writes: Vec<Write>, oldest_reader: u64) {
        let mut writes = writes.into_iter().peekable();
        let (mut added, mut dropped) = (0, 0);
        while writes.peek().is_some() {
            let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
            for Write { key, stamped } in writes.by_ref().take(WRITES_PER_LOCK) {
                added += stamped.size();
                if let Some(cell) = cells.get_mut(&key) {
                    dropped += cell.replace(stamped, oldest_reader);
                } else {
                    added += key.len() + ENTRY_OVERHEAD_BYTES;
                    cells.insert(key, Cell { newest: stamped, older: Vec::new() });
                }
            }
        }
        self.bytes.fetch_add(added, Ordering::Relaxed);
        self.bytes.fetch_sub(dropped, Ordering::Relaxed);
    }

    /// The value of `key` as of `height`; `None`: this table does not know the key.
    pub(crate) fn get(&self, key: &[u8], height: u64) -> Option<Stamped> {
        self.cells.read().unwrap_or_else(PoisonError::into_inner).get(key)?.at(height).cloned()
    }

    /// The first `count` entries as of `height` between the bounds, deletions included.
    pub(crate) fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        height: u64,
        count: usize,
    ) -> Vec<(Arc<[u8]>, Stamped)> {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells
            .range::<[u8], _>((from, to))
            .filter_map(|(key, cell)| Some((Arc::clone(key), cell.at(height)?.clone())))
            .take(count)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::version::Version;
    use super::*;

    fn write(key: &str, block: u64, value: Option<&str>) -> Write {
        Write {
            key: key.as_bytes().into(),
            stamped: Stamped {
                version: Version { block, position: 0 },
                value: value.map(|value| value.as_bytes().into()),
            },
        }
    }

    fn text(stamped: Option<Stamped>) -> Option<String> {
        stamped?.value.map(|value| String::from_utf8(value.to_vec()).unwrap())
    }

    #[test]
    fn readers_at_a_height_keep_their_view_and_nothing_older_is_kept() {
        let table = Memtable::default();
        table.apply(vec![write("a", 1, Some("1"))], 0);
        table.apply(vec![write("a", 2, Some("2"))], 1);
        table.apply(vec![write("a", 3, None)], 1);
        assert_eq!(text(table.get(b"a", 1)), Some("1".into()));
        assert_eq!(text(table.get(b"a", 2)), Some("2".into()));
        assert!(table.get(b"a", 3).unwrap().value.is_none());
        assert!(table.get(b"a", 0).is_none());

        table.apply(vec![write("a", 4, Some("4"))], 3);
        let cells = table.cells.read().unwrap();
        assert_eq!(cells[b"a".as_slice()].older.len(), 1, "only the value that a reader at 3 sees");
    }

    #[test]
    fn two_writes_of_one_block_leave_the_later() {
        let table = Memtable::default();
        table.apply(vec![write("a", 1, Some("x")), write("a", 1, Some("y"))], 0);
        assert_eq!(text(table.get(b"a", 1)), Some("y".into()));
        assert!(table.get(b"a", 0).is_none());
    }
}
