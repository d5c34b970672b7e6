//! `POST /api/v1/auth/step-up`: trades a PIN or a code for a grant that confirms the payments of this session for five
//! minutes, so that who makes several types it once.

use axum::Json;
use axum::extract::State;
use gx_base::limits::STEP_UP_GRANT_SECONDS;
use gx_platform::App;
use gx_platform::auth::{Person, step_up};
use gx_platform::http::{Access, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_types::ErrorCode;
use gx_types::api::security::{StepUp, StepUpGranted};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/auth/step-up", "stepUp")
        .summary("Confirm payments of the next minutes")
        .access(Access::Person)
        .limit(RateClass::CodeCheck)
        .body::<StepUp>()
        .reply::<StepUpGranted>(200, "A grant for this session")
        .errors(&[
            ErrorCode::PinInvalidFormat,
            ErrorCode::PinInvalid,
            ErrorCode::PinLocked,
            ErrorCode::SecondFactorInvalid,
            ErrorCode::SecondFactorLocked,
            ErrorCode::SecondFactorOff,
            ErrorCode::StepUpPinRequired,
            ErrorCode::StepUpCodeRequired,
            ErrorCode::StepUpSetupRequired,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    person: Person,
    ApiJson(proof): ApiJson<StepUp>,
) -> ApiResult<Json<StepUpGranted>> {
    let ticket = step_up::grant(&app, &person, &proof).await?;
    Ok(Json(StepUpGranted { grant: ticket.text.expose().to_owned(), expires_in: STEP_UP_GRANT_SECONDS }))
}
