//! The job that adds waiting credits (fees, treasuries' parts) to balances on the ledger.
//!
//! Credits to accounts that many pay into are written as entries of their own, so that payments do not meet in one key.
//! A sweep names at most 500 of them; it is claimed in the transaction that enqueues it, so that no two name one entry.

use gx_base::limits::SWEEP_DELTAS_MAX;
use gx_contracts::Command;
use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::Tx;
use gx_store::outbox::{self, NewCommand};
use gx_store::repo::deltas;
use gx_types::{AccountId, Actor, CommandId, CorrelationId, Timestamp};

/// Accounts looked at in one round: every country's treasury and the system's accounts.
const ACCOUNTS_MAX: u64 = 300;
/// Sweeps of one account in one round. They run one after another, and the next round waits until they are over, so
/// that they never crowd out payments.
const SWEEPS_MAX: usize = 8;

/// What a round has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Sweeps that were enqueued.
    pub enqueued: usize,
    /// Whether more waited than one round takes.
    pub more: bool,
}

/// Enqueues sweeps for what waits. Any number of replicas may do it at the same time.
///
/// # Errors
/// 503 when the database is out of reach; what was enqueued before stays so.
pub async fn enqueue_due(app: &App) -> ApiResult<Round> {
    // Nothing is swept while the ledger is not there to do it, or stands still.
    if app.ledger().check_accepts(true).await.is_err() {
        return Ok(Round::default());
    }
    if deltas::any_claimed(app.store().read()).await? {
        app.store().write(|tx| Box::pin(async move { deltas::drop_finished_claims(tx).await })).await?;
    }
    let mut round = Round::default();
    for account in deltas::accounts_to_sweep(app.store().read(), ACCOUNTS_MAX).await? {
        for number in 1..=SWEEPS_MAX {
            let sweep = Sweep {
                account,
                command_id: CommandId::from_uuid(app.new_uuid()),
                correlation_id: CorrelationId::from_uuid(app.new_uuid()),
                now: app.now(),
            };
            let named = app.store().write(move |tx| Box::pin(async move { sweep.enqueue(tx).await })).await?;
            round.enqueued += usize::from(named > 0);
            if named < SWEEP_DELTAS_MAX {
                break;
            }
            round.more |= number == SWEEPS_MAX;
        }
    }
    Ok(round)
}

#[derive(Debug, Clone, Copy)]
struct Sweep {
    account: AccountId,
    command_id: CommandId,
    correlation_id: CorrelationId,
    now: Timestamp,
}

impl Sweep {
    /// Claims entries and enqueues the sweep that names them. Returns how many it names.
    async fn enqueue(self, tx: &Tx) -> ApiResult<usize> {
        let delta_keys = deltas::claim(tx, self.account, self.command_id, self.now, SWEEP_DELTAS_MAX as u64).await?;
        let named = delta_keys.len();
        if named == 0 {
            return Ok(0);
        }
        let request = self.command_id.to_string().parse().map_err(ApiError::internal)?;
        let new = NewCommand {
            command_id: self.command_id,
            command: Command::SweepDeltas { account: self.account, delta_keys, request },
            actor: Actor::Platform,
            correlation_id: self.correlation_id,
            now: self.now,
        };
        outbox::enqueue(tx, new).await?;
        Ok(named)
    }
}
