//! `/messages`: says that messages are coming.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::session::Signed;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Chrome, Tab};
use crate::visit::page;

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    chrome: Chrome,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/messages", get(show))
}

async fn show(signed: Signed) -> PageResult {
    page(&MessagesPage { chrome: signed.chrome("Messages", Tab::Messages) })
}
