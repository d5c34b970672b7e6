//! Place of each person's newest notification. Written by the trigger that gives places; read by messaging.

use gx_types::ProfileId;
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `notification_counters`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_counters")]
pub struct Model {
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// The place of the newest notification.
    pub last_sequence: i64,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
