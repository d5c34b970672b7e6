//! `PATCH /api/v1/users/{id}`: changes the own profile. What an admin checks and the ledger keeps (name, birth, gender,
//! nationality, identity numbers) is locked from the submission on, until it is refused.

use axum::Json;
use axum::extract::State;
use gx_platform::auth::Person as Caller;
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, Route};
use gx_platform::{App, BusMessage};
use gx_store::repo::people::Person;
use gx_store::repo::{countries, people};
use gx_store::{Col, StoreError};
use gx_types::api::identity::{Change, ProfilePatch, ProfileReply, ProfileView};
use gx_types::{CountryCode, ErrorCode, ProfileId, Timestamp};

use super::{only_self, view};
use crate::fields::{self, Email};
use crate::refuse::{Faults, refused};

/// Longest line of text, characters.
const LINE_CHARS_MAX: usize = 120;
/// Longest explanation, characters.
const DETAILS_CHARS_MAX: usize = 1_000;
/// Longest postal code, characters.
const POSTAL_CHARS_MAX: usize = 16;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::patch("/api/v1/users/{id}", "changeProfile")
        .summary("Change the own profile")
        .description(
            "Only the fields present change; null clears an optional one. Identity fields are locked once submitted.",
        )
        .access(Access::Person)
        .param::<ProfileId>("id", "The own profileId")
        .body::<ProfilePatch>()
        .reply::<ProfileReply>(200, "The profile as it is now")
        .errors(&[ErrorCode::ProfileLocked, ErrorCode::DocumentAlreadyUsed])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    caller: Caller,
    ApiPath(id): ApiPath<ProfileId>,
    ApiJson(patch): ApiJson<ProfilePatch>,
) -> ApiResult<Json<ProfileReply>> {
    only_self(&caller, id)?;
    Ok(Json(ProfileReply { user: change_profile(&app, id, patch).await? }))
}

/// Changes a profile.
///
/// # Errors
/// 422 naming every refused field; 409 for identity fields that are locked, and for an identity number of another
/// account.
pub async fn change_profile(app: &App, id: ProfileId, patch: ProfilePatch) -> ApiResult<ProfileView> {
    let now = app.now();
    let person = app
        .store()
        .write(move |tx| {
            let patch = patch.clone();
            Box::pin(async move {
                let mut person = people::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
                let locked = identity_fields(&patch);
                if !person.state().identity_is_open() && !locked.is_empty() {
                    let error = ApiError::new(ErrorCode::ProfileLocked);
                    return Err(Changing(locked.into_iter().fold(error, |error, field| {
                        error.with_field(field, ErrorCode::ProfileLocked, ErrorCode::ProfileLocked.title())
                    })));
                }
                let mut faults = Faults::default();
                apply(&mut person, &patch, now, &mut faults);
                if let Change::Set(_) = patch.nationality_country_code
                    && countries::find(tx, person.nationality_country_code.0).await?.is_none()
                {
                    faults.add("nationalityCountryCode", ErrorCode::CountryNotFound);
                }
                faults.all()?;
                person.updated_at = Col(now);
                people::save(tx, person.clone()).await?;
                Ok::<_, Changing>(person)
            })
        })
        .await?;
    app.bus().publish(&BusMessage::PersonChanged { profile_id: id });
    view(app, person).await
}

/// The unique column of identity numbers decides when two people enter the same one.
struct Changing(ApiError);

