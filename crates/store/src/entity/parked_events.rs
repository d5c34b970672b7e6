//! Informational events that could not be applied; replayed in order later. Nothing about money is ever parked.

use gx_types::{Timestamp, TxId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `parked_events`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parked_events")]
pub struct Model {
    /// Block.
    pub block_number: i64,
    /// Position of the transaction in its block.
    pub tx_position: i64,
    /// Transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tx_id: Col<TxId>,
    /// Index of the event in its transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_index: i64,
    /// Name of the event.
    pub event_name: String,
    /// The event as JSON.
    pub payload: String,
    /// Why.
    pub reason: String,
    /// When it was parked.
    pub parked_at: Col<Timestamp>,
    /// When it was applied after all.
    pub replayed_at: Option<Col<Timestamp>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
