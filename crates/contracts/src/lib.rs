//! (room under construction)
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod countries;
pub mod genesis;
pub mod fees;
