//! The ledger that this environment is bound to: one row, written by the process that holds the ledger or its
//! connection.

use gx_types::{Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `ledger_binding`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_binding")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub binding_id: i64,
    /// Hash of the genesis block.
    pub fingerprint: Col<Sha256Hex>,
    /// Number of the newest block; the genesis block is 0.
    pub height: i64,
    /// Time of the newest block.
    pub last_block_at: Option<Col<Timestamp>>,
    /// When the holder last wrote this row.
    pub heartbeat_at: Col<Timestamp>,
    /// Whether the ledger answered at the last heartbeat.
    pub reachable: bool,
    /// Why it is not reachable; empty when it is.
    pub reason: String,
    /// JSON array of the organisations that can endorse.
    pub endorsing_orgs: String,
    /// When this environment was first bound.
    pub bound_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
