//! `GET /api/v1/transfers/{commandId}/status` and `GET /api/v1/commands/{commandId}`: where a command stands, for the
//! one who asked for it.

use axum::Json;
use axum::extract::State;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_platform::{App, command_view};
use gx_store::outbox;
use gx_types::api::command::CommandView;
use gx_types::{Actor, CommandId};

pub(crate) fn transfer_route() -> Handled {
    declared(Route::get("/api/v1/transfers/{commandId}/status", "getTransferStatus").summary("Where a transfer stands"))
}

pub(crate) fn command_route() -> Handled {
    declared(Route::get("/api/v1/commands/{commandId}", "getCommand").summary("Where a command stands"))
}

fn declared(route: Route) -> Handled {
    route
        .description("Only for the person who asked for it. `CONFIRMED` means that balances show it.")
        .access(Access::Person)
        .param::<CommandId>("commandId", "As the answer 202 named it")
        .reply::<CommandView>(200, "Where it stands")
        .handle(status)
}

async fn status(
    State(app): State<App>,
    person: Person,
    ApiPath(command_id): ApiPath<CommandId>,
) -> ApiResult<Json<CommandView>> {
    let row = outbox::command(app.store().read(), command_id).await?.ok_or_else(ApiError::not_found)?;
    if row.actor.0 != Actor::Person(person.profile_id) {
        return Err(ApiError::not_found());
    }
    Ok(Json(command_view(&row)))
}
