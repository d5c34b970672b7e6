//! Opening: the lock, the genesis block, the state, and the blocks that the state has not seen.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gx_base::{Clock, Entropy, EntropyExt};
use gx_types::Sha256Hex;

use super::chain::{self, BodyView};
use super::codec::Malformed;
use super::files;
use super::index;
use super::log::{LogReader, LogWriter, Place, Step, Tip};
use super::options::EmbeddedOptions;
use super::payload::PayloadView;
use super::state::{SharedKey, Stamped, StateOptions, StateStore, Version, Write};
use crate::block::TxCode;
use crate::error::LedgerError;

/// The folders of a ledger.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    pub(super) root: PathBuf,
    pub(super) blocks: PathBuf,
    pub(super) state: PathBuf,
}

impl Folders {
    pub(super) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), blocks: root.join("blocks"), state: root.join("state") }
    }
}

/// Takes the lock that keeps other processes out until it is dropped.
pub(super) fn lock(root: &Path) -> Result<File, LedgerError> {
    let path = root.join("ledger.lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| LedgerError::storage("open", &path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { file: path }),
        Err(TryLockError::Error(error)) => Err(LedgerError::storage("lock", &path, &error)),
    }
}

/// A chain in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Hash of its genesis block.
    pub fingerprint: Sha256Hex,
    /// Whether a block follows the genesis block.
    pub has_more: bool,
}

/// A ledger's parts, ready to go on.
pub(super) struct Opened {
    pub(super) genesis: Tip,
    pub(super) state: StateStore,
    pub(super) log: LogWriter,
}

