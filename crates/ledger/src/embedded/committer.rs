//! Making blocks durable and visible: one thread that chains, writes, applies, and tells.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use super::chain::BuiltBlock;
use super::index;
use super::inner::Inner;
use super::log::{LogWriter, Tip};
use super::queue::{Answer, Queue};
use super::reader::RecentBlock;
use super::sequencer::{Commit, Told, TxResult};
use crate::block::TxCode;
use crate::error::LedgerError;
use crate::metrics;
use crate::transaction::{Outcome, Settled};

/// Works until the sequencer has ended.
pub(super) fn run(inner: &Arc<Inner>, mut log: LogWriter, commits: &Receiver<Commit>) {
    while let Ok(commit) = commits.recv() {
        // When this block has been dealt with, however that ends, the next one may be cut.
        let _done = Done(&inner.queue);
        let started = Instant::now();
        let Commit { number, builder, mut writes, results, answers, generation } = commit;
        if generation != inner.generation() {
            let error = LedgerError::Unreachable { detail: "a block before it could not be written".to_owned() };
            fail(inner, &results, answers, &error);
            continue;
        }
        if builder.count() == 0 {
            tell_answers(answers, number, &results);
            continue;
        }
        let before = inner.state.tip();
        let timestamp = inner.clock.now().micros().max(before.timestamp);
        let BuiltBlock { hash, body, .. } = builder.finish(number, &before.hash, timestamp);
        let place = match log.append(number, &body) {
            Ok(place) => place,
            Err(error) => {
                tracing::error!(%error, block = number, "a block could not be written; its transactions are not in the ledger");
                inner.next_generation();
                fail(inner, &results, answers, &error);
                continue;
            }
        };
        writes.push(index::block_write(number, place));
        let tip = Tip { number, hash, timestamp, segment: place.segment, offset: place.offset + place.bytes };
        inner.state.apply(writes, tip);
        metrics::committed(number, results.len(), started.elapsed());

        // Remembered before anyone is told: whoever is told may ask for the block at once.
        let block = Arc::new(RecentBlock::new(number, body, results));
        inner.chain.remember(Arc::clone(&block));
        inner.announce(tip);
        tell_waiters(inner, number, &block.results);
        tell_answers(answers, number, &block.results);
    }
}

struct Done<'a>(&'a Queue);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.commit_ends();
    }
}

fn tell_waiters(inner: &Inner, number: u64, results: &[TxResult]) {
    inner.waiters.tell(results.iter().map(|result| result.tx_id), |position| {
        let Some(result) = results.get(position) else { return Ok(Outcome::Unknown) };
        match (result.committed(number, position as u32), result.code) {
            (Some(committed), _) => Ok(Outcome::Committed(committed)),
            // The first transaction with the id has the outcome; this one changes nothing.
            (None, TxCode::DuplicateTxId) => inner.look_up(&result.tx_id),
            (None, code) => Ok(Outcome::Invalid { block: number, code }),
        }
    });
}

fn tell_answers(answers: Vec<(Answer, Told)>, number: u64, results: &[TxResult]) {
    for (answer, told) in answers {
        let settled = match told {
            Told::Settled(settled) => Some(*settled),
            Told::Position(position) => results
                .get(position as usize)
                .and_then(|result| result.committed(number, position))
                .map(Settled::Committed),
        };
        // Whoever stopped waiting does not need to know.
        let _ = answer.send(settled.ok_or(LedgerError::Closed));
    }
}

fn fail(inner: &Inner, results: &[TxResult], answers: Vec<(Answer, Told)>, error: &LedgerError) {
    inner.waiters.tell(results.iter().map(|result| result.tx_id), |_| Err(error.clone()));
    for (answer, _) in answers {
        // Whoever stopped waiting does not need to know.
        let _ = answer.send(Err(error.clone()));
    }
}
