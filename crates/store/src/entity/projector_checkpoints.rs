//! How far each projector has come, who runs it, and where it stopped.

use gx_types::{Sha256Hex, Timestamp, TxId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `projector_checkpoints`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projector_checkpoints")]
pub struct Model {
    /// Name of the projector.
    #[sea_orm(primary_key, auto_increment = false)]
    pub projector: String,
    /// The next block to apply, so 0 before the genesis block.
    pub next_block: i64,
    /// Hash of the last applied block.
    pub last_block_hash: Option<Col<Sha256Hex>>,
    /// Time of the newest block.
    pub last_block_at: Option<Col<Timestamp>>,
    /// Who projects now; another takes over when the lease has run out.
    pub lease_owner: Option<String>,
    /// Until when the holder has it.
    pub lease_until: Col<Timestamp>,
    /// Raised with every take-over; a holder names it in every write.
    pub fence: i64,
    /// Where and why it stopped; empty while it runs.
    pub stopped_block: Option<i64>,
    /// Transaction it stopped at.
    pub stopped_tx_id: Option<Col<TxId>>,
    /// Event it stopped at.
    pub stopped_event_index: Option<i64>,
    /// Why it stopped.
    pub stopped_reason: Option<String>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
