//! Step 3, `POST /api/v1/registration/name-country`.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::{countries, registrations};
use gx_types::api::identity::{EligibilityReply, NameCountryRequest};
use gx_types::{ErrorCode, RegistrationStep};

use super::{Claim, grant_outlook, need, reach};
use crate::fields;
use crate::refuse::{Faults, refused};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/registration/name-country", "setRegistrationNameCountry")
        .summary("Say name and country")
        .description("Names take letters of every script. Once the birth date is known the answer says whether there will be a genesis grant.")
        .access(Access::Public)
        .limit(RateClass::Register)
        .body::<NameCountryRequest>()
        .reply::<EligibilityReply>(200, "Name and country are set")
        .errors(&[
            ErrorCode::NameRequired,
            ErrorCode::NameTooShort,
            ErrorCode::NameTooLong,
            ErrorCode::NameInvalidChars,
            ErrorCode::CountryRequired,
            ErrorCode::CountryInvalidFormat,
            ErrorCode::CountryNotFound,
            ErrorCode::RegistrationNotFound,
            ErrorCode::RegistrationExpired,
            ErrorCode::RegistrationStepInvalid,
            ErrorCode::RegistrationAlreadyCompleted,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    ApiJson(request): ApiJson<NameCountryRequest>,
) -> ApiResult<Json<EligibilityReply>> {
    set_name_country(&app, &request).await.map(Json)
}

/// Sets name and country.
///
/// # Errors
/// 400 for a name or country that is none, or before the e-mail address is verified.
pub async fn set_name_country(app: &App, request: &NameCountryRequest) -> ApiResult<EligibilityReply> {
    let mut faults = Faults::default();
    let first_name = faults.check("firstName", fields::name(&request.first_name));
    let last_name = faults.check("lastName", fields::name(&request.last_name));
    let country = faults.check("countryCode", fields::country(&request.country_code));
    faults.first()?;

    let claim = Claim::new(request.registration_id, &request.registration_token);
    let now = app.now();
    let row = app
        .store()
        .write(move |tx| {
            let (first_name, last_name) = (first_name.clone(), last_name.clone());
            Box::pin(async move {
                let mut row = claim.open(tx, now).await?;
                need(&row, RegistrationStep::EmailVerified)?;
                if let Some(code) = country
                    && countries::find(tx, code).await?.is_none()
                {
                    return Err(refused("countryCode", ErrorCode::CountryNotFound));
                }
                row.first_name = first_name;
                row.last_name = last_name;
                row.country_code = country.map(Into::into);
                reach(&mut row, RegistrationStep::NameCountrySet, now);
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
