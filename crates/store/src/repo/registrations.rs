//! Registrations under way.
//!
//! A step reads its row with [`lock`], changes it, and gives it back to [`save`], all in one unit of work.

use gx_types::{RegistrationId, Timestamp};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::col::Col;
use crate::entity::pending_registrations::{Column, Entity};
use crate::error::StoreError;

pub use crate::entity::pending_registrations::Model as Registration;

/// Adds a registration.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(tx: &impl ConnectionTrait, row: Registration) -> Result<(), StoreError> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Reads a registration.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).one(db).await?)
}

/// Reads a registration and holds it until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &impl ConnectionTrait, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).lock_exclusive().one(tx).await?)
}

/// Writes a registration that was read with [`lock`].
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save(tx: &impl ConnectionTrait, row: Registration) -> Result<(), StoreError> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// Throws a registration away.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(tx: &impl ConnectionTrait, id: RegistrationId) -> Result<(), StoreError> {
    Entity::delete_by_id(Col(id)).exec(tx).await?;
    Ok(())
}

/// Where the codes of a registration go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'t> {
    /// To an e-mail address in the form that is compared.
    Email(&'t str),
    /// To a telephone number.
    Phone(&'t str),
}

/// What a registration has sent to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The registration.
    pub registration_id: RegistrationId,
    /// Who began it.
    pub ip: Option<String>,
    /// Codes it sent.
    pub sent: i64,
    /// What is kept of its code, while there is one.
    pub code_hash: Option<String>,
    /// When that code expires.
    pub code_expires_at: Option<Timestamp>,
}

/// What registrations begun since `since` have sent to a target, the newest code first, at most `rows_max`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sendings(
    db: &impl ConnectionTrait,
    target: Target<'_>,
    since: Timestamp,
    rows_max: u64,
) -> Result<Vec<Sending>, StoreError> {
    let query = Entity::find().select_only().column(Column::RegistrationId).column(Column::Ip);
    let query = match target {
        Target::Email(address) => query
            .column(Column::EmailCodesSent)
            .column(Column::EmailCodeHash)
            .column(Column::EmailCodeExpiresAt)
            .filter(Column::EmailNormalised.eq(address))
            .order_by_desc(Column::EmailCodeExpiresAt),
        Target::Phone(number) => query
            .column(Column::PhoneCodesSent)
            .column(Column::PhoneCodeHash)
            .column(Column::PhoneCodeExpiresAt)
            .filter(Column::PhoneNum.eq(number))
            .order_by_desc(Column::PhoneCodeExpiresAt),
    };
    type Row = (Col<RegistrationId>, Option<String>, i64, Option<String>, Option<Col<Timestamp>>);
    let rows: Vec<Row> = query.filter(Column::CreatedAt.gte(Col(since))).limit(rows_max).into_tuple().all(db).await?;
    Ok(rows
        .into_iter()
        .map(|(id, ip, sent, code_hash, expires)| Sending {
            registration_id: id.0,
            ip,
            sent,
            code_hash,
            code_expires_at: expires.map(|at| at.0),
        })
        .collect())
}

/// Deletes up to `rows_max` registrations that ended before `before`: what was typed into them is nobody's business any
/// more. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_expired(tx: &impl ConnectionTrait, before: Timestamp, rows_max: u64) -> Result<u64, StoreError> {
    let expired = Query::select()
        .column(Column::RegistrationId)
        .from(Entity)
        .and_where(Column::ExpiresAt.lt(Col(before)))
        .limit(rows_max)
        .take();
    let done = Entity::delete_many().filter(Column::RegistrationId.in_subquery(expired)).exec(tx).await?;
    Ok(done.rows_affected)
}
