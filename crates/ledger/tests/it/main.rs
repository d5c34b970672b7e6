//! The embedded ledger from outside: conformance, crashes, damage, restarts.
#![allow(clippy::allow_attributes, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conformance;
mod crash;
mod damage;
mod model;
mod restart;
mod signed;
mod support;
