//! The outbox submitter: carries commands from the database to the ledger, each exactly once, whatever dies on the way.
//!
//! A [`Submitter`] claims commands under a lease ([`gx_store::outbox`]), and for each of them a *flight* goes
//!
//! 1. **endorse**: [`Ledger::prepare`]; a refusal is final, a replayed receipt settles the row with its first transaction;
//! 2. **store**: transaction id and envelope go into the row *before* anything is sent;
//! 3. **send**, then wait for the **outcome**.
//!
//! When the outcome stays unknown the flight looks up transaction and ledger key, and sends the *same* envelope again.
//! Only when the envelope was found invalid, or the key is still absent after [`SubmitterOptions::outcome_after`] and two
//! newer blocks, it endorses anew, under the same ledger key. If then the contract refuses while an earlier envelope may
//! still commit, the refusal becomes final only after the ledger key is void (`VoidKey`).
//!
//! Everything that flights write goes through one [`recorder`], many to a transaction. Several submitters may work on one
//! PostgreSQL database: leases, fences and the claim keep them apart.
//!
//! **A new command** needs nothing here.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

mod breaker;
mod flight;
mod heartbeat;
mod metric;
mod options;
mod recorder;
mod shared;
mod submitter;

pub use gx_ledger::Ledger;
pub use metric::METRICS;
pub use options::{SETTINGS, SubmitterOptions};
pub use shared::OnRefused;
pub use submitter::{Submitter, SubmitterError, SubmitterHealth};
