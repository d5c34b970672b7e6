//! What the projector tells about itself in numbers.

use std::time::Duration;

use gx_base::{DURATION_SECONDS_BUCKETS, MetricDecl, MetricKind};

const HEIGHT: &str = "gx_projector_height";
const LAG: &str = "gx_projector_lag_blocks";
const AGE: &str = "gx_projector_oldest_unprojected_age_seconds";
const STOPPED: &str = "gx_projector_stopped";
const PARKED: &str = "gx_projector_parked_events";
const EVENTS: &str = "gx_projector_events_total";
const BATCH: &str = "gx_projector_batch_duration_seconds";
const FAULTS: &str = "gx_projector_faults";
const UNKNOWN: &str = "gx_projector_people_unknown_total";

/// The metrics of this room.
pub const METRICS: &[MetricDecl] = &[
    MetricDecl {
        name: HEIGHT,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Number of the last block in the read model; -1 before the first.",
    },
    MetricDecl {
        name: LAG,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Blocks of the ledger that are not in the read model yet.",
    },
    MetricDecl {
        name: AGE,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Age of the oldest block that is not in the read model yet, in seconds; 0 without one.",
    },
    MetricDecl {
        name: STOPPED,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "1 while the projector stands before a block that it must not apply, else 0.",
    },
    MetricDecl {
        name: PARKED,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Informational events that wait to be replayed.",
    },
    MetricDecl { name: EVENTS, kind: MetricKind::Counter, labels: &["event"], help: "Events applied, by name." },
    MetricDecl {
        name: BATCH,
        kind: MetricKind::Histogram(DURATION_SECONDS_BUCKETS),
        labels: &[],
        help: "Time to apply a batch of blocks and commit it, in seconds.",
    },
    MetricDecl {
        name: FAULTS,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Rules about money and people that the last nightly check found broken.",
    },
    MetricDecl {
        name: UNKNOWN,
        kind: MetricKind::Counter,
        labels: &[],
        help: "Changes of people whom the ledger knows and the database does not.",
    },
];

/// A batch was applied.
pub(crate) fn applied(events: &std::collections::BTreeMap<&'static str, u64>, people_unknown: u64, took: Duration) {
    for (event, count) in events {
        metrics::counter!(EVENTS, "event" => *event).increment(*count);
    }
    if people_unknown > 0 {
        metrics::counter!(UNKNOWN).increment(people_unknown);
    }
    metrics::histogram!(BATCH).record(took);
}

/// Where the projector stands.
pub(crate) fn standing(next_block: u64, lag: u64, age: Duration, stopped: bool) {
    // Gauges are floats; heights stay exact up to 2⁵³.
    metrics::gauge!(HEIGHT).set(crate::fold::number(next_block).saturating_sub(1) as f64);
    metrics::gauge!(LAG).set(lag as f64);
    metrics::gauge!(AGE).set(age.as_secs_f64());
    metrics::gauge!(STOPPED).set(if stopped { 1.0 } else { 0.0 });
}

/// Events were parked.
pub(crate) fn parked_more(count: u64) {
    metrics::gauge!(PARKED).increment(count as f64);
}

/// How many events wait to be replayed.
pub(crate) fn parked(count: u64) {
    metrics::gauge!(PARKED).set(count as f64);
}

/// What the nightly check has found.
pub(crate) fn faults(count: usize) {
    metrics::gauge!(FAULTS).set(count as f64);
}
