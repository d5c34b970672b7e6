//! How people want to be told. Owner: messaging.

use gx_types::{NotificationKind, ProfileId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `notification_preferences`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_preferences")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// Of what.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Col<NotificationKind>,
    /// Whether in the wallet.
    pub in_app: bool,
    /// Whether by mail.
    pub mail: bool,
    /// Since when by mail.
    pub mail_since: Option<Col<Timestamp>>,
    /// When it last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
