//! `GET /api/v1/admin/users`, and the two lists that have a name of their own.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiError, ApiQuery, ApiResult, Cursor, Page, PageLimit, Route};
use gx_store::repo::review::{self, PersonFilter};
use gx_types::api::admin::AdminUser;
use gx_types::{ErrorCode, PersonStatus};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view;
use crate::command::Routes;

/// Longest text that is searched for, characters.
const SEARCH_CHARS_MAX: usize = 100;
/// Name of the list inside its cursors; every filter makes a list of its own, but the sort key is the same.
const LIST: &str = "admin-users";

/// Which people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UsersQuery {
    /// With this status.
    #[serde(default)]
    status: Option<PersonStatus>,
    /// With this text in name, e-mail address, phone number or GX id.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    search: Option<String>,
    #[serde(default)]
    limit: Option<PageLimit>,
    #[serde(default)]
    cursor: Option<Cursor>,
}

/// Which page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    #[serde(default)]
    limit: Option<PageLimit>,
    #[serde(default)]
    cursor: Option<Cursor>,
}

pub(super) fn routes() -> Routes {
    vec![
        Route::get("/api/v1/admin/users", "listUsers")
            .summary("People, the newest account first")
            .access(Access::Admin(Permission::UserView))
            .query::<UsersQuery>()
            .reply::<Page<AdminUser>>(200, "A page")
            .handle(all),
        Route::get("/api/v1/admin/users/pending", "listPendingUsers")
            .summary("People who wait for approval")
            .access(Access::Admin(Permission::UserView))
            .query::<PageQuery>()
            .reply::<Page<AdminUser>>(200, "A page")
            .handle(pending),
        Route::get("/api/v1/admin/users/pending-onchain", "listPendingOnchainUsers")
            .summary("People who are approved and wait for the ledger")
            .access(Access::Admin(Permission::UserView))
            .query::<PageQuery>()
            .reply::<Page<AdminUser>>(200, "A page")
            .handle(pending_onchain),
        Route::get("/api/v1/admin/users/frozen", "listFrozenUsers")
            .summary("People whose account is frozen or being frozen")
            .access(Access::Admin(Permission::UserView))
            .query::<PageQuery>()
            .reply::<Page<AdminUser>>(200, "A page")
            .handle(frozen),
    ]
}

async fn all(State(app): State<App>, ApiQuery(query): ApiQuery<UsersQuery>) -> ApiResult<Json<Page<AdminUser>>> {
    if query.search.as_ref().is_some_and(|text| text.trim().is_empty() || text.chars().count() > SEARCH_CHARS_MAX) {
        let message = format!("A search has 1 to {SEARCH_CHARS_MAX} characters.");
        return Err(ApiError::field("search", ErrorCode::FieldInvalid, message));
    }
    page(&app, query.status, query.search.map(|text| text.trim().to_owned()), query.limit, query.cursor.as_ref()).await
}

async fn pending(State(app): State<App>, ApiQuery(query): ApiQuery<PageQuery>) -> ApiResult<Json<Page<AdminUser>>> {
    page(&app, Some(PersonStatus::PendingAdminApproval), None, query.limit, query.cursor.as_ref()).await
}

async fn pending_onchain(
    State(app): State<App>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> ApiResult<Json<Page<AdminUser>>> {
    page(&app, Some(PersonStatus::ApprovedPendingOnchain), None, query.limit, query.cursor.as_ref()).await
}

async fn frozen(State(app): State<App>, ApiQuery(query): ApiQuery<PageQuery>) -> ApiResult<Json<Page<AdminUser>>> {
    page(&app, Some(PersonStatus::Frozen), None, query.limit, query.cursor.as_ref()).await
}

async fn page(
    app: &App,
    status: Option<PersonStatus>,
    search: Option<String>,
    limit: Option<PageLimit>,
    cursor: Option<&Cursor>,
) -> ApiResult<Json<Page<AdminUser>>> {
    let limit = limit.unwrap_or_default();
    let filter = PersonFilter { status, search, after: app.cursors().open(LIST, cursor)? };
    let rows = review::list(app.store().read(), &filter, limit.plus_one()).await?;
    let page = app.cursors().page(LIST, rows, limit, |row| (row.created_at.0, row.profile_id.0))?;
    Ok(Json(page.map(|row| view::person(&row))))
}
