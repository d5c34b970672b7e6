//! The registration wizard: e-mail → code → name and country → birth date and gender → password → phone → code.
//!
//! Whoever begins one gets a token; without it nobody reads or changes the registration, so neither an e-mail address
//! nor an id opens it. Nothing tells whether an address or number has an account before its owner has entered the code
//! sent to it. Until the last step everything lies in one row that ends after 24 hours; the last step makes account and
//! session in one transaction.
//!
//! A step may be repeated to correct it until the registration is complete; none may be skipped.

pub mod dob_gender;
pub mod name_country;
pub mod password;
pub mod phone;
pub mod resend;
pub mod start;
pub mod state;
pub mod verify_email;
pub mod verify_phone;

mod codes;
mod flood;
mod letters;

use gx_platform::http::{ApiError, ApiResult};
use gx_platform::{App, same, sha256};
use gx_store::repo::countries;
use gx_store::repo::registrations::{self, Registration};
use gx_store::sea_orm::ConnectionTrait;
use gx_types::{ErrorCode, RegistrationId, RegistrationStep, Sha256Hex, Timestamp};

use crate::genesis::{Eligibility, eligibility};

/// Codes sent to each of e-mail and phone in one registration.
pub const CODES_SENT_MAX: i64 = 5;

/// The registration that a caller says is theirs.
#[derive(Debug, Clone, Copy)]
struct Claim {
    id: RegistrationId,
    token_hash: Sha256Hex,
}

impl Claim {
    fn new(id: RegistrationId, token: &str) -> Self {
        Self { id, token_hash: sha256(token.as_bytes()) }
    }

    /// The row, if it is the caller's and not over.
    fn check(self, row: Option<Registration>, now: Timestamp) -> ApiResult<Registration> {
        let is_theirs = |row: &Registration| {
            row.secret_hash.is_some_and(|stored| same(stored.as_bytes(), self.token_hash.as_bytes()))
        };
        // One answer for «no such id» and «another token»: neither is told apart.
        let row = row.filter(is_theirs).ok_or(ErrorCode::RegistrationNotFound)?;
        if row.expires_at.0 <= now {
            return Err(ErrorCode::RegistrationExpired.into());
        }
        Ok(row)
    }

    /// The row for reading.
    async fn read(self, db: &impl ConnectionTrait, now: Timestamp) -> ApiResult<Registration> {
        self.check(registrations::find(db, self.id).await?, now)
    }

    /// The row for changing: held, and not complete.
    async fn open(self, tx: &impl ConnectionTrait, now: Timestamp) -> ApiResult<Registration> {
        let row = self.check(registrations::lock(tx, self.id).await?, now)?;
        if row.step == RegistrationStep::Completed {
            return Err(ErrorCode::RegistrationAlreadyCompleted.into());
        }
        Ok(row)
    }
}

/// Refuses when the registration has not come as far as `step`.
fn need(row: &Registration, step: RegistrationStep) -> ApiResult<()> {
    if row.step.0 < step {
        return Err(ApiError::new(ErrorCode::RegistrationStepInvalid)
            .with_detail(format!("the registration is at {} and has to reach {step} first", row.step.0)));
    }
    Ok(())
}

/// Marks a step as done; correcting an earlier one does not throw the registration back.
fn reach(row: &mut Registration, step: RegistrationStep, now: Timestamp) {
    row.step = row.step.0.max(step).into();
    row.updated_at = now.into();
}

/// What the person is told about a genesis grant; `None` before country and birth date are known.
async fn grant_outlook(app: &App, row: &Registration, now: Timestamp) -> ApiResult<Option<Eligibility>> {
    let (Some(code), Some(birth)) = (row.country_code, row.date_of_birth) else { return Ok(None) };
    let Some(age) = birth.age_at(now) else { return Ok(None) };
    let country = countries::find(app.store().read(), code.0).await?.ok_or(ErrorCode::CountryNotFound)?;
    let slots = gx_contracts::genesis::country_slots(code.as_str()).unwrap_or_default();
    Ok(Some(eligibility(age, slots, country.granted())))
}
