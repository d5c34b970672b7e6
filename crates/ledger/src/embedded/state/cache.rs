//! Values that were read from runs lately, so that what is asked for all the time is found at once.
//!
//! Every run has a sequence that rises with each flush; a merged run has the highest of those it replaces. A cached value
//! says up to which sequence it is the newest one. A reader looks only into runs above that, and if none of them knows
//! the key, the cached value stands. Nothing ever has to be removed because something was written.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashTable;

use super::key::{KeyRef, SharedKey};
use super::version::Stamped;

/// Parts with a lock of their own.
const SHARDS: usize = 16;

/// What an entry costs beside its key and value.
const ENTRY_OVERHEAD_BYTES: usize = 160;

#[derive(Debug)]
struct Slot {
    key: SharedKey,
    stamped: Stamped,
    /// No run with a sequence up to this one has anything newer.
    newest_up_to: u64,
    /// Asked for since the hand last passed.
    used: bool,
}

impl Slot {
    fn bytes(&self) -> usize {
        self.key.bytes.len() + self.stamped.size() + ENTRY_OVERHEAD_BYTES
    }
}

#[derive(Debug, Default)]
struct Shard {
    slots: HashTable<Slot>,
    /// The order in which slots come before the hand.
    ring: VecDeque<SharedKey>,
    bytes: usize,
}

/// A cache with a limit in bytes that gives values a second chance (CLOCK).
#[derive(Debug)]
pub(crate) struct ValueCache {
    shards: Vec<Mutex<Shard>>,
    shard_bytes_max: usize,
}

impl ValueCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), shard_bytes_max: bytes_max / SHARDS }
    }

    fn shard(&self, hash: u64) -> Option<&Mutex<Shard>> {
        self.shards.get((hash >> 32) as usize % SHARDS)
    }

    /// The value of a key and up to which sequence it is the newest, for a reader whose newest run is `newest`.
    pub(crate) fn get(&self, key: KeyRef<'_>, newest: u64) -> Option<(Stamped, u64)> {
        let mut shard = self.shard(key.hash)?.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = shard.slots.find_mut(key.hash, |slot| *slot.key.bytes == *key.bytes)?;
        // A reader of an earlier state must not see what came after it.
        if slot.newest_up_to > newest {
            return None;
        }
        slot.used = true;
        Some((slot.stamped.clone(), slot.newest_up_to))
    }

    /// Keeps the value that a reader found as the newest one up to sequence `newest`.
    pub(crate) fn put(&self, key: KeyRef<'_>, stamped: &Stamped, newest: u64) {
        let Some(shard) = self.shard(key.hash) else { return };
        let mut guard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let shard = &mut *guard;
        if let Some(slot) = shard.slots.find_mut(key.hash, |slot| *slot.key.bytes == *key.bytes) {
            if slot.newest_up_to < newest {
                shard.bytes = shard.bytes + stamped.size() - slot.stamped.size();
                slot.stamped = stamped.clone();
                slot.newest_up_to = newest;
            }
            return;
        }
        let key = SharedKey { bytes: key.bytes.into(), hash: key.hash };
        let slot = Slot { key: key.clone(), stamped: stamped.clone(), newest_up_to: newest, used: false };
        let bytes = slot.bytes();
        if bytes > self.shard_bytes_max {
            return;
        }
        shard.make_room(self.shard_bytes_max - bytes);
        shard.bytes += bytes;
        shard.ring.push_back(key);
        shard.slots.insert_unique(slot.key.hash, slot, |slot| slot.key.hash);
    }
}

impl Shard {
    fn make_room(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some(oldest) = self.ring.pop_front() else { return };
            let Ok(mut place) = self.slots.find_entry(oldest.hash, |slot| slot.key == oldest) else { continue };
            if place.get().used {
                place.get_mut().used = false;
                self.ring.push_back(oldest);
            } else {
                self.bytes -= place.remove().0.bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::version::Version;
    use super::*;

    fn value(block: u64, size: usize) -> Stamped {
        Stamped { version: Version { block, position: 0 }, value: Some(vec![7; size].into()) }
    }

    #[test]
    fn the_cache_stays_below_its_limit_and_keeps_what_is_used() {
        let cache = ValueCache::new(SHARDS * 10_000);
        let favourite = KeyRef::new(b"favourite");
        cache.put(favourite, &value(1, 100), 1);
        for number in 0..5_000_u32 {
            let key = number.to_string();
            cache.put(KeyRef::new(key.as_bytes()), &value(1, 500), 1);
            assert!(cache.get(favourite, 1).is_some(), "a value that is used all the time went away");
        }
        let kept: usize = cache.shards.iter().map(|shard| shard.lock().unwrap().bytes).sum();
        assert!(kept <= SHARDS * 10_000 && kept > SHARDS * 5_000, "{kept} bytes are kept");
    }

    #[test]
    fn readers_of_an_earlier_state_do_not_see_later_values() {
        let cache = ValueCache::new(1_000_000);
        let key = KeyRef::new(b"key");
        cache.put(key, &value(9, 10), 3);
        assert!(cache.get(key, 2).is_none());
        assert_eq!(cache.get(key, 3), Some((value(9, 10), 3)));
        assert_eq!(cache.get(key, 5), Some((value(9, 10), 3)));
        cache.put(key, &value(8, 10), 2);
        assert_eq!(cache.get(key, 5), Some((value(9, 10), 3)), "an older finding does not replace a newer");
        cache.put(key, &value(9, 10), 5);
        assert_eq!(cache.get(key, 4), None);
    }
}
