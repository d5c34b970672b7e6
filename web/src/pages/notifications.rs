//! `/notifications`: what happened while the person was away.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use gx_types::api::messaging::{NotificationView, NotificationsReply};
use gx_types::{NotificationId, NotificationStatus};

use super::session::Signed;
use crate::Web;
use crate::api::segment;
use crate::error::PageResult;
use crate::next;
use crate::view::{Chrome, Flash, Moment, Tab};
use crate::visit::{Posted, page, see_with};

/// Notifications on one page.
const PAGE_ITEMS: u32 = 20;

#[derive(Template)]
#[template(path = "notifications.html")]
struct NotificationsPage {
    chrome: Chrome,
    unread_only: bool,
    any_unread: bool,
    items: Vec<Item>,
    next: Option<String>,
}

struct Item {
    id: NotificationId,
    kind: &'static str,
    title: String,
    text: String,
    href: Option<String>,
    unread: bool,
    at: Moment,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/notifications", get(show))
        .route("/notifications/read-all", post(read_all))
        .route("/notifications/{id}/read", post(read))
}

async fn show(signed: Signed) -> PageResult {
    let visit = &signed.visit;
    let unread_only = visit.param("status") == Some(NotificationStatus::Unread.as_str());
    let reply: NotificationsReply = visit
        .api()
        .get(&visit.caller, "/api/v1/notifications")
        .query("limit", PAGE_ITEMS.to_string())
        .maybe("status", unread_only.then_some(NotificationStatus::Unread.as_str()))
        .maybe("cursor", visit.param("cursor"))
        .read()
        .await?;
    let next = reply.next_cursor.map(|cursor| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if unread_only {
            query.append_pair("status", NotificationStatus::Unread.as_str());
        }
        format!("/notifications?{}", query.append_pair("cursor", &cursor).finish())
    });
    page(&NotificationsPage {
        chrome: signed.chrome("Notifications", Tab::None),
        unread_only,
        any_unread: reply.unread_count > 0,
        items: reply.notifications.into_iter().map(item).collect(),
        next,
    })
}

fn item(view: NotificationView) -> Item {
    Item {
        id: view.notification_id,
        kind: view.kind.as_str(),
        title: view.title,
        text: view.message,
        // Only ever one of our own pages.
        href: view.action_url.as_deref().and_then(next::safe).map(str::to_owned),
        unread: view.status == NotificationStatus::Unread,
        at: Moment(view.created_at),
    }
}

async fn read(signed: Signed, Path(id): Path<String>, Posted(_): Posted) -> PageResult {
    let path = format!("/api/v1/notifications/{}/read", segment(&id));
    signed.visit.api().patch(&signed.visit.caller, path).done().await?;
    Ok(see_with("/notifications", Flash::MarkedRead))
}

async fn read_all(signed: Signed, Posted(_): Posted) -> PageResult {
    signed.visit.api().patch(&signed.visit.caller, "/api/v1/notifications/mark-all-read").done().await?;
    Ok(see_with("/notifications", Flash::MarkedRead))
}
