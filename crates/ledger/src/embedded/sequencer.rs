//! Putting transactions in order: one thread that validates them, cuts blocks, and hands those to the committer.
//!
//! While a block is being written, the next one is put together on top of it. Nobody hears of a result, not even of a
//! refusal, before the blocks it rests on are durable.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use gx_contracts::Receipt;
use gx_types::TxId;

use super::chain::{BlockBuilder, BuiltBlock};
use super::index;
use super::inner::Inner;
use super::log::Tip;
use super::overlay::{Overlay, View};
use super::payload::PayloadView;
use super::queue::{Answer, Item};
use super::simulate::{Simulated, simulate};
use super::state::{Snapshot, Stamped, Version, Write};
use super::validate::{self, NoVerdict};
use crate::block::TxCode;
use crate::error::LedgerError;
use crate::transaction::{Committed, Proposal, Settled};

/// What became of a transaction in a block.
#[derive(Debug)]
pub(super) struct TxResult {
    pub(super) tx_id: TxId,
    pub(super) code: TxCode,
    pub(super) receipt: Option<Receipt>,
}

/// A block on its way to the disk.
#[derive(Debug)]
pub(super) struct Commit {
    /// `None`: nothing to write, only answers that wait for the blocks before.
    pub(super) block: Option<BuiltBlock>,
    pub(super) writes: Vec<Write>,
    pub(super) results: Vec<TxResult>,
    pub(super) answers: Vec<(Answer, Settled)>,
    /// Blocks of an earlier generation rest on one that could not be written.
    pub(super) generation: u64,
}

/// A block being put together.
struct Draft {
    builder: BlockBuilder,
    number: u64,
    writes: Vec<Write>,
    results: Vec<TxResult>,
    answers: Vec<(Answer, Settled)>,
}

impl Draft {
    fn new(number: u64) -> Self {
        Self { builder: BlockBuilder::new(), number, writes: Vec::new(), results: Vec::new(), answers: Vec::new() }
    }
}

/// The chain as the sequencer sees it: with the blocks that are on their way.
pub(super) struct Sequencer {
    inner: Arc<Inner>,
    commits: SyncSender<Commit>,
    tip: Tip,
    overlay: Overlay,
    generation: u64,
}

impl Sequencer {
    pub(super) fn new(inner: Arc<Inner>, commits: SyncSender<Commit>) -> Self {
        let tip = inner.state.tip();
        let generation = inner.generation();
        Self { inner, commits, tip, overlay: Overlay::default(), generation }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let inner = Arc::clone(&self.inner);
        while let Some(batch) = inner.queue.next_batch(inner.options.block_count_max, inner.options.block_wait) {
            if self.inner.generation() != self.generation {
                // A block could not be written: everything on top of it is gone as well.
                self.generation = self.inner.generation();
                self.overlay.clear();
                self.tip = self.inner.state.tip();
            }
            if let Err(error) = self.inner.state.check_room() {
                self.refuse(batch, &error);
                continue;
            }
            let snapshot = self.inner.state.snapshot();
            self.overlay.forget(snapshot.height());
            let mut draft = Draft::new(self.tip.number + 1);
            for item in batch {
                match item {
                    Item::Envelope { tx_id, payload } => self.order(&mut draft, &snapshot, tx_id, &payload),
                    Item::Proposal { proposal, answer } => self.execute(&mut draft, &snapshot, &proposal, answer),
                }
                if draft.builder.bytes() >= self.inner.options.block_bytes_max {
                    let number = draft.number + 1;
                    if !self.hand_over(std::mem::replace(&mut draft, Draft::new(number))) {
                        return;
                    }
                }
            }
            if !self.hand_over(draft) {
                return;
            }
        }
    }

