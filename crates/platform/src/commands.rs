//! What callers are told about a command, and waiting for it.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use gx_contracts::RefusalCode;
use gx_store::entity::outbox_commands::Model;
use gx_store::outbox;
use gx_types::api::command::{CommandAccepted, CommandFailure, CommandResult, CommandView};
use gx_types::{CommandId, ErrorCode, OutboxState};
use tokio::time::Instant;

use crate::App;
use crate::http::{ApiError, ApiResult};

/// First and longest pause between looks at the row. The bus usually says sooner; between processes without Redis it
/// does not.
const LOOK_EVERY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));

/// The row of a command as callers see it.
#[must_use]
pub fn command_view(row: &Model) -> CommandView {
    let result = row
        .tx_id
        .zip(row.block_number)
        .map(|(tx_id, block)| CommandResult { transaction_id: tx_id.0, block_number: block.to_string() });
    let failed = row.state.0 == OutboxState::Failed && row.projected_block.is_none();
    let error = row.error_code.as_ref().filter(|_| failed).map(|code| CommandFailure {
        code: code.clone(),
        message: RefusalCode::parse(code).map_or("The ledger refused the command.", RefusalCode::meaning).to_owned(),
    });
    CommandView {
        command_id: row.command_id.0,
        status: outbox::status_of(row),
        result: result.filter(|_| !failed),
        error,
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
    }
}

/// Waits until the command is settled (or refused), at most `limit`, and says where it stands. Ends early when the
/// process is asked to stop.
///
/// # Errors
/// 404 when there is no such command; 503 when the database is out of reach.
pub async fn wait_for_command(app: &App, command_id: CommandId, limit: Duration) -> ApiResult<CommandView> {
    wait(app, command_id, limit, Duration::ZERO).await
}

/// As [`wait_for_command`], for a command that this request has enqueued a moment ago: nothing can have become of it, so
/// the first look comes when the bus says so.
///
/// # Errors
/// As [`wait_for_command`].
pub async fn wait_for_new_command(app: &App, command_id: CommandId, limit: Duration) -> ApiResult<CommandView> {
    wait(app, command_id, limit, LOOK_EVERY.0.min(limit)).await
}

async fn wait(app: &App, command_id: CommandId, limit: Duration, first_look: Duration) -> ApiResult<CommandView> {
    let deadline = Instant::now() + limit;
    let watch = app.bus().watch_command(command_id);
    let (mut pause, mut look) = (LOOK_EVERY.0, first_look.is_zero());
    loop {
        // Registered before the look, so that nothing said in between is missed.
        let mut settled = std::pin::pin!(watch.settled());
        settled.as_mut().enable();
        if let Some(view) = watch.view() {
            return Ok(view);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if look {
            let row = outbox::command(app.store().read(), command_id).await?.ok_or_else(ApiError::not_found)?;
            let view = command_view(&row);
            if view.is_settled() || left.is_zero() || app.stop().is_cancelled() {
                return Ok(view);
            }
        }
        look = true;
        tokio::select! {
            () = &mut settled => {}
            () = tokio::time::sleep(pause.min(left)) => pause = (pause * 2).min(LOOK_EVERY.1),
            () = app.stop().cancelled() => {}
        }
    }
}

/// The answer for a command that the ledger has refused while the caller waited: 409 with the code of the refusal where
/// the API has it, and in the sentence where it has not. `assurance` says what did not happen.
#[must_use]
pub fn refused(view: &CommandView, assurance: &str) -> ApiError {
    let failure = view.error.as_ref();
    let code = match failure.and_then(|failure| RefusalCode::parse(&failure.code)) {
        Some(RefusalCode::InsufficientFunds) => ErrorCode::InsufficientFunds,
        Some(RefusalCode::AccountFrozen) => ErrorCode::AccountFrozen,
        Some(RefusalCode::DocumentAlreadyUsed) => ErrorCode::DocumentAlreadyUsed,
        Some(RefusalCode::SystemPaused) => ErrorCode::SystemPaused,
        _ => ErrorCode::CommandRefused,
    };
    let id = view.command_id;
    let detail = failure.map_or_else(
        || format!("The ledger refused it. {assurance} (command {id})"),
        |failure| format!("{} {assurance} ({}, command {id})", failure.message, failure.code),
    );
    ApiError::new(code).with_detail(detail)
}

/// The answer 202 for a command that is on its way.
pub fn accepted(view: &CommandView, status_url: String) -> (StatusCode, Json<CommandAccepted>) {
    let accepted = CommandAccepted {
        command_id: view.command_id,
        status: view.status,
        status_url,
        message: "Accepted. The ledger has not decided yet.".to_owned(),
    };
    (StatusCode::ACCEPTED, Json(accepted))
}
