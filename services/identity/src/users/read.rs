//! `GET /api/v1/users/{id}`: the own profile.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::people;
use gx_types::ProfileId;
use gx_types::api::identity::{ProfileReply, ProfileView};

use super::{only_self, view};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/users/{id}", "readProfile")
        .summary("The own profile")
        .access(Access::Person)
        .param::<ProfileId>("id", "The own profileId")
        .reply::<ProfileReply>(200, "The profile")
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    caller: Person,
    ApiPath(id): ApiPath<ProfileId>,
) -> ApiResult<Json<ProfileReply>> {
    only_self(&caller, id)?;
    Ok(Json(ProfileReply { user: read_profile(&app, id).await? }))
}

/// A person's profile.
///
/// # Errors
/// 404 when there is no such person.
pub async fn read_profile(app: &App, id: ProfileId) -> ApiResult<ProfileView> {
    let person = people::find(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    view(app, person).await
}
