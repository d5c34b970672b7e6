//! New e-mail addresses and phone numbers that wait for their codes. A person has one of each under way at most.

use gx_types::{ContactChangeId, MailboxChannel, ProfileId, Timestamp};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::col::Col;
use crate::entity::contact_changes::{Column, Entity};
use crate::error::StoreError;

pub use crate::entity::contact_changes::Model as ContactChange;

/// Begins a change in the place of an earlier one of the same kind.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin(tx: &impl ConnectionTrait, row: ContactChange) -> Result<(), StoreError> {
    Entity::delete_many()
        .filter(Column::ProfileId.eq(row.profile_id))
        .filter(Column::Channel.eq(row.channel))
        .exec(tx)
        .await?;
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// The newest change of this kind that a person has begun, done with or not.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_person(
    db: &impl ConnectionTrait,
    person: ProfileId,
    channel: MailboxChannel,
) -> Result<Option<ContactChange>, StoreError> {
    Ok(Entity::find()
        .filter(Column::ProfileId.eq(Col(person)))
        .filter(Column::Channel.eq(Col(channel)))
        .one(db)
        .await?)
}

/// Reads a change of a person and holds it until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(
    tx: &impl ConnectionTrait,
    id: ContactChangeId,
    person: ProfileId,
) -> Result<Option<ContactChange>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).filter(Column::ProfileId.eq(Col(person))).lock_exclusive().one(tx).await?)
}

/// Writes a change that was read with [`lock`].
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save(tx: &impl ConnectionTrait, row: ContactChange) -> Result<(), StoreError> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// Ends a change.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end(tx: &impl ConnectionTrait, id: ContactChangeId) -> Result<(), StoreError> {
    Entity::delete_by_id(Col(id)).exec(tx).await?;
    Ok(())
}

/// Ends every change of a person.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end_all(tx: &impl ConnectionTrait, person: ProfileId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::ProfileId.eq(Col(person))).exec(tx).await?;
    Ok(())
}

/// Deletes changes whose time is up, at most `rows_max`. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_expired(tx: &impl ConnectionTrait, now: Timestamp, rows_max: u64) -> Result<u64, StoreError> {
    let expired = sea_orm::sea_query::Query::select()
        .column(Column::ChangeId)
        .from(Entity)
        .and_where(Column::ExpiresAt.lte(Col(now)))
        .limit(rows_max)
        .take();
    Ok(Entity::delete_many().filter(Column::ChangeId.in_subquery(expired)).exec(tx).await?.rows_affected)
}
