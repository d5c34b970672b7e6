//! Why no ledger is bound to this environment yet: one row, written by whoever tries to reach one.

use gx_types::Timestamp;
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `ledger_absence`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_absence")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub absence_id: i64,
    /// What the last try met.
    pub reason: String,
    /// When that was.
    pub seen_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
