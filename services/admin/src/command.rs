//! Commands of administrators: enqueued once per request, then waited for as long as the client wants.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use gx_contracts::Command;
use gx_platform::auth::Admin;
use gx_platform::http::{
    ApiError, ApiResult, Handled, Idempotency, IdempotencyKey, LedgerUse, PreferWait, Route, current_correlation,
};
use gx_platform::{App, accepted, idempotent, refused, wait_for_command};
use gx_store::outbox::{self, NewCommand};
use gx_store::{Tx, Work};
use gx_types::api::command::{CommandAccepted, CommandView};
use gx_types::{CommandId, CommandStatus, ErrorCode, LedgerKey};
use serde::Serialize;

/// A request to the ledger as it came in.
pub(crate) struct Asked {
    pub(crate) admin: Admin,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) wait: PreferWait,
    pub(crate) command_id: CommandId,
}

impl Asked {
    pub(crate) fn new(app: &App, admin: Admin, key: Option<IdempotencyKey>, wait: PreferWait) -> Self {
        Self { admin, key, wait, command_id: CommandId::from_uuid(app.new_uuid()) }
    }

    /// The part of the ledger key that makes a repeated request the same request.
    pub(crate) fn request(&self) -> LedgerKey {
        let own = self.command_id.to_string();
        LedgerKey::prefixed(&self.admin.actor().to_string(), self.key.as_ref().map_or(&own, IdempotencyKey::as_str))
    }
}

/// Declares what every route of a command has in common.
pub(crate) fn declared(route: Route, ledger: LedgerUse) -> Route {
    route
        .idempotency(Idempotency::Accepted)
        .ledger(ledger)
        .waits()
        .reply::<CommandView>(200, "Settled within the time of `Prefer: wait`")
        .reply::<CommandAccepted>(202, "Accepted; the ledger has not decided yet")
        .errors(&[ErrorCode::StateConflict, ErrorCode::CommandRefused])
}

/// Enqueues `command` with whatever `alongside` writes in the same transaction, and answers.
///
/// # Errors
/// What `alongside` answers; 409 `STATE_CONFLICT` when a command with the same ledger key is under way or settled.
pub(crate) async fn submit<B, F>(
    app: &App,
    asked: Asked,
    route: &'static str,
    body: &B,
    command: Command,
    alongside: F,
) -> ApiResult<Response>
where
    B: Serialize,
    F: for<'tx> Fn(&'tx Tx) -> Work<'tx, (), ApiError> + Send + Sync + 'static,
{
    let actor = asked.admin.actor();
    let new = NewCommand {
        command_id: asked.command_id,
        command,
        actor,
        correlation_id: current_correlation(),
        now: app.now(),
    };
    let alongside = std::sync::Arc::new(alongside);
    let once = idempotent(app, actor, route, asked.key.as_ref(), body, move |tx| {
        let (new, alongside) = (new.clone(), std::sync::Arc::clone(&alongside));
        Box::pin(async move {
            alongside(tx).await?;
            enqueue(tx, new).await
        })
    })
    .await?;
    answer(app, once.value, asked.wait).await
}

/// Enqueues a command; one with the same ledger key that is under way or settled is a conflict.
///
/// # Errors
/// 409 `STATE_CONFLICT`; 503 when the database is out of reach.
pub(crate) async fn enqueue(tx: &Tx, new: NewCommand) -> ApiResult<CommandId> {
    match outbox::enqueue(tx, new).await {
        Ok(id) => Ok(id),
        Err(error) if error.is_duplicate_of("ledger_key") => {
            Err(ApiError::new(ErrorCode::StateConflict).with_detail("the same has been asked of the ledger already"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Waits as long as the client wants: 200 when settled, 202 while the ledger has not decided.
///
/// # Errors
/// 409 when the ledger has refused it; 503 when the database is out of reach.
pub(crate) async fn answer(app: &App, command_id: CommandId, wait: PreferWait) -> ApiResult<Response> {
    let view = decided(app, command_id, wait).await?;
    if view.is_settled() {
        return Ok(Json(view).into_response());
    }
    Ok(accepted(&view, status_url(command_id)).into_response())
}

/// Waits as long as the client wants for what the ledger says.
///
/// # Errors
/// As [`answer`].
pub(crate) async fn decided(app: &App, command_id: CommandId, wait: PreferWait) -> ApiResult<CommandView> {
    let view = wait_for_command(app, command_id, wait.or(Duration::ZERO)).await?;
    match view.status {
        CommandStatus::Failed => Err(refused(&view, "Nothing was changed.")),
        CommandStatus::Confirmed | CommandStatus::Pending | CommandStatus::Processing => Ok(view),
    }
}

/// Where an administrator asks for a command's status.
pub(crate) fn status_url(command_id: CommandId) -> String {
    format!("/api/v1/admin/outbox/{command_id}")
}

/// Marks a handled route list entry; keeps the call sites short.
pub(crate) type Routes = Vec<Handled>;
