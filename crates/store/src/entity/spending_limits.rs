//! Limits that people put on their own payments. Owner: tokenomics.

use gx_types::{LimitKind, ProfileId, Qirat, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `spending_limits`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spending_limits")]
pub struct Model {
    /// Whose limit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// What it bounds.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Col<LimitKind>,
    /// The limit; the cap of all coins means none.
    pub amount: Col<Qirat>,
    /// The limit that was asked for.
    pub next_amount: Option<Col<Qirat>>,
    /// When that one holds.
    pub next_from: Option<Col<Timestamp>>,
    /// When it last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
