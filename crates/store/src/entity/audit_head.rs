//! The newest entry of the audit chain. Owner: [`crate::audit`].

use gx_types::Sha256Hex;
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// The one row of `audit_head`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: i64,
    /// Place of the newest entry; 0 before the first.
    pub sequence: i64,
    /// Its hash; zeros before the first.
    pub entry_hash: Col<Sha256Hex>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
