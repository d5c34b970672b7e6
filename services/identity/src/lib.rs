//! Identity: registration, signing in, people's profiles, documents and their submission, countries.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod documents;
pub mod fields;
mod genesis;
