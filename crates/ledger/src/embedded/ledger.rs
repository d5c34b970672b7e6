//! The embedded ledger behind the port.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gx_base::{Clock, Entropy};
use gx_contracts::{Call, Key, KeyRecord, Namespace};
use gx_types::{LedgerKey, Sha256Hex, Timestamp, TxId};
use tokio::sync::{oneshot, watch};

use super::committer;
use super::envelope::Endorser;
use super::files;
use super::inner::{Anchors, Announced, Inner};
use super::open::{self, Folders, Found, Opened};
use super::options::EmbeddedOptions;
use super::overlay::View;
use super::queue::{Fused, Item, Queue};
use super::reader::ChainReader;
use super::sequencer::Sequencer;
use super::simulate::{self, Simulated, simulate};
use super::state::KeyRef;
use super::verify::{self, Verified};
use crate::block::Block;
use crate::error::LedgerError;
use crate::port::Ledger;
use crate::transaction::{Envelope, KeyState, LedgerInfo, Outcome, Prepared, Proposal, Settled};

/// Blocks that may wait behind the one being written.
const COMMITS_WAITING: usize = 1;

/// A ledger in a folder of this machine.
pub struct EmbeddedLedger {
    pub(super) inner: Arc<Inner>,
    folder: PathBuf,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held as long as the ledger is open.
    _lock: File,
}

impl EmbeddedLedger {
    /// Opens the ledger in `folder`, or begins one there.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] when another process has it open, [`LedgerError::Damaged`] when a file does not hold what
    /// was written, [`LedgerError::Rejected`] when the ledger belongs to another environment, and
    /// [`LedgerError::Storage`].
    pub fn open(
        folder: &Path,
        options: EmbeddedOptions,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, LedgerError> {
        let folders = Folders::of(folder);
        files::create_folder(folder)?;
        let lock = open::lock(folder)?;
        let Opened { genesis, state, log } = open::open(&folders, &options, &*clock, &*entropy)?;
        let endorser = Endorser::open(&folder.join("endorser.key"), &*entropy)?;
        let state = Arc::new(state);
        let chain = ChainReader::new(&folders.blocks, Arc::clone(&state), &folders.state);
        let inner = Arc::new(Inner {
            queue: Queue::new(options.queue_max),
            announced: watch::Sender::new(Announced { tip: state.tip(), closed: false }),
            options,
            clock,
            entropy,
            endorser,
            genesis,
            state,
            chain,
            waiters: super::waiters::Waiters::default(),
            generation: std::sync::atomic::AtomicU64::new(0),
            anchors: Anchors::default(),
        });
        inner.announce(inner.state.tip());
        crate::metrics::opened(inner.state.tip().number);

        let (commits, committed) = sync_channel(COMMITS_WAITING);
        let sequencer = Sequencer::new(Arc::clone(&inner), commits);
        let committing = Arc::clone(&inner);
        let threads = vec![
            spawn("gx-ledger-order", folder, Arc::clone(&inner), move || sequencer.run())?,
            spawn("gx-ledger-commit", folder, Arc::clone(&inner), move || {
                committer::run(&committing, log, &committed)
            })?,
        ];
        Ok(Self { inner, folder: folder.to_owned(), threads: Mutex::new(threads), _lock: lock })
    }

    /// Looks which chain is in `folder`, and makes nothing there; `None` when there is none. Another process may have it
    /// open.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`], [`LedgerError::Rejected`] when the chain belongs to another environment, and
    /// [`LedgerError::Storage`].
    pub fn look(folder: &Path, options: &EmbeddedOptions) -> Result<Option<Found>, LedgerError> {
        open::look(&Folders::of(folder), options)
    }

    /// Takes nothing more, settles what waits, writes the state to disk and ends the ledger's threads. Dropping the
    /// ledger does the same; this one reports what went wrong.
    ///
    /// # Errors
    /// [`LedgerError::Storage`] when the state could not be written; the blocks are safe, and the next start applies
    /// them again.
    pub fn close(&self) -> Result<(), LedgerError> {
        self.inner.queue.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        if threads.is_empty() {
            return Ok(());
        }
        for thread in threads {
            // A thread that panicked has said so; there is nothing left to wait for.
            let _ = thread.join();
        }
        self.inner.shut();
        self.inner.state.flush()
    }

    /// Goes through the whole chain up to the present height: checksums, hashes, verdicts; derives the state anew in a
    /// folder beside it and compares key by key. `progress` hears of every block. Takes long on a long chain; call it
    /// from a thread that may block.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] names the first thing that is not as it must be.
    pub fn verify(&self, progress: impl FnMut(u64)) -> Result<Verified, LedgerError> {
        verify::verify(&self.inner, &self.folder.join("verify"), progress)
    }

    /// Removes the state derived from the chain in `folder`, so that the next opening derives it anew from block 0: the
    /// way out when the state is damaged and the chain is not.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] when a process has the ledger open, and [`LedgerError::Storage`].
    pub fn discard_state(folder: &Path) -> Result<(), LedgerError> {
        let _lock = open::lock(folder)?;
        let state = Folders::of(folder).state;
        std::fs::remove_dir_all(&state).map_err(|error| LedgerError::storage("remove", &state, &error))
    }

    /// Bytes of the state on disk and the number of files it is in.
    #[must_use]
    pub fn state_size(&self) -> (u64, usize) {
        self.inner.state.size()
    }
}

impl Drop for EmbeddedLedger {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(%error, "the ledger's state was not written at the end; the next start applies its blocks again");
        }
    }
}

