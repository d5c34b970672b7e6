//! The tokenomics service: with a ledger that decides, and without one, where the order of things matters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes)]

mod contacts;
mod fields;
mod history;
mod limits;
mod look_up;
mod payments;
mod pending;
mod qsend;
mod requests;
mod step_up;
mod still;
mod sweeping;
mod world;
