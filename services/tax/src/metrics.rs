//! What the service counts.

use gx_base::{MetricDecl, MetricKind};

/// Every metric of the service.
pub const METRICS: &[MetricDecl] = &[FEE_QUOTES, HOARDING_PREVIEWS];

/// Quotes by what they were for.
pub(crate) const FEE_QUOTES: MetricDecl = MetricDecl {
    name: "gx_tax_fee_quotes_total",
    kind: MetricKind::Counter,
    labels: &["type", "scope"],
    help: "Fee quotes given by type and scope of the payment.",
};

/// Previews by what they said.
pub(crate) const HOARDING_PREVIEWS: MetricDecl = MetricDecl {
    name: "gx_tax_hoarding_previews_total",
    kind: MetricKind::Counter,
    labels: &["state"],
    help: "Previews of the hoarding tax by what they said: BELOW_THRESHOLD, HOLDING or DUE.",
};
