//! The tax service over a read model that a test fills in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes)]

mod fees;
mod hoarding;
mod world;