impl std::fmt::Debug for EmbeddedLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedLedger").field("tip", &self.inner.state.tip()).finish_non_exhaustive()
    }
}

/// Starts a thread after which, however it ends, nobody waits in vain.
fn spawn(
    name: &str,
    folder: &Path,
    inner: Arc<Inner>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, LedgerError> {
    struct Shut(Arc<Inner>);
    impl Drop for Shut {
        fn drop(&mut self) {
            if std::thread::panicking() {
                self.0.shut();
            }
        }
    }
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _shut = Shut(inner);
            work();
        })
        .map_err(|error| LedgerError::storage("start a thread for", folder, &error))
}

#[async_trait]
impl Ledger for EmbeddedLedger {
    async fn prepare(&self, proposal: Proposal) -> Result<Prepared, LedgerError> {
        let inner = &self.inner;
        let snapshot = inner.state.snapshot();
        let view = View::durable(&snapshot);
        Ok(match simulate(&proposal, &inner.options.msp_id, view, &inner.chain, &*inner.entropy)? {
            Simulated::Transaction(candidate) => {
                Prepared::Envelope(inner.endorser.seal(candidate.tx_id, candidate.payload))
            }
            Simulated::Replayed(receipt) => Prepared::Replayed(inner.place_of(view, receipt)?),
            Simulated::Refused(refusal) => Prepared::Refused(refusal),
        })
    }

    async fn send(&self, envelope: &Envelope) -> Result<(), LedgerError> {
        let mut candidate = self.inner.endorser.open_envelope(envelope)?;
        candidate.foreign = !self.inner.has(candidate.basis)?;
        self.inner.queue.push(Item { candidate, fused: None })
    }

    async fn outcome(&self, tx_id: &TxId, wait: Duration) -> Result<Outcome, LedgerError> {
        let known = self.inner.look_up(tx_id)?;
        if known != Outcome::Unknown || wait.is_zero() {
            return Ok(known);
        }
        let waiter = self.inner.waiters.wait_for(*tx_id);
        // It may have ended between the look and the wait.
        let known = self.inner.look_up(tx_id)?;
        if known != Outcome::Unknown {
            return Ok(known);
        }
        tokio::time::timeout(wait, waiter.told()).await.unwrap_or(Ok(Outcome::Unknown))
    }