    /// Validates a transaction that was simulated before.
    fn order(&mut self, draft: &mut Draft, snapshot: &Snapshot, tx_id: TxId, payload: &[u8]) {
        let view = View::pending(&self.overlay, snapshot);
        let checked = PayloadView::new(payload).map_err(NoVerdict::from).and_then(|payload| {
            let code = validate::verdict(&payload, view)?;
            let receipt = if code == TxCode::Valid { Some(payload.receipt()?) } else { None };
            Ok((code, receipt))
        });
        match checked {
            Ok((code, receipt)) => {
                self.place(draft, tx_id, code, receipt, payload);
            }
            Err(problem) => {
                let error = match problem {
                    NoVerdict::Malformed(problem) => LedgerError::rejected(problem.0),
                    NoVerdict::State(error) => error,
                };
                tracing::error!(%tx_id, %error, "a transaction could not be validated and was not ordered");
                self.inner.waiters.tell(std::iter::once(tx_id), |_| Err(error.clone()));
            }
        }
    }

    /// Simulates a call on top of everything before it: what it reads cannot change until its place in the block.
    fn execute(&mut self, draft: &mut Draft, snapshot: &Snapshot, proposal: &Proposal, answer: Answer) {
        let inner = Arc::clone(&self.inner);
        let view = View::pending(&self.overlay, snapshot);
        let simulated = simulate(proposal, &inner.options.msp_id, view, &inner.chain, &*inner.entropy);
        let settled = match simulated {
            Ok(Simulated::Transaction { tx_id, payload, receipt }) => {
                let position = self.place(draft, tx_id, TxCode::Valid, Some(receipt.clone()), &payload);
                Ok(Settled::Committed(Committed { tx_id, block: draft.number, position, receipt }))
            }
            Ok(Simulated::Refused(refusal)) => Ok(Settled::Refused(refusal)),
            Ok(Simulated::Replayed(receipt)) => inner.place_of(view, receipt).map(Settled::Replayed),
            Err(error) => Err(error),
        };
        match settled {
            Ok(settled) => draft.answers.push((answer, settled)),
            Err(error) => {
                // Whoever stopped waiting does not need to know.
                let _ = answer.send(Err(error));
            }
        }
    }

    /// Puts a transaction into the block.
    fn place(&mut self, draft: &mut Draft, tx_id: TxId, code: TxCode, receipt: Option<Receipt>, payload: &[u8]) -> u32 {
        let position = draft.builder.add(code, payload);
        let version = Version { block: draft.number, position };
        let first = draft.writes.len();
        // A payload that was just encoded or checked can be read.
        let _ = collect_writes(payload, code, tx_id, version, &mut draft.writes);
        self.overlay.add(draft.number, draft.writes.get(first..).unwrap_or_default());
        draft.results.push(TxResult { tx_id, code, receipt });
        position
    }

    /// Gives the block to the committer; `false`: there is none any more.
    fn hand_over(&mut self, draft: Draft) -> bool {
        let Draft { builder, number, writes, results, answers } = draft;
        let block = (builder.count() > 0).then(|| {
            let timestamp = self.inner.clock.now().micros().max(self.tip.timestamp);
            let block = builder.finish(number, &self.tip.hash, timestamp);
            self.tip = Tip { number, hash: block.hash, timestamp, ..self.tip };
            block
        });
        if block.is_none() && answers.is_empty() {
            return true;
        }
        self.commits.send(Commit { block, writes, results, answers, generation: self.generation }).is_ok()
    }

    fn refuse(&self, batch: Vec<Item>, error: &LedgerError) {
        for item in batch {
            match item {
                Item::Envelope { tx_id, .. } => {
                    self.inner.waiters.tell(std::iter::once(tx_id), |_| Err(error.clone()));
                }
                Item::Proposal { answer, .. } => {
                    // Whoever stopped waiting does not need to know.
                    let _ = answer.send(Err(error.clone()));
                }
            }
        }
    }
}

/// The state's writes of a transaction: those of the contract if it is valid, and its own entry unless its id was there
/// before.
pub(super) fn collect_writes(
    payload: &[u8],
    code: TxCode,
    tx_id: TxId,
    version: Version,
    writes: &mut Vec<Write>,
) -> Result<(), super::codec::Malformed> {
    if code == TxCode::Valid {
        PayloadView::new(payload)?.writes(|key, value| {
            let stamped = Stamped { version, value: value.map(Arc::from) };
            writes.push(Write { key: Arc::from(key), stamped });
        })?;
    }
    if code != TxCode::DuplicateTxId {
        writes.push(index::tx_write(&tx_id, version, code));
    }
    Ok(())
}
