//! `GET /api/v1/admin/approvals`, `/pending-count` and `/{approvalId}`: what one asked for oneself, and what one may decide.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiPath, ApiQuery, ApiResult, Cursor, Page, PageLimit, Route};
use gx_store::repo::approvals::{self, ApprovalFilter};
use gx_types::api::admin::{ApprovalView, PendingApprovals};
use gx_types::{AdminId, ApprovalId, ApprovalStatus, ApprovalType};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{may_vote, types_of, view, visible};
use crate::command::Routes;

const LIST: &str = "admin-approvals";

/// Which approvals.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ApprovalsQuery {
    /// In this state.
    #[serde(default)]
    status: Option<ApprovalStatus>,
    /// Of this type.
    #[serde(default, rename = "type")]
    approval_type: Option<ApprovalType>,
    /// Asked for by this administrator.
    #[serde(default)]
    requester_id: Option<AdminId>,
    #[serde(default)]
    limit: Option<PageLimit>,
    #[serde(default)]
    cursor: Option<Cursor>,
}

pub(super) fn routes() -> Routes {
    vec![
        Route::get("/api/v1/admin/approvals", "listApprovals")
            .summary("What waits for a second person, and what became of it; the newest first")
            .description("Shows what one asked for oneself and what one may decide.")
            .access(Access::Admin(Permission::ApprovalView))
            .query::<ApprovalsQuery>()
            .reply::<Page<ApprovalView>>(200, "A page")
            .handle(list),
        Route::get("/api/v1/admin/approvals/pending-count", "countPendingApprovals")
            .summary("How many approvals one may decide now")
            .access(Access::Admin(Permission::ApprovalView))
            .reply::<PendingApprovals>(200, "The number")
            .handle(count),
        Route::get("/api/v1/admin/approvals/{approvalId}", "readApproval")
            .summary("An approval")
            .access(Access::Admin(Permission::ApprovalView))
            .param::<ApprovalId>("approvalId", "The approval")
            .reply::<ApprovalView>(200, "The approval")
            .handle(read),
    ]
}

async fn list(
    State(app): State<App>,
    admin: Admin,
    ApiQuery(query): ApiQuery<ApprovalsQuery>,
) -> ApiResult<Json<Page<ApprovalView>>> {
    let limit = query.limit.unwrap_or_default();
    let filter = ApprovalFilter {
        types: types_of(admin.role),
        only_type: query.approval_type,
        own: Some(admin.admin_id),
        status: query.status,
        requester: query.requester_id,
        before: app.cursors().open(LIST, query.cursor.as_ref())?,
    };
    let rows = approvals::list(app.store().read(), &filter, limit.plus_one()).await?;
    let page = app.cursors().page(LIST, rows, limit, |row| (row.requested_at.0, row.approval_id.0))?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(view(&app, &admin, row).await?);
    }
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

async fn count(State(app): State<App>, admin: Admin) -> ApiResult<Json<PendingApprovals>> {
    let mut pending_count = 0;
    if Permission::ApprovalVote.granted_to(admin.role) {
        for row in approvals::pending_for(app.store().read(), &types_of(admin.role), admin.admin_id).await? {
            pending_count += u64::from(may_vote(&app, &admin, &row).await?);
        }
    }
    Ok(Json(PendingApprovals { pending_count }))
}

async fn read(State(app): State<App>, admin: Admin, ApiPath(id): ApiPath<ApprovalId>) -> ApiResult<Json<ApprovalView>> {
    let row = visible(&app, &admin, id).await?;
    Ok(Json(view(&app, &admin, row).await?))
}
