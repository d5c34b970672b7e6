//! Notifications of the person who asks.

pub(crate) mod list;
pub(crate) mod mark_all_read;
pub(crate) mod mark_read;
pub(crate) mod preferences;
pub(crate) mod unread_count;
