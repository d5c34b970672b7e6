//! Step 7, `POST /api/v1/registration/phone/verify`: the code proves that the number is the caller's; account and first
//! session are made in one transaction.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gx_platform::App;
use gx_platform::auth::{NewSession, Origin};
use gx_platform::http::{Access, ApiError, ApiJson, ApiResult, Handled, RateClass, Route};
use gx_store::repo::people::Person;
use gx_store::repo::registrations::Registration;
use gx_store::repo::{people, registrations, sessions};
use gx_store::{Col, StoreError};
use gx_types::api::identity::{RegistrationCompleted, VerifyPhoneRequest};
use gx_types::{ErrorCode, PersonState, ProfileId, RegistrationStep, Timestamp};

use super::codes::{self, Channel, Slot};
use super::{Claim, need, reach};
use crate::auth::carry::{Carried, carry, session_row};
use crate::fields::Code;
use crate::refuse::refused;
use crate::users::summary;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/registration/phone/verify", "verifyRegistrationPhone")
        .summary("Enter the code of the phone; makes the account")
        .description(
            "Answers the first session, carried as the transport says. A number that has an account is told so here, to its \
             owner; another number can then be given.",
        )
        .access(Access::Public)
        .limit(RateClass::CodeCheck)
        .body::<VerifyPhoneRequest>()
        .reply::<RegistrationCompleted>(200, "The account exists")
        .errors(&[
            ErrorCode::OtpRequired,
            ErrorCode::OtpInvalidFormat,
            ErrorCode::OtpInvalid,
            ErrorCode::OtpExpired,
            ErrorCode::OtpMaxAttempts,
            ErrorCode::EmailAlreadyExists,
            ErrorCode::PhoneAlreadyExists,
            ErrorCode::RegistrationNotFound,
            ErrorCode::RegistrationExpired,
            ErrorCode::RegistrationStepInvalid,
            ErrorCode::RegistrationAlreadyCompleted,
        ])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    origin: Origin,
    ApiJson(request): ApiJson<VerifyPhoneRequest>,
) -> ApiResult<Response> {
    let (reply, carried) = verify_phone(&app, &request, &origin).await?;
    Ok(carried.answer(Json(reply)))
}

/// Tries the code of the phone and completes the registration.
///
/// # Errors
/// 400 for a wrong or expired code, 429 after five wrong ones, 409 when number or address have an account.
pub async fn verify_phone(
    app: &App,
    request: &VerifyPhoneRequest,
    origin: &Origin,
) -> ApiResult<(RegistrationCompleted, Carried)> {
    let code = Code::typed(&request.otp).map_err(|code| refused("otp", code))?;
    let claim = Claim::new(request.registration_id, &request.registration_token);
    let now = app.now();
    let profile_id = ProfileId::from_uuid(app.new_uuid());
    let session = NewSession::begin(request.transport.into(), &**app.clock(), &**app.entropy());
    let session_row = session_row(&session, profile_id, origin, now);

    let held = app.clone();
    let done = app
        .store()
        .write(move |tx| {
            let (app, code, session_row) = (held.clone(), code.clone(), session_row.clone());
            Box::pin(async move {
                // 1. The code. Wrong tries are written, so they come back as a value, not as an error.
                let mut row = claim.open(tx, now).await?;
                need(&row, RegistrationStep::PhoneSent)?;
                let number = row.phone_num.clone().unwrap_or_default();
                let presented = codes::hash(&app, Channel::Phone, &number, &code)?;
                let mut checked = Slot::of(&mut row, Channel::Phone).check(presented, now);

                // 2. Only the owner of address and number gets here, so they may be told.
                if checked.is_ok() && people::has_phone(tx, &number).await? {
                    checked = Err(ErrorCode::PhoneAlreadyExists);
                }
                if checked.is_ok() && people::by_email(tx, &row.email_normalised).await?.is_some() {
                    checked = Err(ErrorCode::EmailAlreadyExists);
                }
                if let Err(code) = checked {
                    registrations::save(tx, row).await?;
                    return Ok(Err(code));
                }

                // 3. Account, session and the end of the registration, together.
                let person = person(&row, profile_id, now)?;
                people::insert(tx, person.clone()).await?;
                sessions::insert(tx, session_row).await?;
                row.phone_verified_at = Some(Col(now));
                row.profile_id = Some(Col(profile_id));
                row.password_hash = None;
                reach(&mut row, RegistrationStep::Completed, now);
                registrations::save(tx, row).await?;
                Ok::<_, Completing>(Ok(person))
            })
        })
        .await?;
    let person = done.map_err(|code| match code {
        ErrorCode::PhoneAlreadyExists => refused("phoneNum", code),
        ErrorCode::EmailAlreadyExists => refused("email", code),
        code => refused("otp", code),
    })?;

    let carried = carry(app, &session, profile_id).await?;
    let reply = RegistrationCompleted {
        success: true,
        message: "Welcome to GX. Your account exists; hand in your documents to activate it.".to_owned(),
        current_step: RegistrationStep::Completed,
        access_token: carried.access_token.clone(),
        refresh_token: carried.refresh_token.clone(),
        csrf_token: carried.csrf_token.clone(),
        expires_in: carried.expires_in,
        user: summary(&person),
    };
    Ok((reply, carried))
}

