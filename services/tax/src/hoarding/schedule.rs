//! `GET /api/v1/tax/hoarding/schedule`: how long, from how much on, and at which rates.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_types::api::tax::HoardingScheduleReply;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/tax/hoarding/schedule", "readHoardingSchedule")
        .summary("Period and bands of the hoarding tax")
        .description(
            "Who holds at least the threshold for the whole period without a break owes the rate of the band that holds the \
             balance, on the whole balance, rounded down; just above the edge of a band, a Qirat more costs no more than that \
             Qirat.",
        )
        .access(Access::Public)
        .reply::<HoardingScheduleReply>(200, "The table")
        .handle(schedule)
}

async fn schedule(State(app): State<App>) -> ApiResult<Json<HoardingScheduleReply>> {
    let (tax, in_force_since) = super::in_force(&app).await?;
    Ok(Json(HoardingScheduleReply {
        period_days: tax.period_days(),
        threshold: tax.threshold(),
        bands: tax.bands().map(super::shown).collect(),
        in_force_since,
    }))
}
