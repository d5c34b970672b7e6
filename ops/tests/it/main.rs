//! Operations on the real application, with the ledger and both workers in this process where they are needed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes)]

mod admins;
mod doors;
mod personas;
mod running;
