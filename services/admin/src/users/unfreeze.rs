//! `POST /api/v1/admin/users/{userId}/unfreeze`: waits for a second person; the account stays frozen until the ledger has
//! released it.

use axum::extract::State;
use axum::response::Response;
use gx_platform::App;
use gx_platform::auth::{Permission, Requester};
use gx_platform::http::{Access, ApiPath, ApiResult, Handled, IdempotencyKey, LedgerUse, Route};
use gx_types::ProfileId;

use crate::approvals::{Action, ask, declared};

const ROUTE: &str = "unfreezeUser";

pub(super) fn route() -> Handled {
    let route = Route::post("/api/v1/admin/users/{userId}/unfreeze", ROUTE)
        .summary("Release a frozen account")
        .description("The account stays frozen until the ledger has settled the release.")
        .access(Access::Admin(Permission::UserUnfreeze))
        .param::<ProfileId>("userId", "The person's profile id");
    declared(route, LedgerUse::Writes).handle(handle)
}

async fn handle(
    State(app): State<App>,
    requester: Requester,
    key: Option<IdempotencyKey>,
    ApiPath(profile_id): ApiPath<ProfileId>,
) -> ApiResult<Response> {
    ask(&app, &requester, key.as_ref(), ROUTE, &profile_id, Action::UserUnfreeze { profile_id }).await
}
