//! Notifications through the router and over the socket, on every database there is.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod live;
mod notifications;
mod preferences;
