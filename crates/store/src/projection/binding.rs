//! Which ledger this environment is bound to. The process that holds the ledger or its connection writes the row and
//! keeps it fresh; everybody else reads it.

use gx_types::{Sha256Hex, Timestamp};
use sea_orm::ConnectionTrait;

use super::checkpoint::number;
use crate::error::StoreError;
use crate::sql::statement;

/// What the holder knows about its ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Hash of the genesis block.
    pub fingerprint: Sha256Hex,
    /// Number of the newest block.
    pub height: u64,
    /// Time of the newest block.
    pub last_block_at: Timestamp,
    /// MSP ids of the organisations that endorse.
    pub endorsing_orgs: Vec<String>,
}

/// Writes that the ledger answered. `false`, and nothing written: the environment is bound to another ledger.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn beat(tx: &impl ConnectionTrait, beat: &Heartbeat, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "INSERT INTO ledger_binding
                 (binding_id, fingerprint, height, last_block_at, heartbeat_at, reachable, reason, endorsing_orgs, bound_at)
               VALUES (1, $1, $2, $3, $4, $5, '', $6, $4)
               ON CONFLICT (binding_id) DO UPDATE
               SET height = excluded.height, last_block_at = excluded.last_block_at,
                   heartbeat_at = excluded.heartbeat_at, reachable = excluded.reachable, reason = '',
                   endorsing_orgs = excluded.endorsing_orgs
               WHERE ledger_binding.fingerprint = excluded.fingerprint";
    let values = vec![
        beat.fingerprint.to_string().into(),
        number(beat.height).into(),
        beat.last_block_at.micros().into(),
        now.micros().into(),
        true.into(),
        serde_json::Value::from(beat.endorsing_orgs.clone()).to_string().into(),
    ];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Writes that the ledger did not answer. The time of the last heartbeat stays.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn silence(tx: &impl ConnectionTrait, reason: &str) -> Result<(), StoreError> {
    let sql = "UPDATE ledger_binding SET reachable = $1, reason = $2 WHERE binding_id = 1";
    tx.execute_raw(statement(tx, sql, vec![false.into(), reason.into()])).await?;
    Ok(())
}
