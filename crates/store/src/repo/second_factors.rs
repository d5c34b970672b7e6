//! Second factors of people and administrators, and their backup codes.

use gx_types::{Actor, Sha256Hex, Timestamp};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect, Set,
};

use crate::col::Col;
use crate::entity::second_factors::{Column, Entity};
use crate::entity::{backup_codes, second_factors};
use crate::error::StoreError;

pub use crate::entity::second_factors::Model as SecondFactor;

/// The second factor of `owner`, confirmed or not.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, owner: Actor) -> Result<Option<SecondFactor>, StoreError> {
    Ok(Entity::find_by_id(Col(owner)).one(db).await?)
}

/// Whether `owner` signs in with a second factor.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_on(db: &impl ConnectionTrait, owner: Actor) -> Result<bool, StoreError> {
    Ok(find(db, owner).await?.is_some_and(|row| row.confirmed_at.is_some()))
}

/// Reads the second factor of `owner` and holds it until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &impl ConnectionTrait, owner: Actor) -> Result<Option<SecondFactor>, StoreError> {
    Ok(Entity::find_by_id(Col(owner)).lock_exclusive().one(tx).await?)
}

/// Keeps a new secret that waits for its first code. `false`: a confirmed one is there, and nothing was written.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin(
    tx: &impl ConnectionTrait,
    owner: Actor,
    totp_secret: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let found = lock(tx, owner).await?;
    if found.as_ref().is_some_and(|row| row.confirmed_at.is_some()) {
        return Ok(false);
    }
    let row = second_factors::Model {
        owner: Col(owner),
        totp_secret: totp_secret.to_vec(),
        confirmed_at: None,
        last_step: 0,
        created_at: Col(now),
    };
    let fresh = row.into_active_model().reset_all();
    if found.is_some() {
        fresh.update(tx).await?;
    } else {
        Entity::insert(fresh).exec_without_returning(tx).await?;
    }
    Ok(true)
}

/// Notes the step of a code that was taken, and with `confirmed_at` that it was the first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn took(
    tx: &impl ConnectionTrait,
    owner: Actor,
    step: i64,
    confirmed_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let mut update = Entity::update_many().col_expr(Column::LastStep, step.into()).filter(Column::Owner.eq(Col(owner)));
    if let Some(at) = confirmed_at {
        update = update.col_expr(Column::ConfirmedAt, Col(at).into());
    }
    update.exec(tx).await?;
    Ok(())
}

/// Takes the second factor away, with its backup codes. `false`: there was none.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn remove(tx: &impl ConnectionTrait, owner: Actor) -> Result<bool, StoreError> {
    backup_codes::Entity::delete_many().filter(backup_codes::Column::Owner.eq(Col(owner))).exec(tx).await?;
    Ok(Entity::delete_by_id(Col(owner)).exec(tx).await?.rows_affected == 1)
}

/// Puts new backup codes in the place of the old ones.
///
/// # Errors
/// [`StoreError`] when there is no second factor, or the database fails.
pub async fn replace_codes(tx: &impl ConnectionTrait, owner: Actor, hashes: &[Sha256Hex]) -> Result<(), StoreError> {
    backup_codes::Entity::delete_many().filter(backup_codes::Column::Owner.eq(Col(owner))).exec(tx).await?;
    let rows = hashes.iter().map(|hash| backup_codes::ActiveModel {
        owner: Set(Col(owner)),
        code_hash: Set(Col(*hash)),
        used_at: Set(None),
    });
    backup_codes::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Uses up a backup code; `false` when there is no such unused one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn use_code(
    tx: &impl ConnectionTrait,
    owner: Actor,
    hash: Sha256Hex,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = backup_codes::Entity::update_many()
        .col_expr(backup_codes::Column::UsedAt, Col(now).into())
        .filter(backup_codes::Column::Owner.eq(Col(owner)))
        .filter(backup_codes::Column::CodeHash.eq(Col(hash)))
        .filter(backup_codes::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// How many backup codes of `owner` are unused.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn codes_left(db: &impl ConnectionTrait, owner: Actor) -> Result<u64, StoreError> {
    Ok(backup_codes::Entity::find()
        .filter(backup_codes::Column::Owner.eq(Col(owner)))
        .filter(backup_codes::Column::UsedAt.is_null())
        .count(db)
        .await?)
}
