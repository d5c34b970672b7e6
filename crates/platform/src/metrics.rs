//! Metrics: one registry per process, rendered at `/metrics` of every component.
//!
//! **A new metric:** a [`MetricDecl`] in the room that counts it, listed in that room's `METRICS`; the binary passes all
//! lists to [`install`], which gives histograms their buckets and every metric its help text.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use gx_base::{DURATION_SECONDS_BUCKETS, MetricDecl, MetricKind};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Requests answered.
pub const REQUESTS: MetricDecl = MetricDecl {
    name: "gx_http_requests_total",
    kind: MetricKind::Counter,
    labels: &["component", "method", "route", "status"],
    help: "Requests answered, by route template and status.",
};

/// Time from a request's head to its answer's head.
pub const REQUEST_SECONDS: MetricDecl = MetricDecl {
    name: "gx_http_request_duration_seconds",
    kind: MetricKind::Histogram(DURATION_SECONDS_BUCKETS),
    labels: &["component", "method", "route", "status"],
    help: "Time to answer a request, by route template and status.",
};

/// What this room counts.
pub const METRICS: &[MetricDecl] = &[REQUESTS, REQUEST_SECONDS];

static REGISTRY: OnceLock<PrometheusHandle> = OnceLock::new();

/// The registry cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the registry of metrics could not be set up: {0}")]
pub struct MetricsError(String);

/// Sets up the process's registry with the given metrics; later calls add nothing and do no harm.
///
/// # Errors
/// [`MetricsError`] for a histogram without buckets, or when another recorder was installed before.
pub fn install(metrics: &[&[MetricDecl]]) -> Result<(), MetricsError> {
    if REGISTRY.get().is_some() {
        return Ok(());
    }
    let mut builder = PrometheusBuilder::new();
    for metric in metrics.iter().copied().flatten() {
        if let MetricKind::Histogram(buckets) = metric.kind {
            builder = builder
                .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
                .map_err(|error| MetricsError(error.to_string()))?;
        }
    }
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if REGISTRY.set(handle).is_err() {
        // Another thread was faster.
        return Ok(());
    }
    metrics::set_global_recorder(recorder).map_err(|error| MetricsError(error.to_string()))?;
    for metric in metrics.iter().copied().flatten() {
        match metric.kind {
            MetricKind::Counter => metrics::describe_counter!(metric.name, metric.help),
            MetricKind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            MetricKind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    Ok(())
}

/// Everything counted so far, in Prometheus' text form. Empty before [`install`].
#[must_use]
pub fn render() -> String {
    REGISTRY
        .get()
        .map(|registry| {
            registry.run_upkeep();
            registry.render()
        })
        .unwrap_or_default()
}

/// Counts one answered request.
pub(crate) fn request(component: &'static str, method: &Method, route: &str, status: StatusCode, took: Duration) {
    // Methods are whatever a client writes; a label needs a closed set.
    let method = match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    };
    let labels = [
        ("component", component.to_owned()),
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    metrics::counter!(REQUESTS.name, &labels).increment(1);
    metrics::histogram!(REQUEST_SECONDS.name, &labels).record(took);
}
