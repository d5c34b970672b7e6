//! The console: administrators review people, decide together, look after commands, and read what was done.

mod approvals;
mod audit;
mod login;
mod outbox;
mod password;
mod second_factor;
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
        .merge(second_factor::routes())
        .merge(approvals::routes())
        .merge(audit::routes())
        .merge(users::routes())
        .merge(user::routes())
        .merge(outbox::routes())
        .merge(system::routes())
}

async fn home(_: session::Officer) -> PageResult {
    Ok(see("/admin/queue"))
}
