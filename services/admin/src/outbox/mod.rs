//! Commands on their way to the ledger: what waits, what died, and putting dead ones back.

mod list;
mod read;
mod replay;

use gx_store::entity::outbox_commands::Model;
use gx_store::outbox::status_of;
use gx_types::api::admin::OutboxCommandView;

use crate::command::Routes;

pub(crate) fn routes() -> Routes {
    vec![list::route(), read::route(), replay::route()]
}

/// A command as administrators see it. Payloads are not shown: they hold names and amounts.
fn view(row: &Model) -> OutboxCommandView {
    OutboxCommandView {
        command_id: row.command_id.0,
        command_type: row.command_type.clone(),
        state: row.state.0,
        status: status_of(row),
        actor: row.actor.0,
        attempts: u64::try_from(row.attempts).unwrap_or(0),
        next_attempt_at: row.next_attempt_at.0,
        error_code: row.error_code.clone(),
        error_detail: row.error_detail.clone(),
        transaction_id: row.tx_id.map(|id| id.0),
        block_number: row.block_number.map(|number| number.to_string()),
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
        finished_at: row.finished_at.map(|at| at.0),
    }
}
