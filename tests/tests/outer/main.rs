//! Suites that look at the whole of GX. One binary; a module per suite.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod browser;
mod crash;
mod fabric;
mod faults;
mod house;
mod journeys;
mod live;
mod load;
mod routes;
mod schemathesis;
