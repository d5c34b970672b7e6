//! `GET /api/v1/admin/outbox/{commandId}`: where a command stands.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::outbox;
use gx_types::CommandId;
use gx_types::api::admin::OutboxCommandDetail;

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/outbox/{commandId}", "readOutboxCommand")
        .summary("Where a command stands")
        .access(Access::Admin(Permission::CommandView))
        .param::<CommandId>("commandId", "The command")
        .reply::<OutboxCommandDetail>(200, "The command")
        .handle(handle)
}

async fn handle(State(app): State<App>, ApiPath(id): ApiPath<CommandId>) -> ApiResult<Json<OutboxCommandDetail>> {
    let row = outbox::command(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(OutboxCommandDetail {
        command: super::view(&row),
        ledger_key: row.ledger_key.to_string(),
        ordering_key: row.ordering_key,
        correlation_id: row.correlation_id.0,
        projected_block: row.projected_block.map(|number| number.to_string()),
        void_pending: row.void_pending,
    }))
}
