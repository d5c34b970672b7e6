//! Making blocks durable and visible: one thread that writes, applies, and tells.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use super::index;
use super::inner::Inner;
use super::log::{LogWriter, Tip};
use super::reader::RecentBlock;
use super::sequencer::Commit;
use crate::block::TxCode;
use crate::error::LedgerError;
use crate::metrics;
use crate::transaction::{Committed, Outcome};

/// Works until the sequencer has ended.
pub(super) fn run(inner: &Arc<Inner>, mut log: LogWriter, commits: &Receiver<Commit>) {
    while let Ok(commit) = commits.recv() {
        let started = Instant::now();
        if commit.generation != inner.generation() {
            fail(inner, commit, &LedgerError::Unreachable { detail: "a block before it could not be written".into() });
            continue;
        }
        let Commit { block, mut writes, results, answers, generation } = commit;
        if let Some(block) = block {
            let place = match log.append(block.number, &block.body) {
                Ok(place) => place,
                Err(error) => {
                    tracing::error!(%error, block = block.number, "a block could not be written; its transactions are not in the ledger");
                    inner.next_generation();
                    fail(inner, Commit { block: None, writes, results, answers, generation }, &error);
                    continue;
                }
            };
            writes.push(index::block_write(block.number, place));
            let tip = Tip {
                number: block.number,
                hash: block.hash,
                timestamp: block.timestamp,
                segment: place.segment,
                offset: place.offset + place.bytes,
            };
            inner.state.apply(writes, tip);
            metrics::committed(block.number, results.len(), started.elapsed());

            // Remembered before anyone is told: whoever is told may ask for the block at once.
            let outcomes = results.iter().map(|result| (result.code, result.receipt.clone())).collect();
            inner.chain.remember(RecentBlock::new(block.number, block.body, outcomes));
            inner.announce(tip);
            inner.waiters.tell(results.iter().map(|result| result.tx_id), |position| {
                let Some(result) = results.get(position) else { return Ok(Outcome::Unknown) };
                Ok(match (&result.receipt, result.code) {
                    // The first transaction with the id has the outcome; this one changes nothing.
                    (_, TxCode::DuplicateTxId) => return inner.look_up(&result.tx_id),
                    (Some(receipt), _) => Outcome::Committed(Committed {
                        tx_id: result.tx_id,
                        block: block.number,
                        position: position as u32,
                        receipt: receipt.clone(),
                    }),
                    (None, code) => Outcome::Invalid { block: block.number, code },
                })
            });
        }
        for (answer, settled) in answers {
            // Whoever stopped waiting does not need to know.
            let _ = answer.send(Ok(settled));
        }
    }
}

fn fail(inner: &Inner, commit: Commit, error: &LedgerError) {
    inner.waiters.tell(commit.results.iter().map(|result| result.tx_id), |_| Err(error.clone()));
    for (answer, _) in commit.answers {
        // Whoever stopped waiting does not need to know.
        let _ = answer.send(Err(error.clone()));
    }
}
