//! People. Owner: identity; the columns about the ledger are written by the projector and by reactions to refusals.

use gx_types::{BirthDate, CountryCode, Gender, GxId, OnchainStatus, PersonStatus, ProfileId, Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `user_profiles`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_profiles")]
pub struct Model {
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// E-mail address as typed.
    pub email: String,
    /// E-mail address in the form that is compared.
    pub email_normalised: String,
    /// Phone number in international form.
    pub phone_num: Option<String>,
    /// Argon2id hash.
    pub password_hash: String,
    /// First name.
    pub first_name: String,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Last name.
    pub last_name: String,
    /// Birth date, `YYYY-MM-DD`.
    pub date_of_birth: Col<BirthDate>,
    /// Gender.
    pub gender: Col<Gender>,
    /// Place of birth.
    pub place_of_birth: Option<String>,
    /// Nationality.
    pub nationality_country_code: Col<CountryCode>,
    /// Number of the national identity card.
    pub national_id_number: Option<String>,
    /// Date of issue.
    pub national_id_issued_at: Option<String>,
    /// Date of expiry.
    pub national_id_expires_at: Option<String>,
    /// Number of the passport.
    pub passport_number: Option<String>,
    /// Country that issued it.
    pub passport_issuing_country: Option<Col<CountryCode>>,
    /// Date of issue.
    pub passport_issued_at: Option<String>,
    /// Date of expiry.
    pub passport_expires_at: Option<String>,
    /// Employment status.
    pub employment_status: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// Employer.
    pub company_name: Option<String>,
    /// Industry.
    pub industry: Option<String>,
    /// E-mail address at work.
    pub work_email: Option<String>,
    /// Phone number at work.
    pub work_phone_num: Option<String>,
    /// Politically exposed person.
    pub is_pep: bool,
    /// In what way.
    pub pep_details: Option<String>,
    /// Street and number.
    pub address_line1: Option<String>,
    /// Second line.
    pub address_line2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state_province: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country of the address.
    pub address_country: Option<Col<CountryCode>>,
    /// When the address was verified.
    pub address_verified_at: Option<Col<Timestamp>>,
    /// One transition table in gx_types; written by conditional updates only.
    pub status: Col<PersonStatus>,
    /// What the ledger says.
    pub onchain_status: Col<OnchainStatus>,
    /// When the ledger registered the person.
    pub onchain_registered_at: Option<Col<Timestamp>>,
    /// GX id (`fabricUserId` in the API).
    pub gx_id: Option<Col<GxId>>,
    /// HMAC-SHA-256 over the verified document. No CHECK: rows of an older build are found and repaired by a data
    /// step.
    pub biometric_hash: Option<Col<Sha256Hex>>,
    /// Why the account is frozen.
    pub lock_reason: Option<String>,
    /// Notes of the administrator.
    pub lock_notes: Option<String>,
    /// Who froze it.
    pub locked_by: Option<String>,
    /// When it was frozen.
    pub locked_at: Option<Col<Timestamp>>,
    /// Who decided last.
    pub reviewed_by: Option<String>,
    /// When.
    pub reviewed_at: Option<Col<Timestamp>>,
    /// Notes of that administrator.
    pub review_notes: Option<String>,
    /// Stable code of the refusal.
    pub denial_code: Option<String>,
    /// Sentence for the person.
    pub denial_reason: Option<String>,
    /// Last login.
    pub last_login_at: Option<Col<Timestamp>>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
