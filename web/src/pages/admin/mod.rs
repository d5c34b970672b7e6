//! The console: administrators review people, look after commands, and pause the system.

mod login;
mod outbox;
mod password;
mod session;
mod system;
mod user;
mod users;

use axum::Router;
use axum::routing::get;

use crate::Web;
use crate::error::PageResult;
use crate::visit::see;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin", get(home))
        .merge(login::routes())
        .merge(password::routes())
        .merge(users::routes())
        .merge(user::routes())
        .merge(outbox::routes())
        .merge(system::routes())
}

async fn home(_: session::Officer) -> PageResult {
    Ok(see("/admin/queue"))
}
