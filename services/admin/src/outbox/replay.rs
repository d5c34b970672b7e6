//! `POST /api/v1/admin/outbox/{commandId}/replay`: puts a dead command at the tail of the queue. Its ledger key stays,
//! so the ledger does at most once what it asks.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, LedgerUse, Route, current_correlation};
use gx_store::audit::{self, AuditEntry};
use gx_store::{StoreError, outbox};
use gx_types::api::admin::OutboxCommandView;
use gx_types::{AuditEvent, AuditObject, CommandId, ErrorCode, OutboxState};

pub(super) fn route() -> Handled {
    Route::post("/api/v1/admin/outbox/{commandId}/replay", "replayOutboxCommand")
        .summary("Put a dead command back on its way")
        .access(Access::Admin(Permission::OutboxReplay))
        .ledger(LedgerUse::WritesWhilePaused)
        .param::<CommandId>("commandId", "The command")
        .reply::<OutboxCommandView>(200, "It waits at the tail of the queue")
        .errors(&[ErrorCode::StateConflict])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    ApiPath(id): ApiPath<CommandId>,
) -> ApiResult<Json<OutboxCommandView>> {
    outbox::command(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    let now = app.now();
    let (actor, correlation_id) = (admin.actor(), current_correlation());
    let replayed = app
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let replayed = outbox::replay(tx, id, now).await?;
                if replayed {
                    let object = AuditObject::Command(id);
                    let entry = AuditEntry::new(AuditEvent::CommandReplayed, actor, object, correlation_id, now)
                        .before("state", OutboxState::Dead)
                        .after("state", OutboxState::Pending);
                    audit::append(tx, entry).await?;
                }
                Ok::<_, StoreError>(replayed)
            })
        })
        .await;
    match replayed {
        Ok(true) => {}
        Ok(false) => {
            return Err(ApiError::new(ErrorCode::StateConflict).with_detail("only a dead command can be put back"));
        }
        // Another command with its ledger key has taken its place.
        Err(error) if error.is_duplicate_of("ledger_key") => {
            return Err(ApiError::new(ErrorCode::StateConflict).with_detail("the same was asked of the ledger again"));
        }
        Err(error) => return Err(error.into()),
    }
    tracing::info!(command_id = %id, admin_id = %admin.admin_id, "a dead command was put back");
    let row = outbox::command(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(super::view(&row)))
}
