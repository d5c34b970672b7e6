//! `GET /api/v1/tax/fees/schedule`: what the ledger charges, as a table.

use axum::Json;
use axum::extract::State;
use gx_contracts::fees::FeeRow;
use gx_platform::App;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_types::api::tax::{FeeScheduleBand, FeeScheduleReply, FeeScheduleRow};
use gx_types::{ErrorCode, Qirat};

use super::{api_scope, api_type};

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/tax/fees/schedule", "readFeeSchedule")
        .summary("The fee schedule in force")
        .description("Every type and scope with its bands, as the ledger's parameter says it.")
        .access(Access::Public)
        .reply::<FeeScheduleReply>(200, "The table")
        .errors(&[ErrorCode::FeatureUnavailable])
        .handle(schedule)
}

async fn schedule(State(app): State<App>) -> ApiResult<Json<FeeScheduleReply>> {
    let (schedule, row) = super::in_force(&app).await?;
    Ok(Json(FeeScheduleReply {
        rows: schedule.rows().iter().map(shown).collect(),
        in_force_since: row.updated_at.0,
        block_number: row.updated_block.to_string(),
    }))
}

fn shown(row: &FeeRow) -> FeeScheduleRow {
    let amount = |qirat: u64| Qirat::new(qirat).unwrap_or(Qirat::CAP);
    let mut from = 1_u64;
    let bands = row
        .bands
        .iter()
        .map(|band| {
            let shown = FeeScheduleBand {
                from: amount(from),
                up_to: band.up_to_qirat.map(amount),
                rate_bps: band.rate_bps,
                minimum_fee: amount(band.minimum_qirat),
            };
            from = band.up_to_qirat.map_or(from, |bound| bound.saturating_add(1));
            shown
        })
        .collect();
    FeeScheduleRow { kind: api_type(row.transaction_type), scope: api_scope(row.scope), bands }
}
