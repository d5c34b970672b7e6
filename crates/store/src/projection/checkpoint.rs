//! The projector's checkpoint and lease: which block comes next, and who may apply it.
//!
//! Exactly one projector applies each block. The lease keeps others idle; what makes it safe is [`advance`], which moves
//! the checkpoint inside the block's own transaction and only from the expected block under the expected fence. A holder
//! that slept through its lease changes nothing.

use gx_types::{Sha256Hex, Timestamp, TxId};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};

use crate::entity::projector_checkpoints::{Entity, Model};
use crate::error::StoreError;
use crate::sql::statement;

/// The name of the projector whose read model everybody reads.
pub const PROJECTOR: &str = "main";

/// A held lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which projector: the name of the checkpoint.
    pub projector: String,
    /// Who holds it.
    pub owner: String,
    /// Rises with every change of holder.
    pub fence: i64,
}

/// The last block of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockMark {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Sha256Hex,
    /// Its time.
    pub at: Timestamp,
}

/// Where and why a projector has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The block that was not applied.
    pub block: u64,
    /// The transaction in it; `None` when the block itself is at fault.
    pub tx_id: Option<TxId>,
    /// The event in the transaction.
    pub event_index: Option<u64>,
    /// Why, a sentence.
    pub reason: String,
}

/// The checkpoint; `None` before the first lease was taken.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub async fn read(connection: &impl ConnectionTrait, projector: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(projector.to_owned()).one(connection).await?)
}

/// Takes or renews the lease until `until`; `None` while somebody else holds it.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn take(
    tx: &impl ConnectionTrait,
    projector: &str,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Model>, StoreError> {
    let create = "INSERT INTO projector_checkpoints (projector, updated_at) VALUES ($1, $2)
                  ON CONFLICT (projector) DO NOTHING";
    tx.execute_raw(statement(tx, create, vec![projector.into(), now.micros().into()])).await?;
    let take = "UPDATE projector_checkpoints
                SET fence = CASE WHEN lease_owner = $2 THEN fence ELSE fence + 1 END,
                    lease_owner = $2, lease_until = $4
                WHERE projector = $1 AND (lease_owner IS NULL OR lease_owner = $2 OR lease_until <= $3)
                RETURNING *";
    let values = vec![projector.into(), owner.into(), now.micros().into(), until.micros().into()];
    let row = tx.query_one_raw(statement(tx, take, values)).await?;
    Ok(row.map(|row| Model::from_query_result(&row, "")).transpose()?)
}

/// Gives the lease back, so that another need not wait for its end.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn release(tx: &impl ConnectionTrait, projector: &str, owner: &str) -> Result<(), StoreError> {
    let sql = "UPDATE projector_checkpoints SET lease_owner = NULL, lease_until = 0
               WHERE projector = $1 AND lease_owner = $2";
    tx.execute_raw(statement(tx, sql, vec![projector.into(), owner.into()])).await?;
    Ok(())
}

/// Moves the checkpoint from before `from` to after `to`, renews the lease and clears a stop. `false`: the lease or the
/// block belongs to somebody else; the transaction must be given up.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn advance(
    tx: &impl ConnectionTrait,
    lease: &Lease,
    from: u64,
    to: &BlockMark,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE projector_checkpoints
               SET next_block = $5, last_block_hash = $6, last_block_at = $7, updated_at = $8, lease_until = $9,
                   stopped_block = NULL, stopped_tx_id = NULL, stopped_event_index = NULL, stopped_reason = NULL
               WHERE projector = $1 AND lease_owner = $2 AND fence = $3 AND next_block = $4";
    let mut values = of(lease);
    values.extend([
        number(from).into(),
        number(to.number.saturating_add(1)).into(),
        to.hash.to_string().into(),
        to.at.micros().into(),
        now.micros().into(),
        until.micros().into(),
    ]);
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Writes down where the projector has stopped. `false`: the lease belongs to somebody else by now.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn record_stop(
    tx: &impl ConnectionTrait,
    lease: &Lease,
    stop: &Stop,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE projector_checkpoints
               SET stopped_block = $4, stopped_tx_id = $5, stopped_event_index = $6, stopped_reason = $7,
                   updated_at = $8
               WHERE projector = $1 AND lease_owner = $2 AND fence = $3";
    let mut values = of(lease);
    values.extend([
        number(stop.block).into(),
        stop.tx_id.map(|tx_id| tx_id.to_string()).into(),
        stop.event_index.map(number).into(),
        stop.reason.clone().into(),
        now.micros().into(),
    ]);
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

fn of(lease: &Lease) -> Vec<sea_orm::Value> {
    vec![lease.projector.clone().into(), lease.owner.clone().into(), lease.fence.into()]
}

/// A block number or index as the database holds it.
pub(super) fn number(value: u64) -> i64 {
    // No chain reaches 2⁶³ blocks.
    i64::try_from(value).unwrap_or(i64::MAX)
}
