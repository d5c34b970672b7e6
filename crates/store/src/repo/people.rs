//! People: their rows and the one way to change their state.

use gx_types::{CountryCode, PersonChange, PersonState, ProfileId, Timestamp};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};

use crate::col::Col;
use crate::entity::user_profiles::{Column, Entity};
use crate::error::StoreError;

pub use crate::entity::user_profiles::Model as Person;

impl Person {
    /// Both states of the person.
    #[must_use]
    pub const fn state(&self) -> PersonState {
        PersonState { status: self.status.0, onchain: self.onchain_status.0 }
    }
}

/// Adds a person.
///
/// # Errors
/// [`StoreError::Duplicate`] naming `email` or `phone` when another person has it.
pub async fn insert(tx: &impl ConnectionTrait, row: Person) -> Result<(), StoreError> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Reads a person.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, id: ProfileId) -> Result<Option<Person>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).one(db).await?)
}

/// Reads a person and holds the row until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &impl ConnectionTrait, id: ProfileId) -> Result<Option<Person>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).lock_exclusive().one(tx).await?)
}

/// Writes a person's row that was read with [`lock`]. State columns are changed by [`change_state`] alone.
///
/// # Errors
/// [`StoreError::Duplicate`] when another person has the same phone or identity number.
pub async fn save(tx: &impl ConnectionTrait, row: Person) -> Result<(), StoreError> {
    let mut changed = row.into_active_model().reset_all();
    changed.status = sea_orm::ActiveValue::NotSet;
    changed.onchain_status = sea_orm::ActiveValue::NotSet;
    changed.update(tx).await?;
    Ok(())
}

/// The person with this e-mail address, in its normalised form.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_email(db: &impl ConnectionTrait, email_normalised: &str) -> Result<Option<Person>, StoreError> {
    Ok(Entity::find().filter(Column::EmailNormalised.eq(email_normalised)).one(db).await?)
}

/// Whether somebody has this phone number.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn has_phone(db: &impl ConnectionTrait, phone_num: &str) -> Result<bool, StoreError> {
    Ok(Entity::find().filter(Column::PhoneNum.eq(phone_num)).count(db).await? > 0)
}

/// Whether somebody but `except` has entered this national identity number.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn has_national_id(
    db: &impl ConnectionTrait,
    country: CountryCode,
    number: &str,
    except: ProfileId,
) -> Result<bool, StoreError> {
    let others = Entity::find()
        .filter(Column::NationalityCountryCode.eq(Col(country)))
        .filter(Column::NationalIdNumber.eq(number))
        .filter(Column::ProfileId.ne(Col(except)));
    Ok(others.count(db).await? > 0)
}

/// Changes a person's state as the transition table of [`PersonChange`] has it. Returns the new state, or `None` when
/// there is no such person or the table has no row for the present state; then nothing was written.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn change_state(
    tx: &impl ConnectionTrait,
    id: ProfileId,
    change: PersonChange,
    now: Timestamp,
) -> Result<Option<PersonState>, StoreError> {
    // The row is held from here to the end of the unit, so the condition below cannot fail in between; it stays because
    // it is what makes the table true whatever this function becomes.
    let Some(person) = lock(tx, id).await? else { return Ok(None) };
    let from = person.state();
    let Some(to) = change.after(from) else { return Ok(None) };
    let done = Entity::update_many()
        .col_expr(Column::Status, Col(to.status).into())
        .col_expr(Column::OnchainStatus, Col(to.onchain).into())
        .col_expr(Column::UpdatedAt, Col(now).into())
        .filter(Column::ProfileId.eq(Col(id)))
        .filter(Column::Status.eq(Col(from.status)))
        .filter(Column::OnchainStatus.eq(Col(from.onchain)))
        .exec(tx)
        .await?;
    if done.rows_affected != 1 {
        return Ok(None);
    }
    super::webhooks::person(tx, id, (from, to), now).await?;
    Ok(Some(to))
}

/// Changes a person's password, if it is still the one it was taken for. `false`: it is another one by now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn change_password(
    tx: &impl ConnectionTrait,
    id: ProfileId,
    old_hash: &str,
    new_hash: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .col_expr(Column::PasswordHash, new_hash.into())
        .col_expr(Column::UpdatedAt, Col(now).into())
        .filter(Column::ProfileId.eq(Col(id)))
        .filter(Column::PasswordHash.eq(old_hash))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Notes when a person signed in last.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn signed_in(tx: &impl ConnectionTrait, id: ProfileId, now: Timestamp) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::LastLoginAt, Col(now).into())
        .filter(Column::ProfileId.eq(Col(id)))
        .exec(tx)
        .await?;
    Ok(())
}
