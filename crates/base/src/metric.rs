//! Declarations of metrics: name, kind, unit and meaning, once. The exporter registers them, docs and alert checks read
//! them.

use crate::Component;

/// How a metric counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricKind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Spread over the given upper bounds, in the metric's unit.
    Histogram(&'static [f64]),
}

/// A metric. Declare it as a `const` in the room that emits it and list it in that room's `METRICS`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricDecl {
    /// Name in Prometheus form with the unit in it, for example `gx_outbox_oldest_age_seconds`.
    pub name: &'static str,
    /// How it counts.
    pub kind: MetricKind,
    /// Names of its labels; every label has a small closed set of values.
    pub labels: &'static [&'static str],
    /// What it tells, one sentence.
    pub help: &'static str,
}

/// Where metrics are shown. A process may serve several components, each on a port of its own: a metric appears at one of
/// them, so that nothing is counted twice by who adds up all ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricScope {
    /// At every component; each shows the samples whose label `component` names it.
    ByLabel,
    /// At the first of these components that the process serves.
    At(&'static [Component]),
}

/// The metrics of a room with the place where they are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricRoom {
    /// Where.
    pub scope: MetricScope,
    /// What.
    pub metrics: &'static [MetricDecl],
}

/// Upper bounds in seconds for durations of requests and submits.
pub const DURATION_SECONDS_BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
