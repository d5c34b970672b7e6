//! The ledger port, the embedded ledger and the suite that every ledger must pass.
//!
//! [`Ledger`] is what the rest of GX sees. [`Prepared`], [`Outcome`], [`Block`] and [`LedgerError`] are its words. The
//! embedded ledger keeps a hash-chained log of blocks in a folder; the state that contracts read is derived from it.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod bench;
mod block;
pub mod conformance;
mod embedded;
mod error;
mod fixture;
mod metrics;
mod port;
mod transaction;

pub use block::{Block, RawBlock, Tx, TxCode};
pub use embedded::{
    Basis, EmbeddedLedger, EmbeddedOptions, Endorsable, Found, KeyRead, KeyWrite, OwnEntry, Signed, Verified,
};
pub use error::{LedgerError, LedgerErrorClass};
pub use metrics::METRICS;
pub use port::Ledger;
pub use transaction::{Committed, Envelope, KeyState, LedgerInfo, Outcome, Prepared, Proposal, Settled};
