//! What live notice counts.

use gx_base::{MetricDecl, MetricKind};
use gx_types::ErrorCode;

/// Signed-in connections.
pub const CONNECTED: MetricDecl = MetricDecl {
    name: "gx_sockets_connected",
    kind: MetricKind::Gauge,
    labels: &[],
    help: "Signed-in sockets that are open now.",
};

/// Events sent.
pub const SENT: MetricDecl = MetricDecl {
    name: "gx_socket_events_sent_total",
    kind: MetricKind::Counter,
    labels: &["event"],
    help: "Events sent to sockets, by name.",
};

/// Events received.
pub const RECEIVED: MetricDecl = MetricDecl {
    name: "gx_socket_events_received_total",
    kind: MetricKind::Counter,
    labels: &["outcome"],
    help: "Events that clients sent, by outcome: done, or the code of the refusal.",
};

/// Handshakes refused.
pub const REFUSED: MetricDecl = MetricDecl {
    name: "gx_socket_handshakes_refused_total",
    kind: MetricKind::Counter,
    labels: &["reason"],
    help: "Socket handshakes that were refused, by the code of the refusal.",
};

/// Connections that had missed something.
pub const CATCH_UPS: MetricDecl = MetricDecl {
    name: "gx_socket_catch_ups_total",
    kind: MetricKind::Counter,
    labels: &[],
    help: "Connections that had missed notifications and got them.",
};

/// Connections that the server ended.
pub const ENDED: MetricDecl = MetricDecl {
    name: "gx_sockets_ended_total",
    kind: MetricKind::Counter,
    labels: &["reason"],
    help: "Sockets that the server closed, by reason: the code of the session's end, or SLOW.",
};

/// What live notice counts.
pub const METRICS: &[MetricDecl] = &[CONNECTED, SENT, RECEIVED, REFUSED, CATCH_UPS, ENDED];

pub(super) fn connected(change: isize) {
    let gauge = ::metrics::gauge!(CONNECTED.name);
    if change > 0 {
        gauge.increment(1.0);
    } else {
        gauge.decrement(1.0);
    }
}

pub(super) fn sent(event: &'static str) {
    ::metrics::counter!(SENT.name, "event" => event).increment(1);
}

pub(super) fn received(refusal: Option<ErrorCode>) {
    ::metrics::counter!(RECEIVED.name, "outcome" => refusal.map_or("done", ErrorCode::as_str)).increment(1);
}

pub(super) fn refused(code: ErrorCode) {
    ::metrics::counter!(REFUSED.name, "reason" => code.as_str()).increment(1);
}

pub(super) fn caught_up() {
    ::metrics::counter!(CATCH_UPS.name).increment(1);
}

pub(super) fn ended(reason: &'static str) {
    ::metrics::counter!(ENDED.name, "reason" => reason).increment(1);
}
