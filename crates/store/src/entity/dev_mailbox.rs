//! The development mailbox: what went to reserved addresses and numbers. Owner: platform.

use gx_types::{MailboxChannel, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `dev_mailbox`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dev_mailbox")]
pub struct Model {
    /// The message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub mail_id: String,
    /// Over what it went out.
    pub channel: Col<MailboxChannel>,
    /// To whom.
    pub recipient: String,
    /// Subject; empty for text messages.
    pub subject: String,
    /// Text.
    pub body: String,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
