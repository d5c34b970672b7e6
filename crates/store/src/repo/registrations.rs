//! Registrations under way.
//!
//! A step reads its row with [`lock`], changes it, and gives it back to [`save`], all in one unit of work.

use gx_types::{RegistrationId, Timestamp};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};

use crate::col::Col;
use crate::entity::pending_registrations::{Column, Entity};
use crate::error::StoreError;

pub use crate::entity::pending_registrations::Model as Registration;

/// Adds a registration.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(tx: &impl ConnectionTrait, row: Registration) -> Result<(), StoreError> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Reads a registration.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).one(db).await?)
}

/// Reads a registration and holds it until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &impl ConnectionTrait, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).lock_exclusive().one(tx).await?)
}

/// Writes a registration that was read with [`lock`].
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save(tx: &impl ConnectionTrait, row: Registration) -> Result<(), StoreError> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// Throws a registration away.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(tx: &impl ConnectionTrait, id: RegistrationId) -> Result<(), StoreError> {
    Entity::delete_by_id(Col(id)).exec(tx).await?;
    Ok(())
}

/// How many registrations were begun with an e-mail address since `since`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begun_since(
    db: &impl ConnectionTrait,
    email_normalised: &str,
    since: Timestamp,
) -> Result<u64, StoreError> {
    Ok(Entity::find()
        .filter(Column::EmailNormalised.eq(email_normalised))
        .filter(Column::CreatedAt.gte(Col(since)))
        .count(db)
        .await?)
}

/// Deletes up to `rows_max` registrations that ended before `before`: what was typed into them is nobody's business any
/// more. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_expired(tx: &impl ConnectionTrait, before: Timestamp, rows_max: u64) -> Result<u64, StoreError> {
    let expired = Query::select()
        .column(Column::RegistrationId)
        .from(Entity)
        .and_where(Column::ExpiresAt.lt(Col(before)))
        .limit(rows_max)
        .take();
    let done = Entity::delete_many().filter(Column::RegistrationId.in_subquery(expired)).exec(tx).await?;
    Ok(done.rows_affected)
}