/// Somebody else may take address or number between the look above and the insert (on PostgreSQL): the unique columns
/// decide, and their refusal gets its name here.
struct Completing(ApiError);

impl From<ApiError> for Completing {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Completing {
    fn from(error: StoreError) -> Self {
        if error.is_duplicate_of("email") {
            Self(refused("email", ErrorCode::EmailAlreadyExists))
        } else if error.is_duplicate_of("phone") {
            Self(refused("phoneNum", ErrorCode::PhoneAlreadyExists))
        } else {
            Self(error.into())
        }
    }
}

impl From<Completing> for ApiError {
    fn from(error: Completing) -> Self {
        error.0
    }
}

fn person(row: &Registration, profile_id: ProfileId, now: Timestamp) -> ApiResult<Person> {
    // Every step before this one has set its columns; a row without them is damage, not a person's fault.
    let missing = || ApiError::internal("a registration reached its last step with a column empty");
    Ok(Person {
        profile_id: Col(profile_id),
        email: row.email.clone(),
        email_normalised: row.email_normalised.clone(),
        phone_num: Some(row.phone_num.clone().ok_or_else(missing)?),
        password_hash: row.password_hash.clone().ok_or_else(missing)?,
        first_name: row.first_name.clone().ok_or_else(missing)?,
        middle_name: None,
        last_name: row.last_name.clone().ok_or_else(missing)?,
        date_of_birth: row.date_of_birth.ok_or_else(missing)?,
        gender: row.gender.ok_or_else(missing)?,
        place_of_birth: None,
        nationality_country_code: row.country_code.ok_or_else(missing)?,
        national_id_number: None,
        national_id_issued_at: None,
        national_id_expires_at: None,
        passport_number: None,
        passport_issuing_country: None,
        passport_issued_at: None,
        passport_expires_at: None,
        employment_status: None,
        job_title: None,
        company_name: None,
        industry: None,
        work_email: None,
        work_phone_num: None,
        is_pep: false,
        pep_details: None,
        address_line1: None,
        address_line2: None,
        city: None,
        state_province: None,
        postal_code: None,
        address_country: None,
        address_verified_at: None,
        status: Col(PersonState::NEW.status),
        onchain_status: Col(PersonState::NEW.onchain),
        onchain_registered_at: None,
        gx_id: None,
        biometric_hash: None,
        lock_reason: None,
        lock_notes: None,
        locked_by: None,
        locked_at: None,
        reviewed_by: None,
        reviewed_at: None,
        review_notes: None,
        denial_code: None,
        denial_reason: None,
        last_login_at: Some(Col(now)),
        created_at: Col(now),
        updated_at: Col(now),
    })
}
