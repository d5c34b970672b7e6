//! `GET /api/v1/users/{id}/documents`: the own documents.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::documents;
use gx_types::ProfileId;
use gx_types::api::identity::DocumentList;

use super::view;
use crate::users::only_self;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/users/{id}/documents", "listDocuments")
        .summary("The own documents")
        .access(Access::Person)
        .param::<ProfileId>("id", "The own profileId")
        .reply::<DocumentList>(200, "The documents, newest first")
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    caller: Person,
    ApiPath(id): ApiPath<ProfileId>,
) -> ApiResult<Json<DocumentList>> {
    only_self(&caller, id)?;
    let rows = documents::of_person(app.store().read(), id).await?;
    Ok(Json(DocumentList { success: true, data: rows.into_iter().map(view).collect() }))
}
