//! Webhooks: addresses that are told what happens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, WebhookDeliveryId, WebhookDeliveryState, WebhookEvent, WebhookEventId, WebhookId};

/// `POST /api/v1/admin/notifications/webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateWebhookRequest {
    /// What administrators call it; no two have the same name.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// Where events go: `https` and a public address.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 8, max_length = 2048, example = "https://hooks.example.com/gx")
    )]
    pub url: String,
    /// Which events.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 12))]
    pub events: Vec<WebhookEvent>,
    /// Headers to send along, for example what the receiver knows the sender by. Their values are not shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
}

/// `PATCH /api/v1/admin/notifications/webhooks/{webhookId}`: what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateWebhookRequest {
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: Option<String>,
    /// Another address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 8, max_length = 2048, example = "https://hooks.example.com/gx")
    )]
    pub url: Option<String>,
    /// Other events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 12))]
    pub events: Option<Vec<WebhookEvent>>,
    /// Other headers, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// `false`: nothing is sent, and nothing that happens meanwhile is kept for it. What waits already goes on waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookView {
    /// The webhook.
    pub id: WebhookId,
    /// What administrators call it.
    pub name: String,
    /// Where events go.
    pub url: String,
    /// Which events.
    pub events: Vec<WebhookEvent>,
    /// Names of the headers that are sent along.
    pub header_names: Vec<String>,
    /// Whether anything is sent.
    pub is_active: bool,
    /// Why it was switched off, when the platform did it.
    pub disabled_reason: Option<String>,
    /// How many secrets it has had, the present one included.
    pub secret_version: u64,
    /// Failed attempts since the last that succeeded.
    pub failure_count: u64,
    /// Since when no attempt has succeeded.
    pub failing_since: Option<Timestamp>,
    /// When the receiver last took an event.
    pub last_success_at: Option<Timestamp>,
    /// When an attempt last failed.
    pub last_failure_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Every webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookList {
    /// By name.
    pub webhooks: Vec<WebhookView>,
}

/// A webhook with the secret that its receiver checks signatures with. Shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookWithSecret {
    /// The webhook.
    pub webhook: WebhookView,
    /// The secret, as a whole the key of the HMAC.
    pub secret: String,
}

/// A test that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookTestQueued {
    /// The delivery to look at.
    pub delivery_id: WebhookDeliveryId,
}

/// An event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDeliveryView {
    /// The delivery; its receiver sees it as `X-GX-Delivery`.
    pub id: WebhookDeliveryId,
    /// The event; the same in every repetition, `X-GX-Event-Id` and `id` in the body.
    pub event_id: WebhookEventId,
    /// What happened.
    pub event: WebhookEvent,
    /// How far it has come.
    pub state: WebhookDeliveryState,
    /// Attempts so far.
    pub attempts: u64,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// What the receiver answered last.
    pub response_status: Option<u16>,
    /// The beginning of it.
    pub response_excerpt: Option<String>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// The body that is sent.
    pub body: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// When the receiver took it, or it was given up.
    pub finished_at: Option<Timestamp>,
}
