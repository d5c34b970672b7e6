//! The state: what every key holds after a block, derived from the log of blocks.
//!
//! New values collect in a table in memory; a full table becomes a sorted file, a *run*; runs of one size are merged
//! into larger ones. The log is what makes a block durable, so nothing here needs a journal of its own: after a crash
//! the blocks behind the manifest's are applied again.
//!
//! Readers take a [`Snapshot`]: the state after one block, for as long as they keep it.

mod background;
mod bloom;
mod cache;
mod cursor;
mod key;
mod manifest;
mod memtable;
mod page;
mod plan;
mod run;
mod run_writer;
mod snapshot;
mod store;
mod version;

pub(crate) use cursor::Item;
pub(crate) use key::{KeyRef, SharedKey};
pub(crate) use memtable::is_between;
pub(crate) use snapshot::Snapshot;
pub(crate) use store::{StateOptions, StateStore};
pub(crate) use version::{Stamped, Version, Write};

#[cfg(test)]
mod tests;
