//! `GET /api/v1/admin/system/status`: whether coins can move, out of the read model and the ledger's last heartbeat.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::projection::checkpoint;
use gx_store::projection::system::pause_reason;
use gx_store::repo::{admins, countries, figures, ledger_binding, review};
use gx_store::{StoreError, outbox};
use gx_types::api::admin::{LedgerStatus, OutboxDepth, SystemState, SystemStatus};

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/system/status", "readSystemStatus")
        .summary("Whether coins can move")
        .access(Access::Admin(Permission::SystemHealth))
        .reply::<SystemStatus>(200, "The status")
        .handle(handle)
}

async fn handle(State(app): State<App>) -> ApiResult<Json<SystemStatus>> {
    let db = app.store().read();
    let ledger = ledger(&app).await?;
    let reason = pause_reason(db).await?;
    let status = state_of(&app).await?;
    let with_users = countries::all(db).await?.iter().filter(|country| country.users_count > 0).count();
    Ok(Json(SystemStatus {
        status,
        pause_reason: reason,
        total_users: review::count_by_status(db, None).await?.iter().map(|(_, count)| count).sum(),
        active_admins: admins::active_count(db).await?,
        countries_with_users: with_users as u64,
        ledger,
        outbox: depth(&app).await?,
    }))
}

/// Whether coins can move.
///
/// # Errors
/// 503 when the database is out of reach.
pub(crate) async fn state_of(app: &App) -> ApiResult<SystemState> {
    let db = app.store().read();
    let ledger = ledger_binding::get(db).await?;
    let bootstrapped = !figures::supply_pools(db).await?.is_empty();
    Ok(match (ledger, bootstrapped, pause_reason(db).await?) {
        (None, ..) => SystemState::NotBound,
        (Some(_), false, _) => SystemState::NotBootstrapped,
        (Some(_), true, Some(_)) => SystemState::Paused,
        (Some(row), true, None) if app.ledger().out_of_reach(&row).is_some() => SystemState::LedgerUnreachable,
        (Some(_), true, None) => SystemState::Operational,
    })
}

async fn ledger(app: &App) -> Result<Option<LedgerStatus>, StoreError> {
    let db = app.store().read();
    let Some(row) = ledger_binding::get(db).await? else { return Ok(None) };
    let checkpoint = checkpoint::read(db, checkpoint::PROJECTOR).await?;
    let out_of_reach = app.ledger().out_of_reach(&row);
    let projected = checkpoint.filter(|row| row.next_block > 0).map(|row| row.next_block - 1);
    Ok(Some(LedgerStatus {
        fingerprint: row.fingerprint.0,
        // The heartbeat is as old as it says; a block that was projected since then is on the ledger for certain.
        height: projected.map_or(row.height, |projected| projected.max(row.height)).to_string(),
        projected_height: projected.map(|height| height.to_string()),
        reachable: out_of_reach.is_none(),
        reason: out_of_reach,
        heartbeat_at: row.heartbeat_at.0,
        last_block_at: row.last_block_at.map(|at| at.0),
        endorsing_orgs: serde_json::from_str(&row.endorsing_orgs)
            .map_err(|error| StoreError::Corrupt(format!("the endorsing organisations: {error}")))?,
    }))
}

async fn depth(app: &App) -> Result<OutboxDepth, StoreError> {
    let db = app.store().read();
    let depth = outbox::depth(db).await?;
    Ok(OutboxDepth {
        pending: depth.pending,
        submitting: depth.submitting,
        submitted: depth.submitted,
        dead: depth.dead,
        unprojected: depth.unprojected,
        oldest_waiting_since: outbox::oldest_waiting(db).await?,
    })
}
