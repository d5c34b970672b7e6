//! The projector on real databases, fed by the real contracts.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod support;

mod effects;
mod embedded;
mod health;
mod loans;
mod organizations;
mod random_chains;
mod rebuilding;
mod several;
mod stopping;
mod throughput;