impl From<ApiError> for Changing {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Changing {
    fn from(error: StoreError) -> Self {
        if error.is_duplicate_of("national_id") {
            Self(refused("nationalIdNumber", ErrorCode::DocumentAlreadyUsed))
        } else {
            Self(error.into())
        }
    }
}

impl From<Changing> for ApiError {
    fn from(error: Changing) -> Self {
        error.0
    }
}

/// The identity fields that a patch wants to change.
fn identity_fields(patch: &ProfilePatch) -> Vec<&'static str> {
    [
        ("firstName", patch.first_name.is_keep()),
        ("middleName", patch.middle_name.is_keep()),
        ("lastName", patch.last_name.is_keep()),
        ("dateOfBirth", patch.date_of_birth.is_keep()),
        ("gender", patch.gender.is_keep()),
        ("placeOfBirth", patch.place_of_birth.is_keep()),
        ("nationalityCountryCode", patch.nationality_country_code.is_keep()),
        ("nationalIdNumber", patch.national_id_number.is_keep()),
        ("nationalIdIssuedAt", patch.national_id_issued_at.is_keep()),
        ("nationalIdExpiresAt", patch.national_id_expires_at.is_keep()),
        ("passportNumber", patch.passport_number.is_keep()),
        ("passportIssuingCountry", patch.passport_issuing_country.is_keep()),
        ("passportIssuedAt", patch.passport_issued_at.is_keep()),
        ("passportExpiresAt", patch.passport_expires_at.is_keep()),
    ]
    .into_iter()
    .filter(|(_, kept)| !kept)
    .map(|(field, _)| field)
    .collect()
}

/// Puts the patch into the row, noting every fault.
fn apply(person: &mut Person, patch: &ProfilePatch, now: Timestamp, faults: &mut Faults) {
    // Whoever sets these by a stolen session would own the account.
    for (field, change) in [("email", &patch.email), ("phoneNum", &patch.phone_num)] {
        if !change.is_keep() {
            faults.add(field, ErrorCode::ConfirmationNeeded);
        }
    }
    let mut put = Put { faults };
    // What everybody has.
    put.needed("firstName", &patch.first_name, &mut person.first_name, |text| fields::name(text));
    put.needed("lastName", &patch.last_name, &mut person.last_name, |text| fields::name(text));
    put.needed("dateOfBirth", &patch.date_of_birth, &mut person.date_of_birth, |text| {
        fields::birth_date(text, now).map(Col)
    });
    put.needed("gender", &patch.gender, &mut person.gender, |text| fields::gender(text).map(Col));
    put.needed(
        "nationalityCountryCode",
        &patch.nationality_country_code,
        &mut person.nationality_country_code,
        |text| country(text),
    );
    put.needed("isPEP", &patch.is_pep, &mut person.is_pep, |is_pep| Ok(*is_pep));

    // What some have.
    let line = |text: &String| fields::line(text, LINE_CHARS_MAX);
    let number = |text: &String| fields::document_number(text);
    let date = |text: &String| fields::calendar_date(text).map(|date| date.to_string());
    put.optional("middleName", &patch.middle_name, &mut person.middle_name, |text| fields::name(text));
    put.optional("placeOfBirth", &patch.place_of_birth, &mut person.place_of_birth, line);
    put.optional("nationalIdNumber", &patch.national_id_number, &mut person.national_id_number, number);
    put.optional("nationalIdIssuedAt", &patch.national_id_issued_at, &mut person.national_id_issued_at, date);
    put.optional("nationalIdExpiresAt", &patch.national_id_expires_at, &mut person.national_id_expires_at, date);
    put.optional("passportNumber", &patch.passport_number, &mut person.passport_number, number);
    put.optional(
        "passportIssuingCountry",
        &patch.passport_issuing_country,
        &mut person.passport_issuing_country,
        |text| country(text),
    );
    put.optional("passportIssuedAt", &patch.passport_issued_at, &mut person.passport_issued_at, date);
    put.optional("passportExpiresAt", &patch.passport_expires_at, &mut person.passport_expires_at, date);
    put.optional("employmentStatus", &patch.employment_status, &mut person.employment_status, |status| {
        Ok(status.as_str().to_owned())
    });
    put.optional("jobTitle", &patch.job_title, &mut person.job_title, line);
    put.optional("companyName", &patch.company_name, &mut person.company_name, line);
    put.optional("industry", &patch.industry, &mut person.industry, line);
    put.optional("workEmail", &patch.work_email, &mut person.work_email, |text| {
        Email::parse(text).map(|email| email.typed)
    });
    put.optional("workPhoneNum", &patch.work_phone_num, &mut person.work_phone_num, |text| fields::phone(text));
    put.optional("pepDetails", &patch.pep_details, &mut person.pep_details, |text| {
        fields::line(text, DETAILS_CHARS_MAX)
    });
    put.optional("addressLine1", &patch.address_line1, &mut person.address_line1, line);
    put.optional("addressLine2", &patch.address_line2, &mut person.address_line2, line);
    put.optional("city", &patch.city, &mut person.city, line);
    put.optional("stateProvince", &patch.state_province, &mut person.state_province, line);
    put.optional("postalCode", &patch.postal_code, &mut person.postal_code, |text| {
        fields::line(text, POSTAL_CHARS_MAX)
    });
    put.optional("addressCountry", &patch.address_country, &mut person.address_country, |text| country(text));
    whole_address(person, faults);
    let id = (&person.national_id_issued_at, &person.national_id_expires_at);
    let passport = (&person.passport_issued_at, &person.passport_expires_at);
    life_of_document(("nationalIdIssuedAt", id.0), ("nationalIdExpiresAt", id.1), now, faults);
    life_of_document(("passportIssuedAt", passport.0), ("passportExpiresAt", passport.1), now, faults);
}