/// Opens the chain in `folders`, or begins one.
pub(super) fn open(
    folders: &Folders,
    options: &EmbeddedOptions,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Opened, LedgerError> {
    files::create_folder(&folders.blocks)?;
    let reader = LogReader::new(&folders.blocks);
    let genesis = match read_genesis(&reader, folders, options)? {
        Some(genesis) => genesis,
        None => begin(folders, options, clock, entropy)?,
    };
    let state_options = StateOptions { memtable_bytes: options.memtable_bytes, cache_bytes: options.cache_bytes };
    let state = StateStore::open(&folders.state, state_options, genesis)?;
    let log = catch_up(&reader, &state, folders, options)?;
    Ok(Opened { genesis, state, log })
}

/// What a folder holds, looked at without making anything in it; `None`: no chain.
pub(super) fn look(folders: &Folders, options: &EmbeddedOptions) -> Result<Option<Found>, LedgerError> {
    if !folders.blocks.is_dir() {
        return if folders.state.exists() {
            Err(LedgerError::damaged(&folders.blocks, 0, "there is a state, but no chain"))
        } else {
            Ok(None)
        };
    }
    let reader = LogReader::new(&folders.blocks);
    let Some(genesis) = read_genesis(&reader, folders, options)? else { return Ok(None) };
    let mut scan = reader.scan(0, 0, 0)?;
    scan.next()?;
    let has_more = matches!(scan.next()?, Step::Block { .. });
    Ok(Some(Found { fingerprint: Sha256Hex::from_bytes(genesis.hash), has_more }))
}

/// The genesis block of the chain; `None`: there is no chain yet.
fn read_genesis(reader: &LogReader, folders: &Folders, options: &EmbeddedOptions) -> Result<Option<Tip>, LedgerError> {
    let step = if reader.segments()?.is_empty() { None } else { Some(reader.scan(0, 0, 0)?.next()?) };
    match step {
        Some(Step::Block { number, body, place }) => {
            let path = reader.path(place.segment);
            let damaged = |problem: Malformed| LedgerError::damaged(&path, place.offset, problem.0);
            let view = BodyView::new(number, &body).map_err(damaged)?;
            let environment = view.environment().map_err(damaged)?;
            if environment != options.environment.as_str() {
                return Err(LedgerError::rejected(format!(
                    "the ledger in {} belongs to {environment}, not to {}",
                    folders.root.display(),
                    options.environment.as_str()
                )));
            }
            Ok(Some(tip_of(&view, place)))
        }
        // Nothing, or a genesis block that a crash cut short: nobody has seen a fingerprint yet.
        None | Some(Step::End(_)) => {
            if folders.state.exists() {
                return Err(LedgerError::damaged(&folders.blocks, 0, "there is a state, but no chain"));
            }
            Ok(None)
        }
    }
}

fn begin(
    folders: &Folders,
    options: &EmbeddedOptions,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Tip, LedgerError> {
    let salt: [u8; 32] = entropy.bytes();
    let block = chain::genesis(options.environment.as_str(), &salt, clock.now().micros());
    let mut log = LogWriter::create(&folders.blocks, options.segment_bytes_max)?;
    let place = log.append(0, &block.body)?;
    files::sync_folder(&folders.root)?;
    Ok(Tip {
        number: 0,
        hash: block.hash,
        timestamp: block.timestamp,
        segment: place.segment,
        offset: place.offset + place.bytes,
    })
}

fn tip_of(view: &BodyView<'_>, place: Place) -> Tip {
    Tip {
        number: view.number,
        hash: view.hash,
        timestamp: view.timestamp,
        segment: place.segment,
        offset: place.offset + place.bytes,
    }
}

/// Applies the blocks that the state has not seen, cuts off an unfinished write, and opens the log for appending.
fn catch_up(
    reader: &LogReader,
    state: &StateStore,
    folders: &Folders,
    options: &EmbeddedOptions,
) -> Result<LogWriter, LedgerError> {
    let start = state.tip();
    let mut scan = reader.scan(start.number + 1, start.segment, start.offset)?;
    if start.number == 0 {
        // The place of the genesis block is not known from a block before it.
        let genesis = reader.scan(0, 0, 0)?.next()?;
        if let Step::Block { place, .. } = genesis {
            state.apply(vec![index::block_write(0, place)], start);
        }
    }
    loop {
        match scan.next()? {
            Step::Block { number, body, place } => {
                let path = reader.path(place.segment);
                let (writes, tip) = block_writes(number, &body, place, &state.tip())
                    .map_err(|problem| LedgerError::damaged(&path, place.offset, problem.0))?;
                state.apply(writes, tip);
            }
            Step::End(tail) => {
                let applied = state.tip().number;
                if applied > start.number {
                    tracing::info!(blocks = applied - start.number, height = applied, "applied blocks to the state");
                }
                if tail.unfinished > 0 {
                    tracing::warn!(
                        file = %reader.path(tail.segment).display(),
                        offset = tail.offset,
                        bytes = tail.unfinished,
                        "cut off a block that a crash left unfinished; nobody was told of it"
                    );
                }
                return LogWriter::resume(&folders.blocks, options.segment_bytes_max, tail.segment, tail.offset);
            }
        }
    }
}

fn collect_writes(
    payload: &PayloadView<'_>,
    code: TxCode,
    version: Version,
    writes: &mut Vec<Write>,
) -> Result<(), Malformed> {
    if code == TxCode::Valid {
        payload.writes(|key, value| {
            let stamped = Stamped { version, value: value.map(Arc::from) };
            writes.push(Write { key: SharedKey::new(key), stamped });
        })?;
    }
    if code != TxCode::DuplicateTxId {
        writes.push(index::tx_write(&payload.id_and_basis()?.0, version, code));
    }
    Ok(())
}

/// Everything a block writes to the state, its hashes checked, and the tip after it.
pub(super) fn block_writes(
    number: u64,
    body: &[u8],
    place: Place,
    before: &Tip,
) -> Result<(Vec<Write>, Tip), Malformed> {
    let view = BodyView::new(number, body)?;
    if view.previous != before.hash {
        return Err(Malformed("the block does not follow the one before it"));
    }
    let mut writes = Vec::new();
    view.transactions(|position, code, payload| {
        // Receipts are not needed here, and this is the way of every block at a start.
        collect_writes(&PayloadView::new(payload)?, code, Version { block: number, position }, &mut writes)
    })?;
    writes.push(index::block_write(number, place));
    Ok((writes, tip_of(&view, place)))
}
