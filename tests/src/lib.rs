//! What the outer suites stand on: the platform as a child process, on SQLite or PostgreSQL, and people who use its API.
//!
//! The suites find the machine through environment variables that `cargo xtask test` sets (`GX_TEST_BIN`,
//! `GX_TEST_POSTGRES_URL`, …). What the suites see is what a user sees. Only a suite that moves the clock or cuts the line
//! to the ledger runs the platform in its own process ([`Inside`]).
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up fails loudly"
)]

mod admin;
mod api;
mod database;
mod disk;
pub mod document;
mod forwarder;
mod inside;
mod line;
mod people;
mod platform;
mod postgres;
mod serve;
mod skip;
mod wait;

pub use admin::{Admin, code_of};
pub use api::{Api, Reply};
pub use database::Database;
pub use disk::SmallDisk;
pub use forwarder::Forwarder;
pub use inside::{Inside, MovedClock};
pub use line::Line;
pub use people::{NewPerson, PASSWORD, PICTURE, Person, SETTLE_LIMIT, qirat};
pub use platform::{Platform, PlatformBuilder, START_LIMIT};
pub use postgres::PostgresServer;
pub use skip::skipped;
pub use wait::{wait_for, wait_until};