    async fn receipt_of(&self, key: &LedgerKey) -> Result<Option<KeyState>, LedgerError> {
        let inner = &self.inner;
        let stored = Key::new(Namespace::Idempotency, &[key.as_str()])
            .map_err(|error| LedgerError::rejected(error.to_string()))?;
        let snapshot = inner.state.snapshot();
        let Some(value) = snapshot.get(KeyRef::new(stored.as_str().as_bytes()))?.and_then(|stamped| stamped.value)
        else {
            return Ok(None);
        };
        let record: KeyRecord = serde_json::from_slice(&value)
            .map_err(|_| inner.chain.state_damage(&format!("the record of ledger key {key} does not have its form")))?;
        Ok(Some(match record {
            KeyRecord::Done { receipt, .. } => KeyState::Receipt(inner.place_of(View::durable(&snapshot), receipt)?),
            KeyRecord::Void { tx_id } => KeyState::Void { tx_id },
        }))
    }

    async fn evaluate(&self, call: Call) -> Result<Vec<u8>, LedgerError> {
        let inner = &self.inner;
        let snapshot = inner.state.snapshot();
        let now = inner.clock.now();
        simulate::query(&call, now, &inner.options.msp_id, View::durable(&snapshot), &inner.chain)
    }

    async fn info(&self) -> Result<LedgerInfo, LedgerError> {
        let tip = self.inner.state.tip();
        Ok(LedgerInfo {
            fingerprint: Sha256Hex::from_bytes(self.inner.genesis.hash),
            height: tip.number,
            last_block_hash: Sha256Hex::from_bytes(tip.hash),
            last_block_at: Timestamp::from_micros(tip.timestamp),
            organisations: self.inner.options.organisations.clone(),
        })
    }

    fn blocks(&self, from: u64) -> BoxStream<'static, Result<Arc<Block>, LedgerError>> {
        struct Follower {
            inner: Arc<Inner>,
            announced: watch::Receiver<Announced>,
            next: u64,
            failed: bool,
        }
        let follower = Follower {
            announced: self.inner.announced.subscribe(),
            inner: Arc::clone(&self.inner),
            next: from,
            failed: false,
        };
        stream::unfold(follower, |mut follower| async move {
            if follower.failed {
                return None;
            }
            loop {
                let Announced { tip, closed } = *follower.announced.borrow_and_update();
                if follower.next <= tip.number {
                    let (inner, number) = (Arc::clone(&follower.inner), follower.next);
                    let block = tokio::task::spawn_blocking(move || inner.chain.block(number)).await;
                    let block = block.unwrap_or(Err(LedgerError::Closed));
                    follower.failed = block.is_err();
                    follower.next += 1;
                    return Some((block, follower));
                }
                if closed || follower.announced.changed().await.is_err() {
                    return None;
                }
            }
        })
        .boxed()
    }

    async fn submit(&self, proposal: Proposal, wait: Duration) -> Result<Settled, LedgerError> {
        let candidate = {
            let inner = &self.inner;
            let snapshot = inner.state.snapshot();
            let view = View::durable(&snapshot);
            match simulate(&proposal, &inner.options.msp_id, view, &inner.chain, &*inner.entropy)? {
                Simulated::Transaction(candidate) => candidate,
                Simulated::Replayed(receipt) => return inner.place_of(view, receipt).map(Settled::Replayed),
                Simulated::Refused(refusal) => return Ok(Settled::Refused(refusal)),
            }
        };
        let (answer, answered) = oneshot::channel();
        self.inner.queue.push(Item { candidate, fused: Some(Box::new(Fused { proposal, answer })) })?;
        match tokio::time::timeout(wait, answered).await {
            Ok(Ok(settled)) => settled,
            Ok(Err(_)) => Err(LedgerError::Closed),
            Err(_) => Err(LedgerError::Unreachable { detail: format!("no answer within {} ms", wait.as_millis()) }),
        }
    }
}
