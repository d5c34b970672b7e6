//! A ledger in a temporary folder.

use std::path::Path;
use std::sync::Arc;

use gx_base::{ManualClock, SeededEntropy};
use gx_ledger::conformance::Suite;
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, LedgerError};
use gx_types::{EnvName, Timestamp};

pub const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// Small sizes, so that segments roll, tables flush and runs merge within a test.
pub fn small() -> EmbeddedOptions {
    EmbeddedOptions { segment_bytes_max: 300_000, memtable_bytes: 100_000, ..EmbeddedOptions::of(EnvName::Devnet) }
}

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(NOW))
}

pub fn open_with(folder: &Path, options: EmbeddedOptions, seed: u64) -> Result<Arc<EmbeddedLedger>, LedgerError> {
    EmbeddedLedger::open(folder, options, clock(), Arc::new(SeededEntropy::new(seed))).map(Arc::new)
}

/// Opens with small sizes. Two openings of one folder take different seeds, as two processes have different randomness.
pub fn open(folder: &Path, seed: u64) -> Arc<EmbeddedLedger> {
    open_with(folder, small(), seed).unwrap()
}

pub fn suite(ledger: &Arc<EmbeddedLedger>, crowd: usize) -> Suite {
    Suite::new(Arc::clone(ledger) as _, clock(), crowd)
}
