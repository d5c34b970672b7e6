//! `DELETE /api/v1/contacts/{profileId}`.

use axum::extract::State;
use axum::http::StatusCode;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::contacts;
use gx_types::ProfileId;

pub(crate) fn route() -> Handled {
    Route::delete("/api/v1/contacts/{profileId}", "removeContact")
        .summary("Remove a contact")
        .access(Access::Person)
        .param::<ProfileId>("profileId", "Who")
        .reply_empty(204, "Removed")
        .handle(remove)
}

async fn remove(State(app): State<App>, person: Person, ApiPath(contact): ApiPath<ProfileId>) -> ApiResult<StatusCode> {
    let owner = person.profile_id;
    let removed = app
        .store()
        .write(move |tx| Box::pin(async move { contacts::delete(tx, owner, contact).await }))
        .await
        .map_err(ApiError::from)?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found()) }
}
