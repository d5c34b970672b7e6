//! A transaction taken apart for the sequencer, on the thread of whoever brings it.

use std::ops::{Bound, Range};
use std::sync::Arc;

use gx_contracts::Receipt;
use gx_types::TxId;

use super::codec::Malformed;
use super::index;
use super::overlay::View;
use super::payload::{Basis, PayloadView, RangeRead};
use super::state::{KeyRef, SharedKey, Stamped, Version, Write};
use crate::block::TxCode;
use crate::error::LedgerError;

/// A key that was read, by its place in the payload.
#[derive(Debug)]
struct Read {
    place: Range<usize>,
    hash: u64,
    version: Option<Version>,
}

/// A transaction that is to be validated and put into a block.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) tx_id: TxId,
    pub(super) payload: Vec<u8>,
    pub(super) receipt: Receipt,
    /// The block after which it was simulated.
    pub(super) basis: Basis,
    /// That block is not in this chain: nothing that was read counts.
    pub(super) foreign: bool,
    /// The verdict of whoever took it in, when that is not «valid so far».
    pub(super) condemned: Option<TxCode>,
    /// What its client signed; empty when no client did.
    pub(super) envelope: Vec<u8>,
    reads: Vec<Read>,
    ranges: Vec<RangeRead>,
    writes: Vec<(SharedKey, Option<Arc<[u8]>>)>,
}

impl Candidate {
    /// Takes a payload apart; the receipt is read from it unless it is at hand.
    pub(super) fn new(payload: Vec<u8>, receipt: Option<Receipt>) -> Result<Self, Malformed> {
        let view = PayloadView::new(&payload)?;
        let (tx_id, basis) = view.id_and_basis()?;
        let receipt = match receipt {
            Some(receipt) => receipt,
            None => view.receipt()?,
        };
        let mut reads = Vec::new();
        view.reads(|place, key, version| {
            reads.push(Read { place, hash: KeyRef::new(key).hash, version });
            Ok::<_, Malformed>(())
        })?;
        let mut writes = Vec::new();
        view.writes(|key, value| writes.push((SharedKey::new(key), value.map(Arc::from))))?;
        let ranges = view.ranges()?;
        let (foreign, condemned, envelope) = (false, None, Vec::new());
        Ok(Self { tx_id, basis, foreign, condemned, envelope, receipt, reads, ranges, writes, payload })
    }

    /// Whether everything that was read is still so.
    pub(super) fn verdict(&self, view: View<'_>) -> Result<TxCode, LedgerError> {
        if let Some(code) = self.condemned {
            return Ok(code);
        }
        if self.foreign {
            return Ok(TxCode::MvccReadConflict);
        }
        for Read { place, hash, version } in &self.reads {
            let bytes = self.payload.get(place.clone()).unwrap_or_default();
            if !view.still_has(KeyRef { bytes, hash: *hash }, *version, self.basis.height)? {
                return Ok(TxCode::MvccReadConflict);
            }
        }
        for range in &self.ranges {
            // One more than was found shows what was added.
            let now = view.range(Bound::Included(range.from.clone()), &range.to, range.found.len() + 1)?;
            let now = now.iter().map(|(key, stamped)| (&**key, stamped.version));
            if !now.eq(range.found.iter().map(|(key, version)| (key.as_slice(), *version))) {
                return Ok(TxCode::PhantomReadConflict);
            }
        }
        Ok(TxCode::Valid)
    }

    /// Whether a transaction with this id is in a block already.
    pub(super) fn is_known(&self, view: View<'_>) -> Result<bool, LedgerError> {
        Ok(view.get(KeyRef::new(&index::tx_key(&self.tx_id)))?.is_some())
    }

    /// What goes into the state when the transaction is in its place with a verdict: its writes if it is valid, and its
    /// own entry unless its id was there before.
    pub(super) fn state_writes(&self, code: TxCode, version: Version, writes: &mut Vec<Write>) {
        if code == TxCode::Valid {
            writes.extend(
                self.writes
                    .iter()
                    .map(|(key, value)| Write { key: key.clone(), stamped: Stamped { version, value: value.clone() } }),
            );
        }
        if code != TxCode::DuplicateTxId {
            writes.push(index::tx_write(&self.tx_id, version, code));
        }
    }
}
