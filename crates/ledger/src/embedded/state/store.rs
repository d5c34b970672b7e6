//! The store as a whole: applying blocks, opening, closing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use super::background;
use super::cache::ValueCache;
use super::manifest::Manifest;
use super::run::Run;
use super::snapshot::{Readers, Sealed, Snapshot, Structure};
use super::version::Write;
use crate::embedded::files;
use crate::embedded::log::Tip;
use crate::error::LedgerError;

/// Full tables that may wait for the disk before applying waits too.
const SEALED_MAX: usize = 3;

/// Sizes of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StateOptions {
    /// Bytes in memory after which a table becomes a run.
    pub(crate) memtable_bytes: usize,
    /// Bytes of values from runs kept in memory.
    pub(crate) cache_bytes: usize,
}

/// What is readable now.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) structure: Arc<Structure>,
    pub(super) tip: Tip,
}

/// What the background threads wait for and report.
#[derive(Debug, Default)]
pub(super) struct Signals {
    pub(super) stop: bool,
    /// Why the last table could not be written to disk; cleared by the next that is.
    pub(super) flush_trouble: Option<LedgerError>,
}

/// What the threads of a store share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) options: StateOptions,
    pub(super) current: RwLock<Current>,
    /// Held while the list of runs changes.
    manifest: Mutex<Manifest>,
    pub(super) signals: Mutex<Signals>,
    pub(super) wake: Condvar,
    readers: Arc<Readers>,
}

impl Shared {
    pub(super) fn structure(&self) -> Arc<Structure> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).structure)
    }

    /// An id for a run to be written.
    pub(super) fn next_run_id(&self) -> u64 {
        let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let id = manifest.next_run;
        manifest.next_run += 1;
        id
    }

    /// Changes which runs there are: first durably, then for new readers.
    pub(super) fn commit(
        &self,
        manifest_change: impl FnOnce(&mut Manifest),
        change: impl FnOnce(&Structure) -> Structure,
    ) -> Result<(), LedgerError> {
        let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = manifest.clone();
        manifest_change(&mut next);
        next.store(&self.folder)?;
        *manifest = next;
        {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            current.structure = Arc::new(change(&current.structure));
        }
        drop(manifest);
        let _signals = self.signals();
        self.wake.notify_all();
        Ok(())
    }

    pub(super) fn signals(&self) -> MutexGuard<'_, Signals> {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of a ledger.
#[derive(Debug)]
pub(crate) struct StateStore {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl StateStore {
    /// Opens the state in `folder`, or begins an empty one for the chain with this genesis block.
    pub(crate) fn open(folder: &Path, options: StateOptions, genesis: Tip) -> Result<Self, LedgerError> {
        files::create_folder(folder)?;
        let manifest = if let Some(manifest) = Manifest::load(folder)? {
            if manifest.fingerprint != genesis.hash {
                return Err(LedgerError::damaged(
                    &Manifest::path(folder),
                    0,
                    "this state belongs to a ledger with another genesis block",
                ));
            }
            manifest
        } else {
            let manifest = Manifest { fingerprint: genesis.hash, tip: genesis, next_run: 1, runs: Vec::new() };
            manifest.store(folder)?;
            manifest
        };
        Self::remove_strays(folder, &manifest)?;
        // Sequences count from the oldest run, which is the last in the list.
        let sequences = (1..=manifest.runs.len() as u64).rev();
        let runs = manifest
            .runs
            .iter()
            .zip(sequences)
            .map(|(info, sequence)| Run::open(folder, *info, sequence).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        let cache = Arc::new(ValueCache::new(options.cache_bytes));
        let structure = Structure { active: Arc::default(), sealed: Vec::new(), runs, cache };
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            options,
            current: RwLock::new(Current { structure: Arc::new(structure), tip: manifest.tip }),
            manifest: Mutex::new(manifest),
            signals: Mutex::default(),
            wake: Condvar::new(),
            readers: Arc::default(),
        });
        let threads = background::start(&shared)?;
        Ok(Self { shared, threads })
    }

