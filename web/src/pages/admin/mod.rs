//! The console: administrators review people, decide together, look after commands, and read what was done.

mod account;
mod administrator;
mod admins;
mod approvals;
mod audit;
mod login;
mod outbox;
mod overview;
mod password;
mod second_factor;
mod session;
mod system;
mod user;
mod users;

use axum::Router;
use axum::routing::get;
use gx_platform::auth::Permission;
use gx_types::AuditObject;

use crate::Web;
use crate::error::PageResult;
use crate::visit::see;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin", get(home))
        .merge(login::routes())
        .merge(password::routes())
        .merge(second_factor::routes())
        .merge(account::routes())
        .merge(overview::routes())
        .merge(admins::routes())
        .merge(administrator::routes())
        .merge(approvals::routes())
        .merge(audit::routes())
        .merge(users::routes())
        .merge(user::routes())
        .merge(outbox::routes())
        .merge(system::routes())
}

/// The first page that the role may see.
async fn home(officer: session::Officer) -> PageResult {
    let first = if officer.may(Permission::DashboardView) { "/admin/overview" } else { "/admin/queue" };
    Ok(see(first))
}

/// Where something that an entry or an approval is about can be looked at.
fn place_of(object: &AuditObject) -> Option<String> {
    match object {
        AuditObject::Person(id) => Some(format!("/admin/users/{id}")),
        AuditObject::Admin(id) => Some(format!("/admin/admins/{id}")),
        AuditObject::Approval(id) => Some(format!("/admin/approvals/{id}")),
        AuditObject::Command(id) => Some(format!("/admin/outbox/{id}")),
        AuditObject::System => Some("/admin/system".to_owned()),
        AuditObject::Session(_)
        | AuditObject::Document(_)
        | AuditObject::Country(_)
        | AuditObject::Parameter(_)
        | AuditObject::Pool(_)
        | AuditObject::Webhook(_) => None,
    }
}
