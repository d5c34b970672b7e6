//! Keys that sign.

use gx_types::{KeyId, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use crate::StoreError;
use crate::entity::signing_keys::{ActiveModel, Column, Entity};

/// A key as it is stored; the private half is encrypted by its owner.
#[derive(Debug, Clone)]
pub struct SigningKey {
    /// The key (`kid`).
    pub key_id: KeyId,
    /// Encrypted private key.
    pub private_key: Vec<u8>,
    /// Public key.
    pub public_key: Vec<u8>,
    /// Signs until then.
    pub signs_until: Timestamp,
    /// Verifies until then.
    pub verifies_until: Timestamp,
}

/// A key to store.
#[derive(Debug, Clone)]
pub struct NewSigningKey {
    /// The key (`kid`).
    pub key_id: KeyId,
    /// What it signs.
    pub purpose: String,
    /// Algorithm.
    pub algorithm: String,
    /// Encrypted private key.
    pub private_key: Vec<u8>,
    /// Public key.
    pub public_key: Vec<u8>,
    /// Now.
    pub created_at: Timestamp,
    /// Signs until then.
    pub signs_until: Timestamp,
    /// Verifies until then.
    pub verifies_until: Timestamp,
}

/// The keys of a purpose, in no order. A key without an end signs and verifies for ever.
///
/// # Errors
/// [`StoreError`].
pub async fn of_purpose<C: ConnectionTrait>(db: &C, purpose: &str) -> Result<Vec<SigningKey>, StoreError> {
    let rows = Entity::find().filter(Column::Purpose.eq(purpose)).all(db).await?;
    let forever = Timestamp::from_micros(i64::MAX);
    Ok(rows
        .into_iter()
        .map(|row| SigningKey {
            key_id: row.key_id.0,
            private_key: row.private_key,
            public_key: row.public_key,
            signs_until: row.signs_until.map_or(forever, |until| until.0),
            verifies_until: row.verifies_until.map_or(forever, |until| until.0),
        })
        .collect())
}

/// Stores a key unless one with its id is there.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_unless_there<C: ConnectionTrait>(db: &C, key: NewSigningKey) -> Result<(), StoreError> {
    let row = ActiveModel {
        key_id: Set(key.key_id.into()),
        purpose: Set(key.purpose),
        algorithm: Set(key.algorithm),
        private_key: Set(key.private_key),
        public_key: Set(key.public_key),
        created_at: Set(key.created_at.into()),
        signs_until: Set(Some(key.signs_until.into())),
        verifies_until: Set(Some(key.verifies_until.into())),
    };
    Entity::insert(row)
        .on_conflict(OnConflict::column(Column::KeyId).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}
