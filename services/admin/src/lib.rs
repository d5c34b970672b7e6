//! The admin service: administration under `/api/v1/admin`, figures for everyone under `/api/v1/public`.
//!
//! Folders mirror the addresses, a file per use case: its route with its permission, then its handler. **A new use
//! case:** a file with a `route()` like its neighbours, a line in [`routes`]; objects of the API go to
//! `gx_types::api::admin`, queries to `gx_store::repo`.
//!
//! What needs a second person becomes an approval ([`approvals`]); what the ledger must decide becomes a command ([`command::submit`]) and answers 202, or 200 once it is settled within
//! `Prefer: wait=<s>`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

mod admins;
mod approvals;
mod audit;
mod auth;
mod command;
mod dashboard;
pub mod jobs;
mod outbox;
mod supply;
mod system;
mod text;
mod users;
mod webhooks;

use gx_base::MetricDecl;
use gx_platform::http::RouteSet;

pub use audit::{check as check_audit, check_export as check_audit_export};
pub use supply::figures as supply_figures;
pub use users::{Approved, approve_person};

/// What this room counts.
pub const METRICS: &[MetricDecl] = &[webhooks::deliver::ATTEMPTS];

/// The routes of the service.
#[must_use]
pub fn routes() -> RouteSet {
    let mut routes = RouteSet::new("admin");
    let handled = auth::routes()
        .into_iter()
        .chain(users::routes())
        .chain(outbox::routes())
        .chain(system::routes())
        .chain(admins::routes())
        .chain(approvals::routes())
        .chain(audit::routes())
        .chain(dashboard::routes())
        .chain(supply::routes())
        .chain(webhooks::routes());
    for route in handled {
        routes = routes.route(route);
    }
    routes
}
