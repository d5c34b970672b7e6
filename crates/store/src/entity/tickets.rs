//! Secrets that open one door once. Owner: platform.

use gx_types::{Actor, Sha256Hex, TicketPurpose, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `tickets`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    /// SHA-256 over purpose and text.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_hash: Col<Sha256Hex>,
    /// Which door.
    pub purpose: Col<TicketPurpose>,
    /// Whose.
    pub owner: Col<Actor>,
    /// What the door needs to know, as JSON.
    pub data: String,
    /// When it was made.
    pub created_at: Col<Timestamp>,
    /// Until when it opens.
    pub expires_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
