//! Parameters of the ledger, as last written by an event. The projector is the only writer.

use gx_types::Timestamp;
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `system_parameters`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "system_parameters")]
pub struct Model {
    /// Name of the parameter.
    #[sea_orm(primary_key, auto_increment = false)]
    pub param_key: String,
    /// Value as text.
    pub param_value: String,
    /// Block of the last change.
    pub updated_block: i64,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
