//! What the environment's ledger is, and how it was at its last heartbeat.

use gx_types::{Sha256Hex, Timestamp};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::col::Col;
use crate::entity::ledger_absence;
use crate::entity::ledger_binding::{Entity, Model};
use crate::error::StoreError;
use crate::migrate::table_exists;
use crate::sql::statement;

/// The binding; `None` while no ledger was ever bound.
///
/// # Errors
/// [`StoreError`].
pub async fn get<C: ConnectionTrait>(db: &C) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(1_i64).one(db).await?)
}

/// The fingerprint that the database is bound to, whatever its schema; `None` while no ledger was ever bound, and for a
/// database that nobody has used.
///
/// # Errors
/// [`StoreError`].
pub async fn bound_to<C: ConnectionTrait>(db: &C) -> Result<Option<Sha256Hex>, StoreError> {
    if !table_exists(db, "ledger_binding").await? {
        return Ok(None);
    }
    let sql = "SELECT fingerprint FROM ledger_binding WHERE binding_id = 1";
    let Some(row) = db.query_one_raw(statement(db, sql, vec![])).await? else { return Ok(None) };
    let text: String = row.try_get("", "fingerprint")?;
    text.parse().map(Some).map_err(|_| StoreError::Corrupt(format!("{text} is no fingerprint of a ledger")))
}

/// What the holder of the ledger has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Hash of the genesis block.
    pub fingerprint: Sha256Hex,
    /// Number of the last block.
    pub height: u64,
    /// Time of the last block.
    pub last_block_at: Timestamp,
    /// MSP ids of the organisations that endorse.
    pub organisations: Vec<String>,
}

/// Writes what the ledger answered, and binds the environment to it with the first call. `false`: the environment is
/// bound to another ledger, and nothing was written.
///
/// # Errors
/// [`StoreError`].
pub async fn beat(tx: &impl ConnectionTrait, beat: &Beat, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "INSERT INTO ledger_binding (binding_id, fingerprint, height, last_block_at, heartbeat_at, reachable, \
         reason, endorsing_orgs, bound_at) VALUES (1, $1, $2, $3, $4, TRUE, '', $5, $4) \
         ON CONFLICT (binding_id) DO UPDATE SET height = excluded.height, last_block_at = excluded.last_block_at, \
         heartbeat_at = excluded.heartbeat_at, reachable = TRUE, reason = '', endorsing_orgs = excluded.endorsing_orgs \
         WHERE ledger_binding.fingerprint = excluded.fingerprint";
    let organisations =
        serde_json::to_string(&beat.organisations).map_err(|why| StoreError::Corrupt(why.to_string()))?;
    let values = vec![
        Col(beat.fingerprint).into(),
        i64::try_from(beat.height).unwrap_or(i64::MAX).into(),
        Col(beat.last_block_at).into(),
        Col(now).into(),
        organisations.into(),
    ];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Writes that the ledger did not answer, and why. The last heartbeat stays as it was; before the first one the reason is
/// kept as that of its absence.
///
/// # Errors
/// [`StoreError`].
pub async fn missed(tx: &impl ConnectionTrait, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE ledger_binding SET reachable = FALSE, reason = $1 WHERE binding_id = 1";
    if tx.execute_raw(statement(tx, sql, vec![reason.into()])).await?.rows_affected() == 0 {
        let sql = "INSERT INTO ledger_absence (absence_id, reason, seen_at) VALUES (1, $1, $2) \
             ON CONFLICT (absence_id) DO UPDATE SET reason = excluded.reason, seen_at = excluded.seen_at";
        tx.execute_raw(statement(tx, sql, vec![reason.into(), Col(now).into()])).await?;
    }
    Ok(())
}

/// Why no ledger is bound yet, as whoever looks for one saw it last; `None` when nobody has looked.
///
/// # Errors
/// [`StoreError`].
pub async fn absence<C: ConnectionTrait>(db: &C) -> Result<Option<ledger_absence::Model>, StoreError> {
    Ok(ledger_absence::Entity::find_by_id(1_i64).one(db).await?)
}
