//! Failed sign-ins, by what was typed: addresses that nobody has lock like those that somebody has, so the lock tells
//! nothing about who has an account.

use std::time::Duration;

use gx_types::{Sha256Hex, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

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

/// Counts a try before it is made, for secrets so short that no two processes may answer more guesses than one: the tries
/// that are left after it, or until when there are none. Call [`succeeded`] when the try was right.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count_try(
    tx: &impl ConnectionTrait,
    subject: Sha256Hex,
    now: Timestamp,
    tries_max: u32,
    window: Duration,
) -> Result<Result<u32, Timestamp>, StoreError> {
    // 1. The first try makes the row; of two at once, one makes it and the other counts on.
    let lock_after = |tries: i64| (tries >= i64::from(tries_max)).then(|| Col(now.plus(window)));
    let first =
        Model { subject_hash: Col(subject), failures: 1, first_failed_at: Col(now), locked_until: lock_after(1) };
    let fresh = Entity::insert(first.clone().into_active_model().reset_all())
        .on_conflict(OnConflict::column(Column::SubjectHash).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await;
    let left = |tries: i64| u32::try_from(i64::from(tries_max).saturating_sub(tries)).unwrap_or(0);
    match fresh {
        Ok(1..) => return Ok(Ok(left(1))),
        Ok(0) | Err(DbErr::RecordNotInserted) => {}
        Err(error) => return Err(error.into()),
    }

    // 2. Further ones wait for each other at the row.
    let Some(row) = Entity::find_by_id(Col(subject)).lock_exclusive().one(tx).await? else { return Ok(Ok(left(1))) };
    if let Some(until) = row.locked_until.filter(|until| until.0 > now) {
        return Ok(Err(until.0));
    }
    let counts = row.locked_until.is_none() && now.since(row.first_failed_at.0) < window;
    let mut row = if counts { Model { failures: row.failures.saturating_add(1), ..row } } else { first };
    row.locked_until = lock_after(row.failures);
    let tries = row.failures;
    row.into_active_model().reset_all().update(tx).await?;
    Ok(Ok(left(tries)))
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
