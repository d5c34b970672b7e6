//! What the environment's ledger is, and how it was at its last heartbeat.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::StoreError;
use crate::entity::ledger_binding::{Entity, Model};

/// The binding; `None` while no ledger was ever bound.
///
/// # Errors
/// [`StoreError`].
pub async fn get<C: ConnectionTrait>(db: &C) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(1_i64).one(db).await?)
}
