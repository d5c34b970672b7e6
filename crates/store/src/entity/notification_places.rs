//! Places of notifications among those of their person, in the order in which they were stored. Written by a trigger, whoever
//! writes the notification; read by messaging.

use gx_types::{NotificationId, ProfileId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `notification_places`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_places")]
pub struct Model {
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// The place; larger than that of everything stored before.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// The notification.
    pub notification_id: Col<NotificationId>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
