//! `POST /api/v1/admin/users/{userId}/freeze`: blocks at once; the ledger follows, and until it has the account is
//! «freezing».

use axum::extract::State;
use axum::response::Response;
use gx_contracts::Command;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, IdempotencyKey, LedgerUse, PreferWait, Route,
};
use gx_platform::{App, BusMessage};
use gx_store::repo::people;
use gx_store::{Col, Tx};
use gx_types::api::admin::{FreezeReason, FreezeRequest};
use gx_types::{ErrorCode, GxId, PersonChange, ProfileId, Timestamp};

use crate::command::{Asked, declared, submit};
use crate::text;

const ROUTE: &str = "freezeUser";

pub(super) fn route() -> Handled {
    let route = Route::post("/api/v1/admin/users/{userId}/freeze", ROUTE)
        .summary("Freeze a person's account")
        .description("Blocks at once. Until the ledger has settled it, the account is «freezing».")
        .access(Access::Admin(Permission::UserFreeze))
        .param::<ProfileId>("userId", "The person's profile id")
        .body::<FreezeRequest>();
    declared(route, LedgerUse::Writes).handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
    ApiPath(profile_id): ApiPath<ProfileId>,
    ApiJson(request): ApiJson<FreezeRequest>,
) -> ApiResult<Response> {
    let notes = text::optional("notes", request.notes.as_deref(), 1_000)?;
    let user_id = on_ledger(&app, profile_id).await?;
    let asked = Asked::new(&app, admin, key, wait);
    let command = Command::FreezeWallet {
        profile_id,
        user_id,
        reason: request.reason.as_str().to_owned(),
        request: asked.request(),
    };
    let (by, now, reason) = (asked.admin.actor().to_string(), app.now(), request.reason);
    let answer = submit(&app, asked, ROUTE, &(profile_id, &request), command, move |tx| {
        let (by, notes) = (by.clone(), notes.clone());
        Box::pin(async move { freeze(tx, profile_id, reason, notes, by, now).await })
    })
    .await?;
    app.bus().publish(&BusMessage::PersonChanged { profile_id });
    Ok(answer)
}

/// The GX id of a person whom the ledger knows.
pub(super) async fn on_ledger(app: &App, profile_id: ProfileId) -> ApiResult<GxId> {
    let person = people::find(app.store().read(), profile_id).await?.ok_or_else(ApiError::not_found)?;
    match (person.gx_id, person.onchain_registered_at) {
        (Some(id), Some(_)) => Ok(id.0),
        _ => Err(ApiError::new(ErrorCode::StateConflict).with_detail("the ledger has not registered the person")),
    }
}

async fn freeze(
    tx: &Tx,
    profile_id: ProfileId,
    reason: FreezeReason,
    notes: Option<String>,
    by: String,
    now: Timestamp,
) -> ApiResult<()> {
    let mut person = people::lock(tx, profile_id).await?.ok_or_else(ApiError::not_found)?;
    people::change_state(tx, profile_id, PersonChange::Freeze, now)
        .await?
        .ok_or_else(|| ApiError::new(ErrorCode::StateConflict).with_detail("only an active account can be frozen"))?;
    person.lock_reason = Some(reason.as_str().to_owned());
    person.lock_notes = notes;
    person.locked_by = Some(by);
    person.locked_at = Some(Col(now));
    person.updated_at = Col(now);
    people::save(tx, person).await?;
    Ok(())
}
