//! What the chaincode host tells about itself in numbers.

use std::time::Duration;

use gx_base::{DURATION_SECONDS_BUCKETS, MetricDecl, MetricKind};

const TRANSACTIONS: &str = "gx_chaincode_transactions_total";
const IN_FLIGHT: &str = "gx_chaincode_in_flight";
const DURATION: &str = "gx_chaincode_duration_seconds";
const STREAMS: &str = "gx_chaincode_streams";
const STRAY: &str = "gx_chaincode_stray_messages_total";

/// The metrics of the chaincode host.
pub const METRICS: &[MetricDecl] = &[
    MetricDecl {
        name: TRANSACTIONS,
        kind: MetricKind::Counter,
        labels: &["outcome"],
        help: "Transactions that the chaincode host answered, by outcome: done, refused, failed.",
    },
    MetricDecl {
        name: IN_FLIGHT,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Transactions that the chaincode host has taken and not answered yet.",
    },
    MetricDecl {
        name: DURATION,
        kind: MetricKind::Histogram(DURATION_SECONDS_BUCKETS),
        labels: &[],
        help: "Time from a transaction's arrival at the chaincode host to its answer, in seconds.",
    },
    MetricDecl {
        name: STREAMS,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Streams of peers that the chaincode host serves.",
    },
    MetricDecl {
        name: STRAY,
        kind: MetricKind::Counter,
        labels: &[],
        help: "Messages of peers that the chaincode host dropped because nothing waited for them.",
    },
];

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Refused,
    Failed,
}

pub(super) fn answered(outcome: Outcome, took: Duration) {
    let outcome = match outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
    };
    metrics::counter!(TRANSACTIONS, "outcome" => outcome).increment(1);
    metrics::histogram!(DURATION).record(took);
}

pub(super) fn stray() {
    metrics::counter!(STRAY).increment(1);
}

/// Counts something that is there as long as the value lives.
pub(super) struct Counted(&'static str);

impl Counted {
    pub(super) fn transaction() -> Self {
        Self::new(IN_FLIGHT)
    }

    pub(super) fn stream() -> Self {
        Self::new(STREAMS)
    }

    fn new(name: &'static str) -> Self {
        metrics::gauge!(name).increment(1.0);
        Self(name)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!(self.0).decrement(1.0);
    }
}
