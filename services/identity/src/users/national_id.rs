//! `POST /api/v1/validation/national-id`: whether an identity number is free, as far as is known before the ledger
//! decides.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::{documents, people};
use gx_types::api::identity::{NationalIdCheck, NationalIdReply};
use gx_types::{DocumentType, ErrorCode};

use crate::fields;
use crate::refuse::Faults;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/validation/national-id", "checkNationalId")
        .summary("Ask whether an identity number is free")
        .description("Counted like a look-up of other people. The ledger decides when a person is registered.")
        .access(Access::Person)
        .limit(RateClass::Lookup)
        .body::<NationalIdCheck>()
        .reply::<NationalIdReply>(200, "Free or not")
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    caller: Person,
    ApiJson(request): ApiJson<NationalIdCheck>,
) -> ApiResult<Json<NationalIdReply>> {
    let mut faults = Faults::default();
    let number = faults.check("nationalIdNumber", fields::document_number(&request.national_id_number));
    let country = faults.check("countryCode", fields::country(&request.country_code));
    faults.all()?;
    let (Some(number), Some(country)) = (number, country) else { return Err(ErrorCode::ValidationFailed.into()) };

    let db = app.store().read();
    let taken = people::has_national_id(db, country, &number, caller.profile_id).await?
        || documents::in_use(db, DocumentType::NationalId, country, &number, caller.profile_id).await?;
    let message = if taken { "This number belongs to another account." } else { "This number is free." };
    Ok(Json(NationalIdReply { is_available: !taken, message: message.to_owned() }))
}
