//! What every ledger must do, as a suite that runs against any implementation of the port.
//!
//! ```ignore
//! let suite = Suite::new(ledger, Arc::new(SystemClock), 1_000);
//! conformance::run(&suite).await?;
//! ```
//! The cases share one ledger and leave it usable: each makes its own people and keys. The first one sets the system up
//! if nobody has.
//!
//! **A new case:** a function in one of the files beside this one, and a line in [`CASES`].

mod chain;
mod conflicts;
mod organizations;
mod steps;
mod suite;

use futures::future::BoxFuture;

pub use suite::{Failure, Suite};

/// A case: its name as a sentence, and what it does.
pub struct Case {
    /// What must be so.
    pub name: &'static str,
    run: for<'a> fn(&'a Suite) -> BoxFuture<'a, Result<(), Failure>>,
}

impl Case {
    /// Runs the case.
    ///
    /// # Errors
    /// What was not as it must be.
    pub async fn run(&self, suite: &Suite) -> Result<(), Failure> {
        suite.set_up().await?;
        (self.run)(suite).await.map_err(|failure| failure.in_case(self.name))
    }
}

macro_rules! cases {
    ($($name:literal => $function:path;)*) => {
        /// Every case.
        pub const CASES: &[Case] = &[$(Case { name: $name, run: |suite| Box::pin($function(suite)) }),*];
    };
}

cases! {
    "preparing changes nothing" => steps::preparing_changes_nothing;
    "a sent transaction settles with its receipt" => steps::a_sent_transaction_settles;
    "a refusal leaves no trace" => steps::a_refusal_leaves_no_trace;
    "the wrong role is refused" => steps::the_wrong_role_is_refused;
    "a repeated command gets the first receipt" => steps::a_repeated_command_gets_the_first_receipt;
    "a key used with other content is refused" => steps::a_key_used_otherwise_is_refused;
    "one call settles as the steps do" => steps::one_call_settles_as_the_steps_do;
    "queries answer and refuse" => steps::queries_answer_and_refuse;
    "bytes that are no envelope are rejected" => steps::foreign_bytes_are_rejected;
    "an unknown transaction stays unknown" => steps::an_unknown_transaction_stays_unknown;
    "a transaction id counts once" => conflicts::a_transaction_id_counts_once;
    "of two that read the same one is invalid" => conflicts::of_two_that_read_the_same_one_is_invalid;
    "an invalid transaction may be prepared anew" => conflicts::an_invalid_one_may_be_prepared_anew;
    "a voided key stops an old envelope" => conflicts::a_voided_key_stops_an_old_envelope;
    "the same command sent twice acts once" => conflicts::the_same_command_twice_acts_once;
    "disjoint work at one height does not conflict" => conflicts::disjoint_work_does_not_conflict;
    "of two last approvals one pays" => organizations::of_two_last_approvals_one_pays;
    "blocks are chained from the first" => chain::blocks_are_chained;
    "followers see new blocks with everything in them" => chain::followers_see_new_blocks;
    "the chain tells the same as the state" => chain::the_chain_tells_the_same_as_the_state;
}

/// Runs every case.
///
/// # Errors
/// The first that fails.
pub async fn run(suite: &Suite) -> Result<(), Failure> {
    for case in CASES {
        case.run(suite).await?;
    }
    Ok(())
}
