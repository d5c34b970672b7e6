//! `GET /api/v1/admin/supply/pools/{poolId}`.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::figures;
use gx_types::Qirat;
use gx_types::api::admin::PoolView;

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/supply/pools/{poolId}", "readSupplyPool")
        .summary("A pool")
        .access(Access::Admin(Permission::DashboardView))
        .param::<String>("poolId", "USER_GENESIS, GOVT_GENESIS, CHARITABLE, LOAN, GX or OPERATIONS")
        .reply::<PoolView>(200, "The pool")
        .handle(handle)
}

async fn handle(State(app): State<App>, ApiPath(id): ApiPath<String>) -> ApiResult<Json<PoolView>> {
    all(&app).await?.into_iter().find(|pool| pool.pool_id == id).map(Json).ok_or_else(ApiError::not_found)
}

/// Every pool on the ledger.
pub(super) async fn all(app: &App) -> ApiResult<Vec<PoolView>> {
    let db = app.store().read();
    let mut pools = Vec::new();
    for row in figures::supply_pools(db).await? {
        let balance = figures::balance(db, row.account_id.0).await?;
        let left = row.cap.saturating_sub(row.minted.0);
        pools.push(PoolView {
            free: left.checked_add(balance).unwrap_or(Qirat::CAP),
            pool_id: row.pool_id,
            account_id: row.account_id.0,
            cap: row.cap.0,
            minted: row.minted.0,
            balance,
            updated_block: row.updated_block.to_string(),
        });
    }
    Ok(pools)
}
