//! The embedded ledger: a chain of blocks in a folder, run by threads of this process.
//!
//! ```text
//! prepare ──▶ simulate on a snapshot ──▶ envelope
//! send ─────▶ queue ──▶ sequencer (validates, cuts blocks) ──▶ committer (log, fsync, state) ──▶ outcome, blocks
//! submit ───▶ simulate, then the same without an envelope; on a conflict it is simulated again where it stands
//! ```
//! In the folder: `blocks/` is the chain, `state/` is derived from it, `endorser.key` seals envelopes, `ledger.lock`
//! keeps other processes out.

mod candidate;
mod chain;
mod codec;
mod committer;
mod entry;
mod envelope;
mod files;
mod host;
mod index;
mod inner;
mod ledger;
mod log;
mod open;
mod options;
mod overlay;
mod payload;
mod queue;
mod reader;
mod sequencer;
mod signed;
mod simulate;
mod state;
mod verify;
mod waiters;

pub use entry::OwnEntry;
pub use ledger::EmbeddedLedger;
pub use open::Found;
pub use options::EmbeddedOptions;
pub use signed::{Basis, Endorsable, KeyRead, KeyWrite, Signed};
pub use verify::Verified;

#[cfg(test)]
mod tests;
