//! PostgreSQL: a transaction for each unit, repeated when the server asks for it.

use std::cell::Cell;
use std::time::Duration;

use sea_orm::{DatabaseConnection, TransactionTrait};

use super::Unit;
use crate::error::{RETRY_SEEN, StoreError};

/// Runs of one unit at most.
const RUNS_MAX: u32 = 8;
/// Pause before the second run; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(2);

pub(super) async fn run<F, T, E>(connection: &DatabaseConnection, work: &F) -> Result<T, E>
where
    F: Unit<T, E>,
    E: From<StoreError>,
{
    let mut pause = PAUSE;
    let mut runs = 1;
    loop {
        let (result, repeat) = RETRY_SEEN
            .scope(Cell::new(false), async {
                let result = once(connection, work).await;
                let repeat = result.is_err() && RETRY_SEEN.with(Cell::get);
                (result, repeat)
            })
            .await;
        if !repeat || runs == RUNS_MAX {
            return result;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
        runs += 1;
    }
}

async fn once<F, T, E>(connection: &DatabaseConnection, work: &F) -> Result<T, E>
where
    F: Unit<T, E>,
    E: From<StoreError>,
{
    let tx = connection.begin().await.map_err(StoreError::from)?;
    match work(&tx).await {
        Ok(value) => {
            tx.commit().await.map_err(StoreError::from)?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = tx.rollback().await {
                // The server undoes it when the connection ends.
                tracing::warn!(error = %rollback, "a transaction could not be rolled back");
            }
            Err(error)
        }
    }
}
