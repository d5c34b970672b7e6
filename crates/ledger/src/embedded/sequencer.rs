//! Putting transactions in order: one thread that validates them, cuts blocks, and hands those to the committer.
//!
//! While a block is being written, the next one is put together on top of it. Nobody hears of a result, not even of a
//! refusal, before the blocks it rests on are durable.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use gx_contracts::Receipt;
use gx_types::TxId;

use super::candidate::Candidate;
use super::chain::BlockBuilder;
use super::inner::Inner;
use super::overlay::{Overlay, View};
use super::queue::{Answer, Fused, Item, Next};
use super::simulate::{Simulated, simulate};
use super::state::{Snapshot, Version, Write};
use crate::block::TxCode;
use crate::error::LedgerError;
use crate::transaction::{Committed, Settled};

/// What became of a transaction in a block.
#[derive(Debug)]
pub(super) struct TxResult {
    pub(super) tx_id: TxId,
    pub(super) code: TxCode,
    pub(super) receipt: Option<Receipt>,
}

/// What the caller of a submission is told once everything it rests on is durable.
#[derive(Debug)]
pub(super) enum Told {
    /// What became of the transaction at this position of the block.
    Position(u32),
    /// Something else.
    Settled(Box<Settled>),
}

/// A block on its way to the disk.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) number: u64,
    /// May be empty: then there is nothing to write, only answers that wait for the blocks before.
    pub(super) builder: BlockBuilder,
    pub(super) writes: Vec<Write>,
    pub(super) results: Vec<TxResult>,
    pub(super) answers: Vec<(Answer, Told)>,
    /// Blocks of an earlier generation rest on one that could not be written.
    pub(super) generation: u64,
}

/// The chain as the sequencer sees it: with the blocks that are on their way.
pub(super) struct Sequencer {
    inner: Arc<Inner>,
    commits: SyncSender<Commit>,
    /// Number of the last block that was cut.
    height: u64,
    overlay: Overlay,
    generation: u64,
}

impl Sequencer {
    pub(super) fn new(inner: Arc<Inner>, commits: SyncSender<Commit>) -> Self {
        let height = inner.state.tip().number;
        let generation = inner.generation();
        Self { inner, commits, height, overlay: Overlay::above(height), generation }
    }

    /// Works until the queue is closed and empty. A block is cut when it is full, or when it has waited long enough and
    /// the committer is idle: while one block is being written, the next one fills.
    pub(super) fn run(mut self) {
        let inner = Arc::clone(&self.inner);
        let (count_max, bytes_max) = (inner.options.block_count_max, inner.options.block_bytes_max);
        let mut draft = self.draft();
        let mut cut_at = None;
        loop {
            let items = match inner.queue.next(count_max.saturating_sub(draft.builder.count() as usize), cut_at) {
                Next::Items(items) => items,
                next @ (Next::Cut | Next::Closed) => {
                    if !self.hand_over(draft) || matches!(next, Next::Closed) {
                        return;
                    }
                    (draft, cut_at) = (self.draft(), None);
                    continue;
                }
            };
            if inner.generation() != self.generation {
                // A block could not be written: everything on top of it is gone as well. The committer says so to those
                // whose transactions are in this one.
                if !self.hand_over(draft) {
                    return;
                }
                self.generation = inner.generation();
                self.height = inner.state.tip().number;
                self.overlay = Overlay::above(self.height);
                (draft, cut_at) = (self.draft(), None);
            }
            if let Err(error) = inner.state.check_room() {
                items.into_iter().for_each(|item| self.refuse(item, &error));
                continue;
            }
            let snapshot = inner.state.snapshot();
            self.overlay.forget(snapshot.height());
            for item in items {
                self.order(&mut draft, &snapshot, item);
                cut_at.get_or_insert_with(|| Instant::now() + inner.options.block_wait);
                if draft.builder.count() as usize >= count_max || draft.builder.bytes() >= bytes_max {
                    if !self.hand_over(draft) {
                        return;
                    }
                    (draft, cut_at) = (self.draft(), None);
                }
            }
        }
    }

