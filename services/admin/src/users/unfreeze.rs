//! `POST /api/v1/admin/users/{userId}/unfreeze`: the account stays frozen until the ledger has released it.

use axum::extract::State;
use axum::response::Response;
use gx_contracts::Command;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, IdempotencyKey, LedgerUse, PreferWait, Route};
use gx_store::repo::{figures, people};
use gx_types::{ErrorCode, PersonChange, ProfileId};

use super::freeze::on_ledger;
use crate::command::{Asked, declared, submit};

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
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
    ApiPath(profile_id): ApiPath<ProfileId>,
) -> ApiResult<Response> {
    let user_id = on_ledger(&app, profile_id).await?;
    let asked = Asked::new(&app, admin, key, wait);
    let now = app.now();
    let command = Command::UnfreezeWallet { profile_id, user_id, request: asked.request() };
    let (kind, ordering_key) = (command.kind(), command.ordering_key().unwrap_or_default());
    submit(&app, asked, ROUTE, &profile_id, command, move |tx| {
        let ordering_key = ordering_key.clone();
        Box::pin(async move {
            // The state says «frozen» until the ledger has released the account, so a second order looks at the first.
            if figures::is_under_way(tx, kind, &ordering_key).await? {
                return Err(ApiError::new(ErrorCode::StateConflict).with_detail("the release is under way"));
            }
            people::lock(tx, profile_id).await?.ok_or_else(ApiError::not_found)?;
            people::change_state(tx, profile_id, PersonChange::Unfreeze, now).await?.ok_or_else(|| {
                ApiError::new(ErrorCode::StateConflict)
                    .with_detail("only an account that the ledger has frozen can be released")
            })?;
            Ok(())
        })
    })
    .await
}
