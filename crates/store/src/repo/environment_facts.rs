//! Facts that bind a database to its environment.

use gx_types::Timestamp;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, Set};

use crate::StoreError;
use crate::entity::environment_facts::{ActiveModel, Column, Entity};

/// The fact of this name, once it is recorded.
///
/// # Errors
/// [`StoreError`].
pub async fn get<C: ConnectionTrait>(db: &C, name: &str) -> Result<Option<String>, StoreError> {
    Ok(Entity::find_by_id(name).one(db).await?.map(|row| row.fact_value))
}

/// Records a fact unless there is one of this name, and returns the one that holds.
///
/// # Errors
/// [`StoreError`].
pub async fn record<C: ConnectionTrait>(db: &C, name: &str, value: &str, now: Timestamp) -> Result<String, StoreError> {
    let row = ActiveModel {
        fact_name: Set(name.to_owned()),
        fact_value: Set(value.to_owned()),
        recorded_at: Set(now.into()),
    };
    Entity::insert(row)
        .on_conflict(OnConflict::column(Column::FactName).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    get(db, name).await?.ok_or_else(|| StoreError::Corrupt(format!("the fact {name} is gone")))
}
