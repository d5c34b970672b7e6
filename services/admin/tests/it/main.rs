//! The admin service through its router: the real application, its own database, a ledger played by the tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes, missing_docs)]

mod access;
mod approvals;
mod audit;
mod auth;
mod dashboard;
mod mfa;
mod outbox;
mod supply;
mod system;
mod users;
mod webhooks;
mod world;
