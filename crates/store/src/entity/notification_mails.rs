//! Mails about notifications. Owner: messaging.

use gx_types::{MailState, NotificationId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `notification_mails`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_mails")]
pub struct Model {
    /// The notification.
    #[sea_orm(primary_key, auto_increment = false)]
    pub notification_id: Col<NotificationId>,
    /// Where it stands.
    pub state: Col<MailState>,
    /// Tries so far.
    pub attempts: i64,
    /// When another may try.
    pub next_at: Col<Timestamp>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
