//! Webhooks. Owner: admin.

use gx_types::{Actor, Timestamp, WebhookId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `webhooks`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    /// The webhook.
    #[sea_orm(primary_key, auto_increment = false)]
    pub webhook_id: Col<WebhookId>,
    /// What administrators call it.
    pub name: String,
    /// Where events go.
    pub url: String,
    /// Which events, a JSON list.
    pub events: String,
    /// Names of the headers that are sent along, a JSON list.
    pub header_names: String,
    /// The headers, sealed.
    pub sealed_headers: Vec<u8>,
    /// Which secret it has.
    pub secret_version: i64,
    /// Whether anything is sent.
    pub is_active: bool,
    /// Why the platform has switched it off.
    pub disabled_reason: Option<String>,
    /// Failed attempts since the last success.
    pub failure_count: i64,
    /// Since when no attempt has succeeded.
    pub failing_since: Option<Col<Timestamp>>,
    /// When the receiver last took an event.
    pub last_success_at: Option<Col<Timestamp>>,
    /// When an attempt last failed.
    pub last_failure_at: Option<Col<Timestamp>>,
    /// Who made it.
    pub created_by: Col<Actor>,
    /// When.
    pub created_at: Col<Timestamp>,
    /// When it was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
