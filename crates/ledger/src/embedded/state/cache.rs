//! Pages of runs that were read lately, checked once and kept.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::key::mix;
use super::page::Page;

/// Parts with a lock of their own.
const SHARDS: usize = 16;

/// A page: run and number in it. Runs never change, so neither does a page.
type PageId = (u64, u32);

#[derive(Debug)]
struct Slot {
    page: Arc<Page>,
    /// Asked for since the hand last passed.
    used: bool,
}

#[derive(Debug, Default)]
struct Shard {
    slots: HashMap<PageId, Slot>,
    /// The order in which pages come before the hand.
    ring: VecDeque<PageId>,
    bytes: usize,
}

/// A cache with a limit in bytes that gives pages a second chance (CLOCK).
#[derive(Debug)]
pub(crate) struct PageCache {
    shards: Vec<Mutex<Shard>>,
    shard_bytes_max: usize,
}

impl PageCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), shard_bytes_max: bytes_max / SHARDS }
    }

    fn shard(&self, id: PageId) -> Option<&Mutex<Shard>> {
        self.shards.get(mix(id.0 ^ (u64::from(id.1) << 32)) as usize % SHARDS)
    }

    pub(crate) fn get(&self, id: PageId) -> Option<Arc<Page>> {
        let mut shard = self.shard(id)?.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = shard.slots.get_mut(&id)?;
        slot.used = true;
        Some(Arc::clone(&slot.page))
    }

    pub(crate) fn put(&self, id: PageId, page: &Arc<Page>) {
        let Some(shard) = self.shard(id) else { return };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = page.bytes();
        if bytes > self.shard_bytes_max || shard.slots.contains_key(&id) {
            return;
        }
        while shard.bytes + bytes > self.shard_bytes_max {
            let Some(oldest) = shard.ring.pop_front() else { break };
            match shard.slots.get_mut(&oldest) {
                Some(slot) if slot.used => {
                    slot.used = false;
                    shard.ring.push_back(oldest);
                }
                Some(slot) => {
                    let freed = slot.page.bytes();
                    shard.slots.remove(&oldest);
                    shard.bytes -= freed;
                }
                None => {}
            }
        }
        shard.slots.insert(id, Slot { page: Arc::clone(page), used: false });
        shard.ring.push_back(id);
        shard.bytes += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::PageBuilder;
    use super::super::version::Version;
    use super::*;

    #[test]
    fn the_cache_stays_below_its_limit_and_keeps_what_is_used() {
        let cache = PageCache::new(SHARDS * 10_000);
        let page = |number: u32| {
            let mut builder = PageBuilder::default();
            builder.add(b"key", Version { block: 1, position: number }, Some(&[7; 1_000]));
            Arc::new(Page::open(builder.finish(1, number), 1, number).unwrap())
        };
        for number in 0..2_000 {
            cache.put((1, number), &page(number));
            assert!(number < 5 || cache.get((1, 5)).is_some(), "a page that is used all the time went away");
            if number == 5 {
                assert!(cache.get((1, 5)).is_some());
            }
        }
        let kept: usize = cache.shards.iter().map(|shard| shard.lock().unwrap().bytes).sum();
        assert!(kept <= SHARDS * 10_000 && kept > SHARDS * 5_000, "{kept} bytes are kept");
    }
}
