//! Events on their way to webhooks. Owner: admin; whoever makes something happen adds its event.

use gx_types::{Timestamp, WebhookDeliveryId, WebhookDeliveryState, WebhookEvent, WebhookEventId, WebhookId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `webhook_deliveries`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// The delivery.
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery_id: Col<WebhookDeliveryId>,
    /// Where to.
    pub webhook_id: Col<WebhookId>,
    /// The event.
    pub event_id: Col<WebhookEventId>,
    /// What happened.
    pub event: Col<WebhookEvent>,
    /// What is sent.
    pub body: String,
    /// How far it has come.
    pub state: Col<WebhookDeliveryState>,
    /// Attempts so far.
    pub attempts: i64,
    /// Names the newest attempt.
    pub fence: i64,
    /// When it is due, or its sender has lost it.
    pub next_at: Col<Timestamp>,
    /// What the receiver answered last.
    pub response_status: Option<i64>,
    /// The beginning of it.
    pub response_excerpt: Option<String>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it happened.
    pub created_at: Col<Timestamp>,
    /// When it was delivered or given up.
    pub finished_at: Option<Col<Timestamp>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
