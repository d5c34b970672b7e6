//! The identity service through its router: on SQLite, and on PostgreSQL when the test runner gives a server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes)]

mod account;
mod declarations;
mod documents;
mod mail;
mod profile;
mod registration;
mod security;
mod sessions;
mod steps;
mod submission;
mod support;
