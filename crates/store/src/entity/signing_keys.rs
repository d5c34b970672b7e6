//! Keys that sign tokens and QR codes. Owner: platform.

use gx_types::{KeyId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `signing_keys`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// The key (`kid`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: Col<KeyId>,
    /// What it signs, for example the tokens of people.
    pub purpose: String,
    /// Algorithm, for example `EdDSA`.
    pub algorithm: String,
    /// Private key; secret.
    pub private_key: Vec<u8>,
    /// Public key.
    pub public_key: Vec<u8>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// Signs until then; verifies until the second.
    pub signs_until: Option<Col<Timestamp>>,
    /// Verifies until then; empty: as long as it signs.
    pub verifies_until: Option<Col<Timestamp>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
