//! Facts that bind a database to its environment, for example the fingerprint of the biometric key.

use gx_types::Timestamp;
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `environment_facts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "environment_facts")]
pub struct Model {
    /// Name of the fact.
    #[sea_orm(primary_key, auto_increment = false)]
    pub fact_name: String,
    /// Its value.
    pub fact_value: String,
    /// When it was recorded.
    pub recorded_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
