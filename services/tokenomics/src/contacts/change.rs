//! `PATCH /api/v1/contacts/{profileId}`.

use axum::Json;
use axum::extract::State;
use gx_base::limits::CONTACT_NAME_CHARS_MAX;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, Route};
use gx_store::Col;
use gx_store::repo::contacts;
use gx_types::ProfileId;
use gx_types::api::conveniences::{ContactPatch, ContactView};
use gx_types::api::identity::Change;

use crate::text;

pub(crate) fn route() -> Handled {
    Route::patch("/api/v1/contacts/{profileId}", "changeContact")
        .summary("Rename a contact, or put it first")
        .access(Access::Person)
        .param::<ProfileId>("profileId", "Who")
        .body::<ContactPatch>()
        .reply::<ContactView>(200, "The contact as it is now")
        .handle(change)
}

async fn change(
    State(app): State<App>,
    person: Person,
    ApiPath(contact): ApiPath<ProfileId>,
    ApiJson(patch): ApiJson<ContactPatch>,
) -> ApiResult<Json<ContactView>> {
    let own_name = match &patch.own_name {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(name) => Some(Some(
            text::line("ownName", name, CONTACT_NAME_CHARS_MAX).map_err(|error| ApiError::fields(vec![error]))?,
        )),
    };
    let (owner, now) = (person.profile_id, app.now());
    app.store()
        .write(move |tx| {
            let own_name = own_name.clone();
            Box::pin(async move {
                let mut row = contacts::find(tx, owner, contact).await?.ok_or_else(ApiError::not_found)?;
                row.own_name = own_name.unwrap_or(row.own_name);
                row.favourite = patch.favourite.unwrap_or(row.favourite);
                row.updated_at = Col(now);
                Ok::<_, ApiError>(contacts::save(tx, row).await?)
            })
        })
        .await?;
    Ok(Json(super::one(app.store().read(), owner, contact).await?))
}
