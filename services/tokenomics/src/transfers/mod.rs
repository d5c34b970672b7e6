//! Transfers: one person pays another.

mod accept;
pub mod create;
pub(crate) mod status;

/// What a payer is told of a payment that the ledger has refused.
pub(crate) const NOT_CHARGED: &str = "Nothing was charged.";
