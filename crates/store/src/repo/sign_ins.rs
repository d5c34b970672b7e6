//! Failed sign-ins, by what was typed: addresses that nobody has lock like those that somebody has, so the lock tells
//! nothing about who has an account.

use std::time::Duration;

use gx_types::{Sha256Hex, Timestamp};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::col::Col;
use crate::entity::sign_in_failures::{Column, Entity, Model};
use crate::error::StoreError;

/// Until when signing in as `subject` is locked, if it is.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn locked_until(
    db: &impl ConnectionTrait,
    subject: Sha256Hex,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let row = Entity::find_by_id(Col(subject)).one(db).await?;
    Ok(row.and_then(|row| row.locked_until).map(|until| until.0).filter(|until| *until > now))
}

/// Counts a failure. The `failures_max`th within `window` locks for `window`; then the time it ends is returned.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn failed(
    tx: &impl ConnectionTrait,
    subject: Sha256Hex,
    now: Timestamp,
    failures_max: u32,
    window: Duration,
) -> Result<Option<Timestamp>, StoreError> {
    let found = Entity::find_by_id(Col(subject)).lock_exclusive().one(tx).await?;
    let counts = found.as_ref().is_some_and(|row| {
        now.since(row.first_failed_at.0) < window && row.locked_until.is_none_or(|until| until.0 > now)
    });
    let row = match &found {
        Some(row) if counts => Model { failures: row.failures.saturating_add(1), ..row.clone() },
        _ => Model { subject_hash: Col(subject), failures: 1, first_failed_at: Col(now), locked_until: None },
    };
    let locked = row.failures >= i64::from(failures_max);
    let row = Model { locked_until: locked.then(|| Col(now.plus(window))), ..row };
    let until = row.locked_until.map(|until| until.0);
    let row = row.into_active_model().reset_all();
    if found.is_some() {
        row.update(tx).await?;
    } else {
        Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(until)
}

/// Forgets the failures of `subject`: it signed in.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn succeeded(tx: &impl ConnectionTrait, subject: Sha256Hex) -> Result<(), StoreError> {
    Entity::delete_by_id(Col(subject)).exec(tx).await?;
    Ok(())
}

/// Deletes failures that began more than two windows ago: they count no more and lock nobody. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_old(tx: &impl ConnectionTrait, now: Timestamp, window: Duration) -> Result<u64, StoreError> {
    let done = Entity::delete_many()
        .filter(Column::FirstFailedAt.lt(Col(now.minus(window.saturating_mul(2)))))
        .exec(tx)
        .await?;
    Ok(done.rows_affected)
}
