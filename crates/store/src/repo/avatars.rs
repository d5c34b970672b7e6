//! Pictures of people; the bytes lie in the object store.

use gx_types::ProfileId;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};

use crate::col::Col;
use crate::entity::avatars::Entity;
use crate::error::StoreError;

pub use crate::entity::avatars::Model as Avatar;

/// A person's picture.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, person: ProfileId) -> Result<Option<Avatar>, StoreError> {
    Ok(Entity::find_by_id(Col(person)).one(db).await?)
}

/// Puts a picture in the place of the last. Returns the key of the object that is not used any more.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn replace(tx: &impl ConnectionTrait, row: Avatar) -> Result<Option<String>, StoreError> {
    let old = take(tx, row.profile_id.0).await?;
    Entity::insert(sea_orm::ActiveModelTrait::reset_all(row.into_active_model())).exec_without_returning(tx).await?;
    Ok(old)
}

/// Removes a person's picture. Returns the key of its object.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn take(tx: &impl ConnectionTrait, person: ProfileId) -> Result<Option<String>, StoreError> {
    let old = Entity::find_by_id(Col(person)).lock_exclusive().one(tx).await?;
    Entity::delete_by_id(Col(person)).exec(tx).await?;
    Ok(old.map(|row| row.object_key))
}
