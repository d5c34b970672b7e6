//! What the ledger last said about the system as a whole, for everybody to read.

use gx_contracts::fees::FeeSchedule;
use gx_contracts::parameters::FEE_SCHEDULE;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::entity::system_parameters::{Entity, Model};
use crate::error::StoreError;

/// Row that holds `true` while the ledger is paused; written by the projector beside the ledger's own parameters.
pub const SYSTEM_PAUSED: &str = "systemPaused";
/// Row that holds why the ledger is paused; empty when it is not.
pub const SYSTEM_PAUSE_REASON: &str = "systemPauseReason";

/// A parameter's value; `None` before the ledger was bootstrapped or when there is no such parameter.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub async fn parameter(connection: &impl ConnectionTrait, name: &str) -> Result<Option<String>, StoreError> {
    Ok(parameter_row(connection, name).await?.map(|row| row.param_value))
}

/// The same with the block and time of its last change.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub async fn parameter_row(connection: &impl ConnectionTrait, name: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(name.to_owned()).one(connection).await?)
}

/// Why the ledger is paused; `None` while it is not.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub async fn pause_reason(connection: &impl ConnectionTrait) -> Result<Option<String>, StoreError> {
    if parameter(connection, SYSTEM_PAUSED).await?.as_deref() != Some("true") {
        return Ok(None);
    }
    Ok(Some(parameter(connection, SYSTEM_PAUSE_REASON).await?.unwrap_or_default()))
}

/// The fee schedule now on the ledger; `None` before the ledger was bootstrapped.
///
/// # Errors
/// [`StoreError::Corrupt`] when the stored text is no schedule; other [`StoreError`]s when it cannot be read.
pub async fn fee_schedule(connection: &impl ConnectionTrait) -> Result<Option<FeeSchedule>, StoreError> {
    let Some(json) = parameter(connection, FEE_SCHEDULE).await? else { return Ok(None) };
    FeeSchedule::from_json(&json).map(Some).map_err(|why| StoreError::Corrupt(format!("the fee schedule: {why}")))
}
