//! Metrics: one registry per process; `/metrics` of a component renders what is that component's.
//!
//! **A new metric:** a [`MetricDecl`] in the room that counts it, listed in that room's `METRICS`; the binary passes all
//! lists to [`install`] with the place where each is shown, which gives histograms their buckets and every metric its
//! help text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use gx_base::{DURATION_SECONDS_BUCKETS, MetricDecl, MetricKind, MetricRoom, MetricScope};
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
pub const METRICS: MetricRoom = MetricRoom { scope: MetricScope::ByLabel, metrics: &[REQUESTS, REQUEST_SECONDS] };

static REGISTRY: OnceLock<Registry> = OnceLock::new();
/// The components that this process serves.
static SERVED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

struct Registry {
    handle: PrometheusHandle,
    scopes: BTreeMap<&'static str, MetricScope>,
}

/// The registry cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the registry of metrics could not be set up: {0}")]
pub struct MetricsError(String);

/// Sets up the process's registry with the given metrics; later calls add nothing and do no harm.
///
/// # Errors
/// [`MetricsError`] for a histogram without buckets, or when another recorder was installed before.
pub fn install(rooms: &[MetricRoom]) -> Result<(), MetricsError> {
    if REGISTRY.get().is_some() {
        return Ok(());
    }
    let mut builder = PrometheusBuilder::new();
    for metric in rooms.iter().flat_map(|room| room.metrics) {
        if let MetricKind::Histogram(buckets) = metric.kind {
            builder = builder
                .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
                .map_err(|error| MetricsError(error.to_string()))?;
        }
    }
    let recorder = builder.build_recorder();
    let scopes = rooms.iter().flat_map(|room| room.metrics.iter().map(|metric| (metric.name, room.scope))).collect();
    if REGISTRY.set(Registry { handle: recorder.handle(), scopes }).is_err() {
        // Another thread was faster.
        return Ok(());
    }
    metrics::set_global_recorder(recorder).map_err(|error| MetricsError(error.to_string()))?;
    for metric in rooms.iter().flat_map(|room| room.metrics) {
        match metric.kind {
            MetricKind::Counter => metrics::describe_counter!(metric.name, metric.help),
            MetricKind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            MetricKind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    Ok(())
}

/// Notes that this process serves a component.
pub(crate) fn serves(component: &'static str) {
    SERVED.lock().unwrap_or_else(PoisonError::into_inner).insert(component);
}

/// Everything that this process counted so far, in Prometheus' text form. Empty before [`install`].
#[must_use]
pub fn render() -> String {
    REGISTRY
        .get()
        .map(|registry| {
            registry.handle.run_upkeep();
            registry.handle.render()
        })
        .unwrap_or_default()
}

/// The part of [`render`] that is shown at a component.
#[must_use]
pub fn render_of(component: &str) -> String {
    let Some(registry) = REGISTRY.get() else { return String::new() };
    let served = SERVED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    part(&render(), component, &served, &registry.scopes)
}

/// Lines of the families, and of the samples in them, that belong to `component`. A family that nobody declared belongs
/// to everyone: it is not to be overlooked.
fn part(
    text: &str,
    component: &str,
    served: &BTreeSet<&'static str>,
    scopes: &BTreeMap<&'static str, MetricScope>,
) -> String {
    let label = format!("component=\"{component}\"");
    let mut out = String::new();
    // A family: help, type, samples, an empty line.
    for family in text.split("\n\n") {
        let (head, samples): (Vec<&str>, Vec<&str>) =
            family.lines().filter(|line| !line.is_empty()).partition(|line| line.starts_with("# "));
        let name = head.first().and_then(|line| line.split(' ').nth(2)).unwrap_or_default();
        let shown = |sample: &str| match scopes.get(name) {
            None => true,
            Some(MetricScope::ByLabel) => has_label(sample, &label),
            Some(MetricScope::At(places)) => {
                places.iter().map(|place| place.name()).find(|place| served.contains(place)) == Some(component)
            }
        };
        let mut samples = samples.into_iter().filter(|sample| shown(sample)).peekable();
        if samples.peek().is_some() {
            for line in head.into_iter().chain(samples) {
                out.push_str(line);
                out.push('\n');
            }
            out.push('\n');
        }
    }
    out
}

/// Whether the sample has the label; its value cannot be found inside another one's, where quotes are escaped.
fn has_label(sample: &str, label: &str) -> bool {
    let Some((_, labels)) = sample.split_once('{') else { return false };
    labels.starts_with(label) || labels.contains(&format!(",{label}"))
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

#[cfg(test)]
mod tests {
    use gx_base::Component;

    use super::*;

    const TEXT: &str = "# HELP requests Requests.\n# TYPE requests counter\n\
        requests{component=\"identity\",route=\"/a\"} 1\nrequests{component=\"admin\",route=\"/b\"} 2\n\n\
        # HELP depth Depth.\n# TYPE depth gauge\ndepth{state=\"dead\"} 3\n\n\
        # HELP height Height.\n# TYPE height gauge\nheight 4\n\n\
        # TYPE stray counter\nstray 5\n\n";

    #[test]
    fn each_component_shows_what_is_its_own_and_nothing_is_shown_twice() {
        let scopes = BTreeMap::from([
            ("requests", MetricScope::ByLabel),
            ("depth", MetricScope::At(&[Component::OutboxSubmitter])),
            ("height", MetricScope::At(&[Component::OutboxSubmitter, Component::Projector])),
        ]);
        let all = BTreeSet::from(["identity", "admin", "outbox-submitter", "projector"]);
        let identity = part(TEXT, "identity", &all, &scopes);
        assert_eq!(
            identity,
            "# HELP requests Requests.\n# TYPE requests counter\nrequests{component=\"identity\",route=\"/a\"} 1\n\n\
             # TYPE stray counter\nstray 5\n\n"
        );
        let submitter = part(TEXT, "outbox-submitter", &all, &scopes);
        assert!(submitter.contains("depth{state") && submitter.contains("height 4") && !submitter.contains("requests"));
        let projector = part(TEXT, "projector", &all, &scopes);
        assert!(!projector.contains("height") && !projector.contains("depth"), "{projector}");
        // In a process of its own it shows what nobody else there does.
        let alone = BTreeSet::from(["projector"]);
        assert!(part(TEXT, "projector", &alone, &scopes).contains("height 4"));
    }
}
