//! The newest part of the state, in memory, until it is written to a run.
//!
//! Almost every question is for one key, so the table is hashed; it is sorted when it becomes a run, and (in part) when
//! a query walks a range.

use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashTable;

use super::cursor::Item;
use super::key::{KeyRef, SharedKey};
use super::version::{Stamped, Write};

/// What an entry costs beside its key and value: table slot, two allocations with their counts.
const ENTRY_OVERHEAD_BYTES: usize = 176;

/// Parts with a lock of their own, so that readers and the writer seldom meet.
const SHARDS: usize = 64;

/// A key's values, newest last. Older ones are kept only while a reader at an earlier height may ask for them.
#[derive(Debug)]
struct Cell {
    key: SharedKey,
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

/// A table in memory. One thread writes, many read.
#[derive(Debug)]
pub(crate) struct Memtable {
    shards: Vec<RwLock<HashTable<Cell>>>,
    bytes: AtomicUsize,
    len: AtomicUsize,
}

impl Default for Memtable {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            bytes: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
        }
    }
}

impl Memtable {
    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Keys held.
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    fn shard(&self, hash: u64) -> Option<&RwLock<HashTable<Cell>>> {
        // Bits that the table inside does not use first.
        self.shards.get((hash >> 40) as usize % SHARDS)
    }

    /// Adds writes in chain order. Values that no reader at `oldest_reader` or later can see are dropped.
    pub(crate) fn apply(&self, writes: Vec<Write>, oldest_reader: u64) {
        let (mut added, mut dropped, mut fresh) = (0, 0, 0);
        for Write { key, stamped } in writes {
            let Some(shard) = self.shard(key.hash) else { continue };
            let mut cells = shard.write().unwrap_or_else(PoisonError::into_inner);
            added += stamped.size();
            if let Some(cell) = cells.find_mut(key.hash, |cell| cell.key == key) {
                dropped += cell.replace(stamped, oldest_reader);
            } else {
                added += key.bytes.len() + ENTRY_OVERHEAD_BYTES;
                fresh += 1;
                let cell = Cell { key, newest: stamped, older: Vec::new() };
                cells.insert_unique(cell.key.hash, cell, |cell| cell.key.hash);
            }
        }
        self.bytes.fetch_add(added, Ordering::Relaxed);
        self.bytes.fetch_sub(dropped, Ordering::Relaxed);
        self.len.fetch_add(fresh, Ordering::Relaxed);
    }

    /// The value of `key` as of `height`; `None`: this table does not know the key.
    pub(crate) fn get(&self, key: KeyRef<'_>, height: u64) -> Option<Stamped> {
        let cells = self.shard(key.hash)?.read().unwrap_or_else(PoisonError::into_inner);
        cells.find(key.hash, |cell| *cell.key.bytes == *key.bytes)?.at(height).cloned()
    }

    /// The entries between the bounds as of `height`, deletions included, in key order.
    pub(crate) fn sorted(&self, from: Bound<&[u8]>, to: Bound<&[u8]>, height: u64) -> Vec<Item> {
        let mut items = Vec::new();
        for shard in &self.shards {
            let cells = shard.read().unwrap_or_else(PoisonError::into_inner);
            let inside = cells.iter().filter(|cell| is_between(&cell.key.bytes, from, to));
            items.extend(inside.filter_map(|cell| Some((Arc::clone(&cell.key.bytes), cell.at(height)?.clone()))));
        }
        items.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        items
    }
}

/// Whether a key lies between two bounds.
pub(crate) fn is_between(key: &[u8], from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    let above = match from {
        Bound::Included(from) => key >= from,
        Bound::Excluded(from) => key > from,
        Bound::Unbounded => true,
    };
    above
        && match to {
            Bound::Included(to) => key <= to,
            Bound::Excluded(to) => key < to,
            Bound::Unbounded => true,
        }
}

#[cfg(test)]
mod tests {
    use super::super::version::Version;
    use super::*;

    fn write(key: &str, block: u64, value: Option<&str>) -> Write {
        Write {
            key: SharedKey::new(key.as_bytes()),
            stamped: Stamped {
                version: Version { block, position: 0 },
                value: value.map(|value| value.as_bytes().into()),
            },
        }
    }

    fn text(table: &Memtable, height: u64) -> Option<String> {
        let stamped = table.get(KeyRef::new(b"a"), height)?;
        Some(stamped.value.map_or("deleted".to_owned(), |value| String::from_utf8(value.to_vec()).unwrap()))
    }

    #[test]
    fn readers_at_a_height_keep_their_view_and_nothing_older_is_kept() {
        let table = Memtable::default();
        table.apply(vec![write("a", 1, Some("1"))], 0);
        table.apply(vec![write("a", 2, Some("2"))], 1);
        table.apply(vec![write("a", 3, None)], 1);
        assert_eq!(text(&table, 0), None);
        assert_eq!(text(&table, 1).as_deref(), Some("1"));
        assert_eq!(text(&table, 2).as_deref(), Some("2"));
        assert_eq!(text(&table, 3).as_deref(), Some("deleted"));

        table.apply(vec![write("a", 4, Some("4"))], 3);
        let kept: usize = table
            .shards
            .iter()
            .flat_map(|shard| shard.read().unwrap().iter().map(|c| c.older.len()).collect::<Vec<_>>())
            .sum();
        assert_eq!(kept, 1, "only the value that a reader at 3 sees");
    }

    #[test]
    fn two_writes_of_one_block_leave_the_later() {
        let table = Memtable::default();
        table.apply(vec![write("a", 1, Some("x")), write("a", 1, Some("y"))], 0);
        assert_eq!(text(&table, 1).as_deref(), Some("y"));
        assert_eq!(text(&table, 0), None);
        assert_eq!(table.len(), 1);
    }
}
