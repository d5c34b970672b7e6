//! The submitter against ledgers that misbehave, and against the embedded one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes)]

mod embedded;
mod faults;
mod interleavings;
mod scene;
mod scripted;
