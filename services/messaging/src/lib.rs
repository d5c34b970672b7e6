//! The messaging service: notifications, which tell what happened while a person was away, and live notice, which tells
//! while they look ([`live`]). Conversations, files and keys follow here.
//!
//! | file | route |
//! |---|---|
//! | `notifications/list` | `GET /api/v1/notifications` |
//! | `notifications/unread_count` | `GET /api/v1/notifications/unread-count` |
//! | `notifications/mark_read` | `PATCH /api/v1/notifications/{id}/read` |
//! | `notifications/preferences` | `GET` and `PUT /api/v1/notifications/preferences` |
//! | `notifications/mark_all_read` | `PATCH /api/v1/notifications/mark-all-read` |
//! | `live` | `/socket.io/`: the socket |
//!
//! Notifications are written elsewhere: by the projector for what the ledger has settled, by the reaction to a refusal for
//! what it has not. Everybody sees their own and nobody else's; another person's does not exist.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod live;
pub mod mails;
mod notifications;

use gx_platform::http::RouteSet;

/// Every route of the service.
#[must_use]
pub fn routes() -> RouteSet {
    RouteSet::new("messaging")
        .route(notifications::list::route())
        .route(notifications::unread_count::route())
        .route(notifications::preferences::read_route())
        .route(notifications::preferences::change_route())
        .route(notifications::mark_all_read::route())
        .route(notifications::mark_read::route())
}