/// A document is not issued in the future, and does not expire before it is issued.
fn life_of_document(
    issued: (&str, &Option<String>),
    expires: (&str, &Option<String>),
    now: Timestamp,
    faults: &mut Faults,
) {
    // ISO dates compare as texts.
    if issued.1.as_deref().is_some_and(|date| date > now.date().to_string().as_str()) {
        faults.say(issued.0, ErrorCode::FieldInvalid, "A document is not issued in the future.");
    }
    if let (Some(from), Some(until)) = (issued.1, expires.1)
        && until < from
    {
        faults.say(expires.0, ErrorCode::FieldInvalid, "A document does not expire before it is issued.");
    }
}

fn country(text: &str) -> Result<Col<CountryCode>, ErrorCode> {
    fields::country(text).map(Col)
}

/// An address has its first line, a city and a country, or nothing at all.
fn whole_address(person: &Person, faults: &mut Faults) {
    let parts = [
        ("addressLine1", person.address_line1.is_some()),
        ("city", person.city.is_some()),
        ("addressCountry", person.address_country.is_some()),
    ];
    let rest = person.address_line2.is_some() || person.state_province.is_some() || person.postal_code.is_some();
    if !rest && parts.iter().all(|(_, there)| !there) {
        return;
    }
    for (field, there) in parts {
        if !there {
            faults.say(field, ErrorCode::FieldRequired, "An address has a first line, a city and a country.");
        }
    }
}

/// Writes checked changes into columns.
struct Put<'f> {
    faults: &'f mut Faults,
}

impl Put<'_> {
    fn needed<T, C>(
        &mut self,
        field: &str,
        change: &Change<T>,
        column: &mut C,
        check: impl Fn(&T) -> Result<C, ErrorCode>,
    ) {
        match change {
            Change::Keep => {}
            Change::Clear => self.faults.add(field, ErrorCode::FieldRequired),
            Change::Set(value) => {
                if let Some(value) = self.faults.check(field, check(value)) {
                    *column = value;
                }
            }
        }
    }

    fn optional<T, C>(
        &mut self,
        field: &str,
        change: &Change<T>,
        column: &mut Option<C>,
        check: impl Fn(&T) -> Result<C, ErrorCode>,
    ) {
        match change {
            Change::Keep => {}
            Change::Clear => *column = None,
            Change::Set(value) => {
                if let Some(value) = self.faults.check(field, check(value)) {
                    *column = Some(value);
                }
            }
        }
    }
}
