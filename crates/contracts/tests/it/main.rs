//! The contracts from outside: every function through the dispatcher, over a ledger in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes, missing_docs)]

mod arguments;
mod disjoint;
mod genesis;
mod keys;
mod loans;
mod organizations;
mod payments;
mod pools;
mod preconditions;
mod properties;
mod queries;
mod roles;
mod support;
