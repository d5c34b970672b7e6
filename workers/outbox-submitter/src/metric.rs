//! What the submitter counts.

use std::time::Duration;

use gx_base::{DURATION_SECONDS_BUCKETS, MetricDecl, MetricKind};
use gx_store::outbox::Depth;

/// Every metric of the submitter.
pub const METRICS: &[MetricDecl] = &[
    MetricDecl {
        name: DEPTH,
        kind: MetricKind::Gauge,
        labels: &["state"],
        help: "Commands in the outbox by state: pending, submitting, submitted, dead, unprojected.",
    },
    MetricDecl {
        name: OLDEST_AGE,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "How long the oldest waiting command has been waiting for the ledger, in seconds.",
    },
    MetricDecl {
        name: RETRIES,
        kind: MetricKind::Counter,
        labels: &["command", "reason"],
        help: "Commands tried again, by command and reason: transport, storage, invalid, lost, paused.",
    },
    MetricDecl {
        name: DEAD_LETTERS,
        kind: MetricKind::Counter,
        labels: &["command"],
        help: "Commands given up after their last attempt; an administrator may replay them.",
    },
    MetricDecl {
        name: SUBMIT_DURATION,
        kind: MetricKind::Histogram(DURATION_SECONDS_BUCKETS),
        labels: &["command", "result"],
        help: "From the claim of a command to its end, in seconds, by command and result: committed, replayed, failed, \
               dead, released, lost.",
    },
    MetricDecl {
        name: IN_FLIGHT,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Commands in the hands of this submitter.",
    },
    MetricDecl {
        name: BREAKER_OPEN,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Whether the circuit breaker towards the ledger is open (1) or closed (0).",
    },
];

const DEPTH: &str = "gx_outbox_depth";
const OLDEST_AGE: &str = "gx_outbox_oldest_age_seconds";
const RETRIES: &str = "gx_outbox_retries_total";
const DEAD_LETTERS: &str = "gx_outbox_dead_letters_total";
const SUBMIT_DURATION: &str = "gx_outbox_submit_duration_seconds";
const IN_FLIGHT: &str = "gx_outbox_in_flight";
const BREAKER_OPEN: &str = "gx_outbox_breaker_open";

pub(crate) fn depth(depth: Depth, oldest_age: Duration) {
    for (state, commands) in [
        ("pending", depth.pending),
        ("submitting", depth.submitting),
        ("submitted", depth.submitted),
        ("dead", depth.dead),
        ("unprojected", depth.unprojected),
    ] {
        metrics::gauge!(DEPTH, "state" => state).set(commands as f64);
    }
    metrics::gauge!(OLDEST_AGE).set(oldest_age.as_secs_f64());
}

pub(crate) fn retry(command: &'static str, reason: &'static str) {
    metrics::counter!(RETRIES, "command" => command, "reason" => reason).increment(1);
}

pub(crate) fn dead_letter(command: &'static str) {
    metrics::counter!(DEAD_LETTERS, "command" => command).increment(1);
}

pub(crate) fn ended(command: &'static str, result: &'static str, took: Duration) {
    metrics::histogram!(SUBMIT_DURATION, "command" => command, "result" => result).record(took.as_secs_f64());
}

pub(crate) fn in_flight(commands: usize) {
    metrics::gauge!(IN_FLIGHT).set(commands as f64);
}

pub(crate) fn breaker(open: bool) {
    metrics::gauge!(BREAKER_OPEN).set(if open { 1.0 } else { 0.0 });
}
