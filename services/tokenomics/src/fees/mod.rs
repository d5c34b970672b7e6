//! Fees: what a payment costs, before it is made.

pub mod price;
pub(crate) mod quote;
