//! The pages, a file each.

mod admin;
mod confirmation;
mod contacts;
mod dashboard;
mod documents;
mod fees;
mod history;
mod holding;
mod landing;
mod limits;
mod login;
mod mailbox;
mod messages;
mod notifications;
mod pay;
mod payment;
mod preferences;
mod profile;
mod recover;
mod register;
mod requests;
mod send;
mod session;
mod settings;
mod single;
mod statement;
mod status;

use axum::Router;
use axum::http::StatusCode;

use crate::Web;
use crate::error::{PageError, Trouble};

/// Every page, and the answer for every other address.
pub(crate) fn routes(web: &Web) -> Router<Web> {
    let mut router = Router::new()
        .merge(landing::routes())
        .merge(login::routes())
        .merge(register::routes())
        .merge(status::routes())
        .merge(dashboard::routes())
        .merge(documents::routes())
        .merge(profile::routes())
        .merge(recover::routes())
        .merge(settings::routes())
        .merge(send::routes())
        .merge(payment::routes())
        .merge(requests::routes())
        .merge(pay::routes())
        .merge(history::routes())
        .merge(notifications::routes())
        .merge(preferences::routes())
        .merge(contacts::routes())
        .merge(limits::routes())
        .merge(fees::routes())
        .merge(holding::routes())
        .merge(statement::routes())
        .merge(messages::routes())
        .merge(admin::routes());
    if web.dev_mailbox() {
        router = router.merge(mailbox::routes());
    }
    router.method_not_allowed_fallback(wrong_method)
}

/// The answer for an address that is no page.
pub(crate) fn nothing() -> Router<Web> {
    Router::new().fallback(|| async { PageError::not_found() })
}

async fn wrong_method() -> PageError {
    Trouble::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "This page cannot be used that way",
        "Follow a link or send a form of ours.",
    )
    .into()
}
