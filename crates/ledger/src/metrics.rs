//! What the ledger tells about itself in numbers.

use std::time::Duration;

use gx_base::{DURATION_SECONDS_BUCKETS, MetricDecl, MetricKind};

const HEIGHT: &str = "gx_ledger_height";
const COMMIT: &str = "gx_ledger_commit_duration_seconds";
const TRANSACTIONS: &str = "gx_ledger_transactions_total";

/// The metrics of this room.
pub const METRICS: &[MetricDecl] = &[
    MetricDecl {
        name: HEIGHT,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Number of the last block that is durable in the embedded ledger.",
    },
    MetricDecl {
        name: COMMIT,
        kind: MetricKind::Histogram(DURATION_SECONDS_BUCKETS),
        labels: &[],
        help: "Time from a finished block to the block being durable and applied, in seconds.",
    },
    MetricDecl {
        name: TRANSACTIONS,
        kind: MetricKind::Counter,
        labels: &[],
        help: "Transactions written into blocks, the invalid ones too.",
    },
];

/// A ledger was opened at a height.
pub(crate) fn opened(height: u64) {
    set_height(height);
}

/// A block was made durable and applied.
pub(crate) fn committed(height: u64, transactions: usize, took: Duration) {
    set_height(height);
    metrics::counter!(TRANSACTIONS).increment(transactions as u64);
    metrics::histogram!(COMMIT).record(took);
}

fn set_height(height: u64) {
    // A gauge is a float; heights stay exact up to 2⁵³.
    metrics::gauge!(HEIGHT).set(height as f64);
}
