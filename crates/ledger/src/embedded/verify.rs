//! Going through the whole chain: every checksum, every hash, every verdict, and the state derived anew and compared.

use std::ops::Bound;
use std::path::Path;

use super::candidate::Candidate;
use super::chain::BodyView;
use super::codec::Malformed;
use super::files;
use super::index;
use super::inner::Inner;
use super::log::{Step, Tip};
use super::open::block_writes;
use super::overlay::{Overlay, View};
use super::payload::{self, Anchor, Basis};
use super::state::{StateOptions, StateStore, Version};
use crate::block::TxCode;
use crate::error::LedgerError;

/// What a verification went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The last block that was verified.
    pub height: u64,
    /// Transactions in those blocks.
    pub transactions: u64,
    /// Those of them that took effect.
    pub valid: u64,
    /// Keys of the state that were compared.
    pub keys: u64,
}

/// Verifies the chain up to its present height. Works in `scratch`, which is removed before and after.
pub(super) fn verify(inner: &Inner, scratch: &Path, mut progress: impl FnMut(u64)) -> Result<Verified, LedgerError> {
    remove(scratch)?;
    let result = derive_and_compare(inner, scratch, &mut progress);
    let removed = remove(scratch);
    let verified = result?;
    removed?;
    Ok(verified)
}

fn remove(folder: &Path) -> Result<(), LedgerError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LedgerError::storage("remove", folder, &error))
        }
        _ => Ok(()),
    }
}

fn derive_and_compare(inner: &Inner, scratch: &Path, progress: &mut dyn FnMut(u64)) -> Result<Verified, LedgerError> {
    // 1. The state as it is, held at its height while the chain may grow.
    let snapshot = inner.state.snapshot();
    let mut verified = Verified { height: snapshot.height(), transactions: 0, valid: 0, keys: 0 };

    // 2. The state as the chain says it must be.
    files::create_folder(scratch)?;
    let options = StateOptions { memtable_bytes: inner.options.memtable_bytes, cache_bytes: inner.options.cache_bytes };
    let derived = StateStore::open(scratch, options, inner.genesis)?;
    let log = inner.chain.log();
    let mut scan = log.scan(0, 0, 0)?;
    // Eight bytes a block, by number.
    let mut anchors = Vec::new();
    loop {
        let (number, body, place) = match scan.next()? {
            Step::Block { number, body, place } if number <= verified.height => (number, body, place),
            Step::Block { .. } => break,
            Step::End(tail) if derived.tip().number < verified.height => {
                let what = format!("the log ends before block {}", derived.tip().number + 1);
                return Err(LedgerError::damaged(&log.path(tail.segment), tail.offset, what));
            }
            Step::End(_) => break,
        };
        let path = log.path(place.segment);
        let damaged = |what: String| LedgerError::damaged(&path, place.offset, what);
        if number == 0 {
            let view = BodyView::new(0, &body).map_err(|problem| damaged(problem.0.to_owned()))?;
            if view.hash != inner.genesis.hash {
                return Err(damaged("the genesis block is another one".to_owned()));
            }
            derived.apply(vec![index::block_write(0, place)], inner.genesis);
            anchors.push(payload::anchor_of(&view.hash));
            continue;
        }
        check_verdicts(number, &body, &derived, &anchors, &mut verified).map_err(|problem| match problem {
            Problem::Malformed(problem) => damaged(format!("block {number}: {}", problem.0)),
            Problem::State(error) => error,
        })?;
        let before: Tip = derived.tip();
        let (writes, tip) = block_writes(number, &body, place, &before)
            .map_err(|problem| damaged(format!("block {number}: {}", problem.0)))?;
        derived.apply(writes, tip);
        anchors.push(payload::anchor_of(&tip.hash));
        progress(number);
    }

    // 3. Both, key by key.
    let derived = derived.snapshot();
    let mut ours = snapshot.range(Bound::Unbounded, Bound::Unbounded)?;
    let mut theirs = derived.range(Bound::Unbounded, Bound::Unbounded)?;
    loop {
        match (ours.next()?, theirs.next()?) {
            (None, None) => return Ok(verified),
            (Some(ours), Some(theirs)) if ours == theirs => verified.keys += 1,
            (ours, theirs) => {
                let key = ours.or(theirs).map(|(key, _)| String::from_utf8_lossy(&key).replace('\0', "/"));
                let what = format!("key {} is not what the chain says", key.unwrap_or_default());
                return Err(inner.chain.state_damage(&what));
            }
        }
    }
}

/// Validates the transactions of a block anew and compares the verdicts.
fn check_verdicts(
    number: u64,
    body: &[u8],
    derived: &StateStore,
    anchors: &[Anchor],
    verified: &mut Verified,
) -> Result<(), Problem> {
    let before = derived.snapshot();
    // An overlay that knows nothing of earlier blocks: every version is compared with the state.
    let mut overlay = Overlay::above(u64::MAX);
    BodyView::new(number, body)?.transactions(|position, code, payload| {
        let mut candidate = Candidate::new(payload.to_vec(), None)?;
        let Basis { height, anchor } = candidate.basis;
        candidate.foreign = anchors.get(usize::try_from(height).unwrap_or(usize::MAX)) != Some(&anchor);
        // Certificates are not at hand here: what was condemned for its signatures stays so.
        candidate.condemned = match code {
            TxCode::EndorsementPolicyFailure | TxCode::Other(_) => Some(code),
            _ => None,
        };
        let view = View::pending(&overlay, &before);
        let verdict = if candidate.is_known(view)? { TxCode::DuplicateTxId } else { candidate.verdict(view)? };
        if verdict != code {
            return Err(Malformed("a transaction has another verdict than the chain gives it").into());
        }
        let mut writes = Vec::new();
        candidate.state_writes(code, Version { block: number, position }, &mut writes);
        overlay.add(number, &writes);
        verified.transactions += 1;
        verified.valid += u64::from(code == TxCode::Valid);
        Ok(())
    })
}

/// Why a block cannot be verified.
enum Problem {
    /// A transaction is not as it must be.
    Malformed(Malformed),
    /// The state cannot be read.
    State(LedgerError),
}

impl From<Malformed> for Problem {
    fn from(problem: Malformed) -> Self {
        Self::Malformed(problem)
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        Self::State(error)
    }
}
