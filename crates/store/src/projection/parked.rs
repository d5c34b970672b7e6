//! Informational events that could not be applied. Nothing about money, supply or people is ever parked.

use gx_types::{Timestamp, TxId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::parked_events::{Column, Entity, Model};
use crate::error::StoreError;
use crate::sql::statement;

/// Parks an event. An event that is parked already stays as it is.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn park(tx: &impl ConnectionTrait, event: &Model) -> Result<(), StoreError> {
    let sql = "INSERT INTO parked_events (block_number, tx_position, tx_id, event_index, event_name, payload, reason, parked_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tx_id, event_index) DO NOTHING";
    let values = vec![
        event.block_number.into(),
        event.tx_position.into(),
        event.tx_id.to_string().into(),
        event.event_index.into(),
        event.event_name.clone().into(),
        event.payload.clone().into(),
        event.reason.clone().into(),
        event.parked_at.micros().into(),
    ];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// Parked events that wait, oldest first, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub async fn waiting(connection: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .filter(Column::ReplayedAt.is_null())
        .order_by_asc(Column::BlockNumber)
        .order_by_asc(Column::TxPosition)
        .order_by_asc(Column::EventIndex)
        .limit(limit)
        .all(connection)
        .await?)
}

/// How many parked events wait.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub async fn count(connection: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::ReplayedAt.is_null()).count(connection).await?)
}

/// Marks a parked event as replayed.
///
/// # Errors
/// [`StoreError`] when the database cannot be written.
pub async fn replayed(
    tx: &impl ConnectionTrait,
    tx_id: &TxId,
    event_index: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE parked_events SET replayed_at = $3 WHERE tx_id = $1 AND event_index = $2";
    let values = vec![tx_id.to_string().into(), event_index.into(), now.micros().into()];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}
