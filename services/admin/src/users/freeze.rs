//! `POST /api/v1/admin/users/{userId}/freeze`: waits for a second person. Executed, it blocks at once; the ledger follows,
//! and until it has the account is «freezing».

use axum::extract::State;
use axum::response::Response;
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiJson, ApiPath, ApiResult, Handled, IdempotencyKey, LedgerUse, Route};
use gx_types::ProfileId;
use gx_types::api::admin::FreezeRequest;

use crate::approvals::{Action, ask, declared};
use crate::text;

const ROUTE: &str = "freezeUser";

pub(super) fn route() -> Handled {
    let route = Route::post("/api/v1/admin/users/{userId}/freeze", ROUTE)
        .summary("Freeze a person's account")
        .description("Once approved it blocks at once. Until the ledger has settled it, the account is «freezing».")
        .access(Access::Admin(Permission::UserFreeze))
        .param::<ProfileId>("userId", "The person's profile id")
        .body::<FreezeRequest>();
    declared(route, LedgerUse::Writes).handle(handle)
}

async fn handle(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiPath(profile_id): ApiPath<ProfileId>,
    ApiJson(request): ApiJson<FreezeRequest>,
) -> ApiResult<Response> {
    let notes = text::optional("notes", request.notes.as_deref(), 1_000)?;
    let action = Action::UserFreeze { profile_id, reason: request.reason, notes };
    ask(&app, &requester, key.as_ref(), ROUTE, &(profile_id, &request), action).await
}
