//! The verdict on a transaction, in block order: is everything that it read still so?

use std::ops::Bound;

use super::codec::Malformed;
use super::index;
use super::overlay::View;
use super::payload::PayloadView;
use crate::block::TxCode;
use crate::error::LedgerError;

/// Why there is no verdict.
pub(crate) enum NoVerdict {
    /// The transaction cannot be read.
    Malformed(Malformed),
    /// The state cannot be read.
    State(LedgerError),
}

impl From<Malformed> for NoVerdict {
    fn from(problem: Malformed) -> Self {
        Self::Malformed(problem)
    }
}

impl From<LedgerError> for NoVerdict {
    fn from(error: LedgerError) -> Self {
        Self::State(error)
    }
}

/// Validates a transaction against the state after everything before it.
pub(crate) fn verdict(payload: &PayloadView<'_>, view: View<'_>) -> Result<TxCode, NoVerdict> {
    if view.get(&index::tx_key(&payload.tx_id()?))?.is_some() {
        return Ok(TxCode::DuplicateTxId);
    }
    let mut code = TxCode::Valid;
    payload.reads(|key, version| {
        if code == TxCode::Valid && view.version(key)? != version {
            code = TxCode::MvccReadConflict;
        }
        Ok::<_, NoVerdict>(())
    })?;
    if code != TxCode::Valid {
        return Ok(code);
    }
    for range in payload.ranges()? {
        // One more than was found shows what was added.
        let now = view.range(Bound::Included(range.from), &range.to, range.found.len() + 1)?;
        let now = now.iter().map(|(key, stamped)| (&**key, stamped.version));
        if !now.eq(range.found.iter().map(|(key, version)| (key.as_slice(), *version))) {
            return Ok(TxCode::PhantomReadConflict);
        }
    }
    Ok(TxCode::Valid)
}
