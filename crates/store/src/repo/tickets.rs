//! Secrets that open one door once, for a short time. Their rows hold hashes over purpose and text.

use gx_types::{Actor, Sha256Hex, TicketPurpose, Timestamp};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::col::Col;
use crate::entity::tickets::{Column, Entity};
use crate::error::StoreError;

pub use crate::entity::tickets::Model as TicketRow;

/// Keeps a ticket.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(tx: &impl ConnectionTrait, row: TicketRow) -> Result<(), StoreError> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// The ticket with this hash, while it opens.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(
    db: &impl ConnectionTrait,
    hash: Sha256Hex,
    purpose: TicketPurpose,
    now: Timestamp,
) -> Result<Option<TicketRow>, StoreError> {
    let row = Entity::find_by_id(Col(hash)).one(db).await?;
    Ok(row.filter(|row| row.purpose.0 == purpose && row.expires_at.0 > now))
}

/// Takes the ticket: of any number of callers at the same time exactly one gets it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn take(
    tx: &impl ConnectionTrait,
    hash: Sha256Hex,
    purpose: TicketPurpose,
    now: Timestamp,
) -> Result<Option<TicketRow>, StoreError> {
    let Some(row) = find(tx, hash, purpose, now).await? else { return Ok(None) };
    let gone = Entity::delete_by_id(Col(hash)).exec(tx).await?.rows_affected == 1;
    Ok(gone.then_some(row))
}

/// The newest ticket of `owner` for one purpose.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn newest(
    db: &impl ConnectionTrait,
    owner: Actor,
    purpose: TicketPurpose,
) -> Result<Option<TicketRow>, StoreError> {
    Ok(Entity::find()
        .filter(Column::Owner.eq(Col(owner)))
        .filter(Column::Purpose.eq(Col(purpose)))
        .order_by_desc(Column::CreatedAt)
        .one(db)
        .await?)
}

/// Takes back every ticket of `owner` for one purpose. Returns how many there were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn take_back(tx: &impl ConnectionTrait, owner: Actor, purpose: TicketPurpose) -> Result<u64, StoreError> {
    let done = Entity::delete_many()
        .filter(Column::Owner.eq(Col(owner)))
        .filter(Column::Purpose.eq(Col(purpose)))
        .exec(tx)
        .await?;
    Ok(done.rows_affected)
}

/// Deletes tickets whose time is up, at most `rows_max`. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_expired(tx: &impl ConnectionTrait, now: Timestamp, rows_max: u64) -> Result<u64, StoreError> {
    let expired = sea_orm::sea_query::Query::select()
        .column(Column::TicketHash)
        .from(Entity)
        .and_where(Column::ExpiresAt.lte(Col(now)))
        .limit(rows_max)
        .take();
    Ok(Entity::delete_many().filter(Column::TicketHash.in_subquery(expired)).exec(tx).await?.rows_affected)
}
