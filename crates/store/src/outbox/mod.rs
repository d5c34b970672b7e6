//! The outbox: commands on their way to the ledger.
//!
//! A service [`enqueue`]s a command in its business transaction. A submitter looks for what is [`due`], has it endorsed,
//! and [`take`]s it under a lease together with its envelope, in one transaction; an envelope that is made later is stored
//! by [`store_envelopes`]. Either way it is stored **before** it is sent. Then it writes how the command ended. The
//! projector writes [`mark_projected`] when its effects are in the read model; only that is «settled» to people.
//!
//! ```text
//!            take                      store_envelopes, sent            outcome
//! PENDING ──────────▶ SUBMITTING ─────────────────────────▶ SUBMITTED ─────────▶ COMMITTED
//!    ▲                 │  │  └──────────── outcome at once ─────────────────────▶
//!    │   release       │  └── refused (after VoidKey where an envelope is open) ─▶ FAILED
//!    ├─────────────────┘
//!    └── replay ────────────────────────────── attempts exhausted ──────────────▶ DEAD
//! ```
//!
//! * **One in flight per conflict key**: the claim takes no command whose key another command holds, and a unique index
//!   stands behind it. Commands with one ordering key are taken in the order of their position.
//! * **Leases**: every write of a submitter names its fence; a submitter that lost its lease writes nothing.
//! * **Refusals**: [`mark_failed`] writes FAILED and the command's reaction ([`crate::refusal`]) together.
//!
//! **A new command** needs nothing here; its reaction in [`crate::refusal`] is what the compiler asks for.

mod claim;
mod enqueue;
mod marks;
mod projected;
mod queries;

use gx_types::{CommandStatus, OutboxState};

pub use self::claim::{ClaimOptions, Claimed, Due, OpenEnvelope, Wanted, claim, due, renew_leases, take, take_over};
pub use self::enqueue::{NewCommand, enqueue, enqueue_all};
pub use self::marks::{
    Dead, EnvelopeFate, Failed, Holder, Release, SettledCommand, StoredEnvelope, endorse_anew, let_go, mark_committed,
    mark_dead, mark_failed, mark_submitted, mark_void_pending, release, replay, store_envelopes,
};
pub use self::projected::{NowProjected, Projected, mark_projected};
pub use self::queries::{
    Depth, any_due, any_lease_over, command, dead_letters, depth, oldest_waiting, others_at_work, under_way,
};
use crate::entity::outbox_commands::Model;

/// Every allowed change of state, with what causes it. Anything else is refused by the statements themselves: each
/// names the states it starts from.
pub const TRANSITIONS: &[(OutboxState, OutboxState, &str)] = &[
    (OutboxState::Pending, OutboxState::Submitting, "claim"),
    (OutboxState::Submitting, OutboxState::Submitting, "take_over"),
    (OutboxState::Submitting, OutboxState::Submitting, "store_envelopes"),
    (OutboxState::Submitting, OutboxState::Submitting, "mark_void_pending"),
    (OutboxState::Submitting, OutboxState::Submitting, "endorse_anew"),
    (OutboxState::Submitted, OutboxState::Submitting, "take_over"),
    (OutboxState::Submitted, OutboxState::Submitting, "endorse_anew"),
    (OutboxState::Submitting, OutboxState::Submitted, "mark_submitted"),
    (OutboxState::Submitting, OutboxState::Committed, "mark_committed"),
    (OutboxState::Submitted, OutboxState::Committed, "mark_committed"),
    (OutboxState::Submitting, OutboxState::Failed, "mark_failed"),
    (OutboxState::Submitting, OutboxState::Pending, "release"),
    (OutboxState::Submitting, OutboxState::Dead, "mark_dead"),
    (OutboxState::Submitted, OutboxState::Dead, "mark_dead"),
    (OutboxState::Dead, OutboxState::Pending, "replay"),
    // The ledger's own word, read by the projector, ends every doubt.
    (OutboxState::Pending, OutboxState::Committed, "mark_projected"),
    (OutboxState::Submitting, OutboxState::Committed, "mark_projected"),
    (OutboxState::Submitted, OutboxState::Committed, "mark_projected"),
    (OutboxState::Dead, OutboxState::Committed, "mark_projected"),
    (OutboxState::Committed, OutboxState::Committed, "mark_projected"),
];

/// What a person is told about a command: «settled» is what the projector has written.
#[must_use]
pub fn status_of(row: &Model) -> CommandStatus {
    match row.state.0 {
        _ if row.projected_block.is_some() => CommandStatus::Confirmed,
        OutboxState::Failed => CommandStatus::Failed,
        OutboxState::Submitting | OutboxState::Submitted | OutboxState::Committed => CommandStatus::Processing,
        // An earlier envelope may still commit.
        OutboxState::Pending | OutboxState::Dead if row.open_tx_ids != "[]" => CommandStatus::Processing,
        OutboxState::Pending | OutboxState::Dead => CommandStatus::Pending,
    }
}
