//! Conflict keys of commands that are not final; the database admits one in flight per key. Written through
//! [`crate::outbox`] only.

use gx_types::CommandId;
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `outbox_conflicts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_conflicts")]
pub struct Model {
    /// The command.
    #[sea_orm(primary_key, auto_increment = false)]
    pub command_id: Col<CommandId>,
    /// What it will write on the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conflict_key: String,
    /// Whether the command is in flight.
    pub in_flight: bool,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
