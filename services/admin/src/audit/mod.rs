//! The audit chain, as administrators read, check and export it. It is written where things are done, see
//! `gx_store::audit`.

pub(crate) mod anchor;
mod export;
mod list;
mod verify;

use gx_platform::http::ApiResult;
use gx_store::audit::AuditRow;
use gx_types::api::admin::AuditEntryView;

use crate::command::Routes;

pub use self::verify::{check, check_export};

pub(crate) fn routes() -> Routes {
    let mut routes = list::routes();
    routes.extend([export::route(), verify::route()]);
    routes
}

fn view(row: &AuditRow) -> ApiResult<AuditEntryView> {
    let entry = row.entry()?;
    Ok(AuditEntryView {
        sequence: row.sequence.to_string(),
        at: entry.at,
        event: entry.event,
        label: entry.event.label().to_owned(),
        category: entry.event.category(),
        severity: entry.event.severity(),
        actor: entry.actor,
        object: entry.object,
        before: entry.before,
        after: entry.after,
        correlation_id: entry.correlation_id,
        previous_hash: row.previous_hash.0,
        hash: row.entry_hash.0,
    })
}
