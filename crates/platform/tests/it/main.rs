//! The platform through a small service of its own: what holds for every route of every service.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes, missing_docs)]

mod bus;
mod failures;
mod gate;
mod idempotent;
mod logs;
mod mailbox;
mod outbound;
mod second_factor;
mod served;
mod sessions;
mod start;
mod wishes;
