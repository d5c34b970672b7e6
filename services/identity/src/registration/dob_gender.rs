//! Step 4, `POST /api/v1/registration/dob-gender`: answers whether there will be a genesis grant, before the person
//! goes on.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::registrations;
use gx_types::api::identity::{DobGenderRequest, EligibilityReply};
use gx_types::{ErrorCode, RegistrationStep};

use super::{Claim, grant_outlook, need, reach};
use crate::fields;
use crate::refuse::Faults;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/registration/dob-gender", "setRegistrationDobGender")
        .summary("Say birth date and gender")
        .description("From 13 years on. The answer says whether there will be a genesis grant: from 13 to 73 years, while the country has slots.")
        .access(Access::Public)
        .limit(RateClass::Register)
        .body::<DobGenderRequest>()
        .reply::<EligibilityReply>(200, "Birth date and gender are set")
        .errors(&[
            ErrorCode::DobRequired,
            ErrorCode::DobInvalidFormat,
            ErrorCode::DobFutureDate,
            ErrorCode::DobMinAge,
            ErrorCode::DobMaxAge,
            ErrorCode::GenderRequired,
            ErrorCode::GenderInvalid,
            ErrorCode::RegistrationNotFound,
            ErrorCode::RegistrationExpired,
            ErrorCode::RegistrationStepInvalid,
            ErrorCode::RegistrationAlreadyCompleted,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    ApiJson(request): ApiJson<DobGenderRequest>,
) -> ApiResult<Json<EligibilityReply>> {
    set_dob_gender(&app, &request).await.map(Json)
}

/// Sets birth date and gender.
///
/// # Errors
/// 400 for a date or gender that is none, for people under 13, or before name and country are set.
pub async fn set_dob_gender(app: &App, request: &DobGenderRequest) -> ApiResult<EligibilityReply> {
    let now = app.now();
    let mut faults = Faults::default();
    let birth = faults.check("dateOfBirth", fields::birth_date(&request.date_of_birth, now));
    let gender = faults.check("gender", fields::gender(&request.gender));
    faults.first()?;

    let claim = Claim::new(request.registration_id, &request.registration_token);
    let row = app
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let mut row = claim.open(tx, now).await?;
                need(&row, RegistrationStep::NameCountrySet)?;
                row.date_of_birth = birth.map(Into::into);
                row.gender = gender.map(Into::into);
                reach(&mut row, RegistrationStep::DobGenderSet, now);
                registrations::save(tx, row.clone()).await?;
                Ok::<_, ApiError>(row)
            })
        })
        .await?;
    let outlook = grant_outlook(app, &row, now).await?;
    Ok(EligibilityReply {
        success: true,
        registration_id: claim.id,
        current_step: row.step.0,
        genesis_eligible: outlook.as_ref().map(|outlook| outlook.eligible),
        eligibility_message: outlook.map(|outlook| outlook.message),
    })
}
