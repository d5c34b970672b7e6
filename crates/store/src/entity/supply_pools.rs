//! The six supply pools. The projector is the only writer.

use gx_types::{AccountId, Qirat};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `supply_pools`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "supply_pools")]
pub struct Model {
    /// Name of the pool.
    #[sea_orm(primary_key, auto_increment = false)]
    pub pool_id: String,
    /// Account on the ledger.
    pub account_id: Col<AccountId>,
    /// Most that may ever be minted, in Qirat.
    pub cap: Col<Qirat>,
    /// Minted so far, in Qirat.
    pub minted: Col<Qirat>,
    /// Block of the last change.
    pub updated_block: i64,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
