//! Registrations under way. Owner: identity.

use gx_types::{BirthDate, CountryCode, Gender, ProfileId, RegistrationId, RegistrationStep, Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `pending_registrations`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pending_registrations")]
pub struct Model {
    /// The registration.
    #[sea_orm(primary_key, auto_increment = false)]
    pub registration_id: Col<RegistrationId>,
    /// SHA-256 of the secret that lets its holder, and nobody else, go on with it.
    pub secret_hash: Option<Col<Sha256Hex>>,
    /// How far it has come.
    pub step: Col<RegistrationStep>,
    /// E-mail address as typed.
    pub email: String,
    /// E-mail address in the form that is compared.
    pub email_normalised: String,
    /// Hash of the code sent last.
    pub email_code_hash: Option<String>,
    /// Until when that code holds.
    pub email_code_expires_at: Option<Col<Timestamp>>,
    /// Wrong tries; a new code does not reset them.
    pub email_code_tries: i64,
    /// Codes sent.
    pub email_codes_sent: i64,
    /// When the address was confirmed.
    pub email_verified_at: Option<Col<Timestamp>>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// ISO 3166 alpha-2 code.
    pub country_code: Option<Col<CountryCode>>,
    /// Birth date, `YYYY-MM-DD`.
    pub date_of_birth: Option<Col<BirthDate>>,
    /// Gender.
    pub gender: Option<Col<Gender>>,
    /// Argon2id hash.
    pub password_hash: Option<String>,
    /// Phone number in international form.
    pub phone_num: Option<String>,
    /// Hash of the code sent last.
    pub phone_code_hash: Option<String>,
    /// Until when that code holds.
    pub phone_code_expires_at: Option<Col<Timestamp>>,
    /// Wrong tries; a new code does not reset them.
    pub phone_code_tries: i64,
    /// Codes sent.
    pub phone_codes_sent: i64,
    /// When the number was confirmed.
    pub phone_verified_at: Option<Col<Timestamp>>,
    /// Trusted peer address.
    pub ip: Option<String>,
    /// User agent as sent.
    pub user_agent: Option<String>,
    /// The person it became.
    pub profile_id: Option<Col<ProfileId>>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
    /// Until when it holds.
    pub expires_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
