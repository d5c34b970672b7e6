//! `GET /api/v1/admin/admins` and `/{adminId}`.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiError, ApiPath, ApiQuery, ApiResult, Cursor, Page, PageLimit, Route};
use gx_store::repo::admins::{self, AdminFilter};
use gx_types::api::admin::AdminView;
use gx_types::{AdminId, AdminRole, ErrorCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::command::Routes;

const LIST: &str = "admin-admins";
const SEARCH_CHARS_MAX: usize = 100;

/// Which administrators.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct AdminsQuery {
    /// Of this role.
    #[serde(default)]
    role: Option<AdminRole>,
    /// Whose account may be used, or may not.
    #[serde(default)]
    is_active: Option<bool>,
    /// With this text in user name, e-mail address or display name.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    search: Option<String>,
    #[serde(default)]
    limit: Option<PageLimit>,
    #[serde(default)]
    cursor: Option<Cursor>,
}

pub(super) fn routes() -> Routes {
    vec![
        Route::get("/api/v1/admin/admins", "listAdmins")
            .summary("Administrators, by user name")
            .access(Access::Admin(Permission::AdminView))
            .query::<AdminsQuery>()
            .reply::<Page<AdminView>>(200, "A page")
            .handle(list),
        Route::get("/api/v1/admin/admins/{adminId}", "readAdmin")
            .summary("An administrator")
            .access(Access::Admin(Permission::AdminView))
            .param::<AdminId>("adminId", "The administrator")
            .reply::<AdminView>(200, "The administrator")
            .handle(read),
    ]
}

async fn list(State(app): State<App>, ApiQuery(query): ApiQuery<AdminsQuery>) -> ApiResult<Json<Page<AdminView>>> {
    if query.search.as_ref().is_some_and(|text| text.trim().is_empty() || text.chars().count() > SEARCH_CHARS_MAX) {
        let message = format!("A search has 1 to {SEARCH_CHARS_MAX} characters.");
        return Err(ApiError::field("search", ErrorCode::FieldInvalid, message));
    }
    let limit = query.limit.unwrap_or_default();
    let filter = AdminFilter {
        role: query.role,
        is_active: query.is_active,
        search: query.search.map(|text| text.trim().to_owned()),
        after: app.cursors().open(LIST, query.cursor.as_ref())?,
    };
    let rows = admins::list(app.store().read(), &filter, limit.plus_one()).await?;
    let page = app.cursors().page(LIST, rows, limit, |row| row.username.clone())?;
    Ok(Json(page.map(super::view)))
}

async fn read(State(app): State<App>, ApiPath(id): ApiPath<AdminId>) -> ApiResult<Json<AdminView>> {
    let row = admins::find(app.store().read(), id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(super::view(row)))
}
