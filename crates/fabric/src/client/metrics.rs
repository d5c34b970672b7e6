//! What the client tells about itself in numbers.

use std::time::Duration;

use gx_base::{DURATION_SECONDS_BUCKETS, MetricDecl, MetricKind};
use gx_types::Timestamp;

use super::error::Step;
use crate::identity::Identity;

const CALLS: &str = "gx_fabric_call_duration_seconds";
const BUSY: &str = "gx_fabric_gateway_busy_total";
const EXPIRY: &str = "gx_fabric_certificate_expiry_seconds";

/// Less than this is a warning.
const EXPIRY_WARNING: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The metrics of this room.
pub const METRICS: &[MetricDecl] = &[
    MetricDecl {
        name: CALLS,
        kind: MetricKind::Histogram(DURATION_SECONDS_BUCKETS),
        labels: &["step", "outcome"],
        help: "Time of a call of a Fabric gateway, in seconds, by step and outcome (ok, failed).",
    },
    MetricDecl {
        name: BUSY,
        kind: MetricKind::Counter,
        labels: &[],
        help: "Calls that a Fabric gateway turned away because too many were under way; each is tried again.",
    },
    MetricDecl {
        name: EXPIRY,
        kind: MetricKind::Gauge,
        labels: &["role"],
        help: "Time until the certificate that signs for a role expires, in seconds; negative afterwards.",
    },
];

/// A call of a gateway ended.
pub(super) fn called(step: Step, ok: bool, took: Duration) {
    let outcome = if ok { "ok" } else { "failed" };
    metrics::histogram!(CALLS, "step" => step.as_str(), "outcome" => outcome).record(took);
}

/// A gateway turned a call away.
pub(super) fn busy() {
    metrics::counter!(BUSY).increment(1);
}

/// Tells when a signer's certificate expires, and warns in time.
pub(crate) fn expiry(identity: &Identity, now: Timestamp) {
    let Some(role) = identity.role() else { return };
    let not_after = identity.certificate.not_after;
    let left = (not_after.micros().saturating_sub(now.micros())) / 1_000_000;
    metrics::gauge!(EXPIRY, "role" => role.as_str()).set(left as f64);
    if now > not_after {
        tracing::error!(subject = identity.certificate.subject, %not_after, "a certificate that signs has expired");
    } else if not_after.since(now) < EXPIRY_WARNING {
        tracing::warn!(subject = identity.certificate.subject, %not_after, "a certificate that signs expires soon");
    }
}
