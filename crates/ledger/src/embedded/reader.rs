//! Reading the chain: blocks by number, transactions by place, the history of a key.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gx_contracts::{HistoryEntry, Receipt};

use super::chain::BodyView;
use super::codec::Malformed;
use super::index;
use super::log::{LogReader, Place};
use super::payload::{self, Anchor, PayloadView};
use super::sequencer::TxResult;
use super::state::{KeyRef, StateStore, Version};
use crate::block::{Block, RawBlock, TxCode};
use crate::error::LedgerError;

/// Blocks kept in memory after they were committed, for those who follow the chain and ask for outcomes.
const RECENT_BLOCKS_MAX: usize = 64;
const RECENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A block in memory.
#[derive(Debug)]
pub(crate) struct RecentBlock {
    pub(crate) number: u64,
    pub(crate) body: Vec<u8>,
    /// What became of each transaction.
    pub(super) results: Vec<TxResult>,
    block: OnceLock<Arc<Block>>,
}

impl RecentBlock {
    pub(super) fn new(number: u64, body: Vec<u8>, results: Vec<TxResult>) -> Self {
        Self { number, body, results, block: OnceLock::new() }
    }
}

/// The last blocks, newest at the back.
#[derive(Debug, Default)]
struct Recent {
    blocks: VecDeque<Arc<RecentBlock>>,
    bytes: usize,
}

/// Reads the chain.
#[derive(Debug)]
pub(crate) struct ChainReader {
    log: LogReader,
    state: Arc<StateStore>,
    state_folder: PathBuf,
    recent: Mutex<Recent>,
}

impl ChainReader {
    pub(crate) fn new(log_folder: &Path, state: Arc<StateStore>, state_folder: &Path) -> Self {
        let log = LogReader::new(log_folder);
        Self { log, state, state_folder: state_folder.to_owned(), recent: Mutex::default() }
    }

    /// Keeps a block that was just committed in memory for a while.
    pub(crate) fn remember(&self, block: Arc<RecentBlock>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.bytes += block.body.len();
        recent.blocks.push_back(block);
        while recent.blocks.len() > RECENT_BLOCKS_MAX || (recent.bytes > RECENT_BYTES_MAX && recent.blocks.len() > 1) {
            if let Some(oldest) = recent.blocks.pop_front() {
                recent.bytes -= oldest.body.len();
            }
        }
    }

    /// Block `number`, which must not be above the height.
    pub(crate) fn block(&self, number: u64) -> Result<Arc<Block>, LedgerError> {
        if let Some(recent) = self.recent(number) {
            if let Some(block) = recent.block.get() {
                return Ok(Arc::clone(block));
            }
            let block = Arc::new(self.decode(number, &recent.body)?);
            return Ok(Arc::clone(recent.block.get_or_init(|| block)));
        }
        let (body, place) = self.body(number)?;
        BodyView::new(number, &body)
            .and_then(|view| view.decode())
            .map(Arc::new)
            .map_err(|problem| self.block_damage(place, problem))
    }

    /// Block `number` in Fabric's shape.
    pub(crate) fn raw_block(&self, number: u64) -> Result<RawBlock, LedgerError> {
        if let Some(recent) = self.recent(number) {
            return BodyView::new(number, &recent.body)
                .and_then(|view| view.raw())
                .map_err(|problem| self.state_damage(&format!("block {number} in memory: {}", problem.0)));
        }
        let (body, place) = self.body(number)?;
        BodyView::new(number, &body).and_then(|view| view.raw()).map_err(|problem| self.block_damage(place, problem))
    }

    /// Verdict and receipt of the transaction at a place.
    pub(crate) fn result(&self, version: Version) -> Result<(TxCode, Option<Receipt>), LedgerError> {
        let missing = || self.state_damage(&format!("no transaction {} in block {}", version.position, version.block));
        if let Some(recent) = self.recent(version.block) {
            let result = recent.results.get(version.position as usize).ok_or_else(missing)?;
            return Ok((result.code, result.receipt.clone()));
        }
        let mut found = None;
        self.walk_block(version.block, |position, code, payload| {
            if position == version.position {
                found = Some((code, if code == TxCode::Valid { Some(payload.receipt()?) } else { None }));
            }
            Ok(())
        })?;
        found.ok_or_else(missing)
    }

    /// The values a key had, newest first. A transaction that reads a key before it writes it (every balance is written
    /// like that) names the transaction before; a value written without reading, as first values are, ends the walk.
    pub(crate) fn history(
        &self,
        key: &[u8],
        newest: Option<Version>,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, LedgerError> {
        let mut history = Vec::new();
        let mut next = newest;
        while let Some(version) = next.filter(|_| history.len() < limit) {
            next = None;
            self.walk_block(version.block, |position, _, payload| {
                if position != version.position {
                    return Ok(());
                }
                let mut written = None;
                payload.writes(|written_key, value| {
                    if written_key == key {
                        written = Some(value.map(<[u8]>::to_vec));
                    }
                })?;
                payload.reads(|_, read_key, read| {
                    if read_key == key {
                        next = read;
                    }
                    Ok::<_, Malformed>(())
                })?;
                let head = payload.head()?;
                history.extend(written.map(|value| HistoryEntry {
                    tx_id: head.tx_id,
                    timestamp: head.timestamp,
                    value,
                }));
                Ok(())
            })?;
        }
        Ok(history)
    }

    /// The body of a block and where it lies.
    pub(crate) fn body(&self, number: u64) -> Result<(Vec<u8>, Place), LedgerError> {
        let entry = self.state.snapshot().get(KeyRef::new(&index::block_key(number)))?;
        let value = entry
            .and_then(|stamped| stamped.value)
            .ok_or_else(|| self.state_damage(&format!("the place of block {number} is missing")))?;
        let place = index::block_place(&value).map_err(|problem| self.state_damage(problem.0))?;
        Ok((self.log.read(number, place)?, place))
    }

    /// The anchor of a block.
    pub(crate) fn anchor(&self, number: u64) -> Result<Anchor, LedgerError> {
        let (body, place) = self.body(number)?;
        let view = BodyView::new(number, &body).map_err(|problem| self.block_damage(place, problem))?;
        Ok(payload::anchor_of(&view.hash))
    }

    pub(crate) fn log(&self) -> &LogReader {
        &self.log
    }

    /// Damage in the state that no checksum tells: what it holds does not fit together.
    pub(crate) fn state_damage(&self, what: &str) -> LedgerError {
        LedgerError::damaged(&self.state_folder, 0, what)
    }

    fn recent(&self, number: u64) -> Option<Arc<RecentBlock>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let first = recent.blocks.front()?.number;
        recent.blocks.get(usize::try_from(number.checked_sub(first)?).ok()?).cloned()
    }

    fn decode(&self, number: u64, body: &[u8]) -> Result<Block, LedgerError> {
        BodyView::new(number, body)
            .and_then(|view| view.decode())
            .map_err(|problem| self.state_damage(&format!("block {number} in memory: {}", problem.0)))
    }

    fn walk_block(
        &self,
        number: u64,
        mut each: impl FnMut(u32, TxCode, PayloadView<'_>) -> Result<(), Malformed>,
    ) -> Result<(), LedgerError> {
        let (body, place) = self.body(number)?;
        BodyView::new(number, &body)
            .and_then(|view| {
                view.transactions(|position, code, payload| each(position, code, PayloadView::new(payload)?))
            })
            .map_err(|problem| self.block_damage(place, problem))
    }

    fn block_damage(&self, place: Place, problem: Malformed) -> LedgerError {
        LedgerError::damaged(&self.log.path(place.segment), place.offset, problem.0)
    }
}