    fn draft(&self) -> Commit {
        Commit {
            number: self.height + 1,
            builder: BlockBuilder::new(),
            writes: Vec::new(),
            results: Vec::new(),
            answers: Vec::new(),
            generation: self.generation,
        }
    }

    /// Validates a transaction and puts it into the block.
    fn order(&mut self, draft: &mut Commit, snapshot: &Snapshot, item: Item) {
        let view = View::pending(&self.overlay, snapshot);
        let Item { candidate, fused } = item;
        let verdict = match &fused {
            None => match candidate.is_known(view) {
                Ok(true) => Ok(TxCode::DuplicateTxId),
                Ok(false) => candidate.verdict(view),
                Err(error) => Err(error),
            },
            // Its id was made a moment ago.
            Some(_) => candidate.verdict(view),
        };
        match (verdict, fused) {
            (Ok(code), None) => {
                self.place(draft, candidate, code);
            }
            (Ok(TxCode::Valid), Some(fused)) => {
                let position = self.place(draft, candidate, TxCode::Valid);
                draft.answers.push((fused.answer, Told::Position(position)));
            }
            (Ok(_), Some(fused)) => self.execute(draft, snapshot, *fused),
            (Err(error), fused) => {
                tracing::error!(tx_id = %candidate.tx_id, %error, "a transaction could not be validated and was not ordered");
                self.refuse(Item { candidate, fused }, &error);
            }
        }
    }

    /// Simulates a call on top of everything before it: what it reads cannot change until its place in the block.
    fn execute(&mut self, draft: &mut Commit, snapshot: &Snapshot, fused: Fused) {
        let inner = Arc::clone(&self.inner);
        let view = View::pending(&self.overlay, snapshot);
        let Fused { proposal, answer } = fused;
        let told = match simulate(&proposal, &inner.options.msp_id, view, &inner.chain, &*inner.entropy) {
            Ok(Simulated::Transaction(candidate)) => Ok(Told::Position(self.place(draft, candidate, TxCode::Valid))),
            Ok(Simulated::Refused(refusal)) => Ok(Told::Settled(Box::new(Settled::Refused(refusal)))),
            Ok(Simulated::Replayed(receipt)) => {
                inner.place_of(view, receipt).map(|committed| Told::Settled(Box::new(Settled::Replayed(committed))))
            }
            Err(error) => Err(error),
        };
        match told {
            Ok(told) => draft.answers.push((answer, told)),
            Err(error) => {
                // Whoever stopped waiting does not need to know.
                let _ = answer.send(Err(error));
            }
        }
    }

    /// Puts a transaction into the block.
    fn place(&mut self, draft: &mut Commit, candidate: Candidate, code: TxCode) -> u32 {
        let position = draft.builder.add(code, &candidate.payload, &candidate.envelope);
        let first = draft.writes.len();
        candidate.state_writes(code, Version { block: draft.number, position }, &mut draft.writes);
        self.overlay.add(draft.number, draft.writes.get(first..).unwrap_or_default());
        let Candidate { tx_id, receipt, .. } = candidate;
        draft.results.push(TxResult { tx_id, code, receipt: (code == TxCode::Valid).then_some(receipt) });
        position
    }

    /// Gives the block to the committer; `false`: there is none any more.
    fn hand_over(&mut self, commit: Commit) -> bool {
        if commit.builder.count() > 0 {
            self.height = commit.number;
        } else if commit.answers.is_empty() {
            return true;
        }
        self.inner.queue.commit_begins();
        self.commits.send(commit).is_ok()
    }

    fn refuse(&self, item: Item, error: &LedgerError) {
        match item.fused {
            None => self.inner.waiters.tell(std::iter::once(item.candidate.tx_id), |_| Err(error.clone())),
            Some(fused) => {
                // Whoever stopped waiting does not need to know.
                let _ = fused.answer.send(Err(error.clone()));
            }
        }
    }
}

impl TxResult {
    /// The transaction with its place, if it is valid.
    pub(super) fn committed(&self, block: u64, position: u32) -> Option<Committed> {
        Some(Committed { tx_id: self.tx_id, block, position, receipt: self.receipt.clone()? })
    }
}
