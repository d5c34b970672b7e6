//! The tokenomics service: wallets, fees, transfers, Q Send and the sweeping of credits.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod fees;
mod payment;
pub mod qsend;
mod text;
