//! The store on SQLite, and on PostgreSQL when the test runner gives a server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes)]

mod audit;
mod entities;
mod figures;
mod holding;
mod idempotency;
mod migrations;
mod outbox;
mod payments;
mod people;
mod refusals;
mod repairs;
mod transitions;
mod units;
