//! Notifications of the person who asks.

pub(crate) mod list;
pub(crate) mod mark_all_read;
pub(crate) mod mark_read;
pub(crate) mod preferences;
pub(crate) mod unread_count;

use gx_store::repo::notifications::Notification;
use gx_types::api::messaging::NotificationView;

/// A notification as its person sees it.
pub(crate) fn view(row: Notification) -> NotificationView {
    NotificationView {
        notification_id: row.notification_id.0,
        kind: row.kind.0,
        title: row.title,
        message: row.message,
        action_url: row.action_url,
        action_required: row.action_required,
        status: row.status.0,
        read_at: row.read_at.map(|at| at.0),
        created_at: row.created_at.0,
    }
}
