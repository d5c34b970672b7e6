//! Backup codes of second factors. Owner: platform.

use gx_types::{Actor, Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `backup_codes`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backup_codes")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner: Col<Actor>,
    /// HMAC-SHA-256 of the code under a key of the environment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: Col<Sha256Hex>,
    /// When it was used.
    pub used_at: Option<Col<Timestamp>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
