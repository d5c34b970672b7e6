//! Notifications: what happened while a person was away.

use serde::{Deserialize, Serialize};

use crate::{NotificationId, NotificationKind, NotificationStatus, Timestamp};

/// `GET /api/v1/notifications`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotificationsReply {
    /// One page.
    pub notifications: Vec<NotificationView>,
    /// How many fit the filter, over all pages.
    pub total: u64,
    /// How many are unread, whatever the filter.
    pub unread_count: u64,
    /// What to pass as `cursor` for the next page; none on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotificationView {
    /// The notification.
    pub notification_id: NotificationId,
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: NotificationKind,
    /// Heading.
    pub title: String,
    /// Text.
    pub message: String,
    /// The page that says more, a path on the wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_url: Option<String>,
    /// Whether something is to be done.
    pub action_required: bool,
    /// Whether it was read.
    pub status: NotificationStatus,
    /// When it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// `GET /api/v1/notifications/unread-count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnreadCountReply {
    /// How many are unread.
    pub unread_count: u64,
    /// Place of the newest notification, 0 when there is none: a socket that connects with it as `after` misses nothing.
    pub last_sequence: u64,
}

/// `PATCH /api/v1/notifications/{id}/read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarkedReply {
    /// Always true; failures are problems.
    pub success: bool,
}

/// `PATCH /api/v1/notifications/mark-all-read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AllMarkedReply {
    /// Always true; failures are problems.
    pub success: bool,
    /// How many were unread until now.
    pub count: u64,
}