    /// Removes what a crash left over: runs that were written but never named by a manifest.
    fn remove_strays(folder: &Path, manifest: &Manifest) -> Result<(), LedgerError> {
        let named: HashSet<String> = manifest.runs.iter().map(|run| format!("{:016}", run.id)).collect();
        for stem in files::stems(folder, "run")? {
            if !named.contains(&stem) {
                let path = folder.join(format!("{stem}.run"));
                std::fs::remove_file(&path).map_err(|error| LedgerError::storage("remove", &path, &error))?;
            }
        }
        Ok(())
    }

    /// The last block applied.
    pub(crate) fn tip(&self) -> Tip {
        self.shared.current.read().unwrap_or_else(PoisonError::into_inner).tip
    }

    /// The state after the last block applied.
    pub(crate) fn snapshot(&self) -> Snapshot {
        // Entering under the lock: a later apply sees this reader, or this reader sees its result.
        let current = self.shared.current.read().unwrap_or_else(PoisonError::into_inner);
        self.shared.readers.enter(current.tip.number);
        Snapshot::new(Arc::clone(&current.structure), current.tip, Arc::clone(&self.shared.readers))
    }

    /// Applies the writes of a block, in order, and makes them visible together. Only one thread applies.
    pub(crate) fn apply(&self, writes: Vec<Write>, tip: Tip) {
        let (active, before) = {
            let current = self.shared.current.read().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(&current.structure.active), current.tip.number)
        };
        active.apply(writes, self.shared.readers.oldest().unwrap_or(before));
        let full = active.bytes() >= self.shared.options.memtable_bytes;
        {
            let mut current = self.shared.current.write().unwrap_or_else(PoisonError::into_inner);
            current.tip = tip;
            if full {
                current.structure = Arc::new(current.structure.sealed_at(tip));
            }
        }
        if full {
            self.wait_for_room();
        }
    }

    /// Whether more can be applied without piling up in memory.
    ///
    /// # Errors
    /// Why tables cannot be written to disk.
    pub(crate) fn check_room(&self) -> Result<(), LedgerError> {
        if self.shared.structure().sealed.len() < SEALED_MAX {
            return Ok(());
        }
        self.shared.signals().flush_trouble.clone().map_or(Ok(()), Err)
    }

    /// Writes everything in memory to runs and waits for it, so that the next start has nothing to apply again.
    pub(crate) fn flush(&self) -> Result<(), LedgerError> {
        {
            let mut current = self.shared.current.write().unwrap_or_else(PoisonError::into_inner);
            if current.structure.active.len() > 0 {
                let tip = current.tip;
                current.structure = Arc::new(current.structure.sealed_at(tip));
            }
        }
        let mut signals = self.shared.signals();
        self.shared.wake.notify_all();
        while !self.shared.structure().sealed.is_empty() {
            if let Some(trouble) = &signals.flush_trouble {
                return Err(trouble.clone());
            }
            signals = self.shared.wake.wait(signals).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Bytes on disk and number of runs.
    pub(crate) fn size(&self) -> (u64, usize) {
        let structure = self.shared.structure();
        (structure.runs.iter().map(|run| run.info().bytes).sum(), structure.runs.len())
    }

    fn wait_for_room(&self) {
        let mut signals = self.shared.signals();
        self.shared.wake.notify_all();
        while self.shared.structure().sealed.len() >= SEALED_MAX && signals.flush_trouble.is_none() && !signals.stop {
            signals = self.shared.wake.wait(signals).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Structure {
    /// With the active table put aside for the flusher, complete up to `tip`.
    fn sealed_at(&self, tip: Tip) -> Self {
        let mut sealed = Vec::with_capacity(self.sealed.len() + 1);
        sealed.push(Sealed { table: Arc::clone(&self.active), tip });
        sealed.extend(self.sealed.iter().cloned());
        Self { active: Arc::default(), sealed, runs: self.runs.clone(), cache: Arc::clone(&self.cache) }
    }
}

impl Drop for StateStore {
    fn drop(&mut self) {
        self.shared.signals().stop = true;
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; there is nothing left to wait for.
            let _ = thread.join();
        }
    }
}
