//! A person's own profile. Somebody else's answers 404: who is not meant to see it learns nothing.

pub mod avatar;
pub mod change;
pub mod national_id;
pub mod read;

use gx_platform::App;
use gx_platform::auth::Person as Caller;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::repo::countries;
use gx_store::repo::people::Person;
use gx_types::ProfileId;
use gx_types::api::identity::{Address, EmploymentStatus, ProfileView, UserSummary};

/// Lets a person at their own things only.
pub(crate) fn only_self(caller: &Caller, id: ProfileId) -> ApiResult<()> {
    if caller.profile_id == id { Ok(()) } else { Err(ApiError::not_found()) }
}

/// A person in brief.
pub(crate) fn summary(person: &Person) -> UserSummary {
    UserSummary {
        profile_id: person.profile_id.0,
        email: person.email.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        phone_num: person.phone_num.clone(),
        identity_num: person.national_id_number.clone(),
        status: person.status.0,
        onchain_status: person.onchain_status.0,
        nationality_country_code: person.nationality_country_code.0,
        created_at: person.created_at.0,
        updated_at: person.updated_at.0,
    }
}

/// A person as their owner sees them.
pub(crate) async fn view(app: &App, person: Person) -> ApiResult<ProfileView> {
    let state = person.state();
    let nationality = person.nationality_country_code.0;
    let country = countries::find(app.store().read(), nationality).await?;
    let address = match (person.address_line1, person.city, person.address_country) {
        (Some(address_line1), Some(city), Some(country)) => Some(Address {
            address_line1,
            address_line2: person.address_line2,
            city,
            state_province: person.state_province,
            postal_code: person.postal_code,
            country_code: country.0,
        }),
        _ => None,
    };
    Ok(ProfileView {
        profile_id: person.profile_id.0,
        email: person.email,
        first_name: person.first_name,
        middle_name: person.middle_name,
        last_name: person.last_name,
        phone_num: person.phone_num,
        date_of_birth: person.date_of_birth.0,
        gender: person.gender.0,
        place_of_birth: person.place_of_birth,
        nationality_country_code: nationality,
        nationality_country_name: country.map(|country| country.country_name),
        identity_num: person.national_id_number.clone(),
        national_id_number: person.national_id_number,
        national_id_issued_at: person.national_id_issued_at,
        national_id_expires_at: person.national_id_expires_at,
        passport_number: person.passport_number,
        passport_issuing_country: person.passport_issuing_country.map(|country| country.0),
        passport_issued_at: person.passport_issued_at,
        passport_expires_at: person.passport_expires_at,
        employment_status: person.employment_status.as_deref().and_then(EmploymentStatus::from_text),
        job_title: person.job_title,
        company_name: person.company_name,
        industry: person.industry,
        work_email: person.work_email,
        work_phone_num: person.work_phone_num,
        is_pep: person.is_pep,
        pep_details: person.pep_details,
        address,
        is_locked: person.locked_at.is_some(),
        lock_reason: person.lock_reason,
        locked_at: person.locked_at.map(|at| at.0),
        reviewed_at: person.reviewed_at.map(|at| at.0),
        denial_code: person.denial_code,
        denial_reason: person.denial_reason,
        fabric_user_id: person.gx_id.map(|id| id.0),
        onchain_status: state.onchain,
        onchain_registered_at: person.onchain_registered_at.map(|at| at.0),
        status: state.status,
        identity_editable: state.identity_is_open(),
        created_at: person.created_at.0,
        updated_at: person.updated_at.0,
    })
}
