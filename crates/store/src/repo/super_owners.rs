//! The first administrators, made on the host while there are fewer than two.

use gx_types::{AdminId, AdminRole};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};

use crate::col::Col;
use crate::entity::admin_users::{Column, Entity, Model};
use crate::error::StoreError;

/// How many SUPER_OWNERs may use their account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn active_count(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    let active = Entity::find().filter(Column::Role.eq(Col(AdminRole::SuperOwner))).filter(Column::IsActive.eq(true));
    Ok(active.count(db).await?)
}

/// The SUPER_OWNERs who may use their account.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn active(db: &impl ConnectionTrait) -> Result<Vec<AdminId>, StoreError> {
    let active = Entity::find().filter(Column::Role.eq(Col(AdminRole::SuperOwner))).filter(Column::IsActive.eq(true));
    Ok(active.all(db).await?.into_iter().map(|row| row.admin_id.0).collect())
}

/// Adds an administrator.
///
/// # Errors
/// [`StoreError::Duplicate`] when name or e-mail address is taken; [`StoreError`] when the database fails.
pub async fn add(tx: &impl ConnectionTrait, admin: Model) -> Result<(), StoreError> {
    admin.into_active_model().insert(tx).await?;
    Ok(())
}
