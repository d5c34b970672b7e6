//! The projector: brings the ledger's blocks into the read model.
//!
//! It reads full blocks, checks that they continue the chain it knows, takes the events of valid transactions and writes
//! everything that follows from a batch of blocks, together with its checkpoint, in one database transaction. It is the
//! only writer of balances and on-chain states. Nothing it writes depends on when it runs: applied again from block 0,
//! the same blocks give the same rows ([`rebuild`]).
//!
//! * `fold` is what events mean, pure; `wanted` names the rows they need; `apply` is the one transaction.
//! * `follow` holds the lease, reads the stream, batches, stops before a block it must not apply.
//! * `watch` keeps the heartbeat row of the ledger fresh and measures how far behind the read model is.
//! * `nightly` looks whether money adds up.
//! * `informational` applies, parks and replays events that touch neither balance, supply nor a person's state.
//!
//! **Several projectors** may run on one database: a lease with a fence lets one of them apply blocks, the others stand by
//! and take over when it ends. What makes it safe is the checkpoint's compare-and-swap inside the block's transaction.
//!
//! **A new event:** the compiler asks for its rows (`wanted`), its handler (`fold`) and, if it is informational, its
//! handler there.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

mod apply;
mod fold;
mod follow;
mod informational;
mod metrics;
mod nightly;
mod projector;
pub mod rebuild;
mod status;
mod wanted;
mod watch;

pub use metrics::METRICS;
pub use projector::{Projector, ProjectorError, ProjectorParts, ProjectorSettings};
pub use status::Standing;
