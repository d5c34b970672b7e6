//! Notifications. Written by the projector and by reactions to refusals; read by messaging.

use gx_types::{NotificationId, NotificationKind, NotificationStatus, ProfileId, Timestamp, TxId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `notifications`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    /// The notification.
    #[sea_orm(primary_key, auto_increment = false)]
    pub notification_id: Col<NotificationId>,
    /// The person.
    pub profile_id: Col<ProfileId>,
    /// What it is.
    pub kind: Col<NotificationKind>,
    /// Heading.
    pub title: String,
    /// Text.
    pub message: String,
    /// Where to go on.
    pub action_url: Option<String>,
    /// Whether something is to be done.
    pub action_required: bool,
    /// Where it stands.
    pub status: Col<NotificationStatus>,
    /// When it was read.
    pub read_at: Option<Col<Timestamp>>,
    /// The ledger event that caused it; empty for notices that come from elsewhere.
    pub tx_id: Option<Col<TxId>>,
    /// Index of that event in its transaction.
    pub event_index: Option<i64>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
