//! The registration wizard.
//!
//! Starting answers a `registrationToken` beside the `registrationId`. The token is the only key to the registration:
//! whoever knows the e-mail address or the id alone learns nothing and changes nothing. Every later step carries both,
//! reading the state carries the token in the header [`REGISTRATION_TOKEN_HEADER`].

use serde::{Deserialize, Serialize};

use super::{Transport, UserSummary};
use crate::{BirthDate, CountryCode, Gender, RegistrationId, RegistrationStep, Timestamp};

/// The header that carries the registration's token when its state is read.
pub const REGISTRATION_TOKEN_HEADER: &str = "x-registration-token";

/// Step 1: `POST /api/v1/registration/email`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRequest {
    /// The e-mail address, at most 254 characters.
    #[cfg_attr(feature = "openapi", schema(format = "email", example = "ada@example.org"))]
    pub email: String,
}

/// A registration has begun and a code is on its way. Says the same whether or not the address has an account: the mail
/// itself tells its owner.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationStarted {
    /// Always true; failures are problems.
    pub success: bool,
    /// Names the registration.
    pub registration_id: RegistrationId,
    /// The secret that opens the registration; shown once, kept by the client.
    pub registration_token: String,
    /// How far it has come.
    pub current_step: RegistrationStep,
    /// For people.
    pub message: String,
    /// When the code expires.
    pub code_expires_at: Timestamp,
    /// When the registration expires.
    pub expires_at: Timestamp,
}

/// Step 2: `POST /api/v1/registration/email/verify`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyEmailRequest {
    /// From step 1.
    pub registration_id: RegistrationId,
    /// From step 1.
    pub registration_token: String,
    /// The six digits of the code; spaces are dropped.
    #[cfg_attr(feature = "openapi", schema(pattern = "^ *([0-9] *){6}$", example = "123456"))]
    pub otp: String,
}

/// Steps 2b and 7b: `POST /api/v1/registration/email/resend` and `…/phone/resend`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResendRequest {
    /// From step 1.
    pub registration_id: RegistrationId,
    /// From step 1.
    pub registration_token: String,
}

/// Step 3: `POST /api/v1/registration/name-country`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NameCountryRequest {
    /// From step 1.
    pub registration_id: RegistrationId,
    /// From step 1.
    pub registration_token: String,
    /// Given name: letters of any script.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 50))]
    pub first_name: String,
    /// Family name: letters of any script.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 50))]
    pub last_name: String,
    /// One of the countries of `GET /api/v1/countries`.
    #[cfg_attr(feature = "openapi", schema(min_length = 2, example = "GB"))]
    pub country_code: String,
}

/// Step 4: `POST /api/v1/registration/dob-gender`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DobGenderRequest {
    /// From step 1.
    pub registration_id: RegistrationId,
    /// From step 1.
    pub registration_token: String,
    /// `YYYY-MM-DD`.
    #[cfg_attr(feature = "openapi", schema(format = "date", min_length = 10, example = "1990-03-15"))]
    pub date_of_birth: String,
    /// `MALE` or `FEMALE`.
    #[cfg_attr(feature = "openapi", schema(min_length = 4, example = "FEMALE"))]
    pub gender: String,
}

/// Step 5: `POST /api/v1/registration/password`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordRequest {
    /// From step 1.
    pub registration_id: RegistrationId,
    /// From step 1.
    pub registration_token: String,
    /// 8 to 128 characters with upper case, lower case and a digit.
    #[cfg_attr(
        feature = "openapi",
        schema(format = "password", min_length = 8, max_length = 128, example = "Correct-Horse-7")
    )]
    pub password: String,
    /// The same again.
    #[cfg_attr(
        feature = "openapi",
        schema(format = "password", min_length = 8, max_length = 128, example = "Correct-Horse-7")
    )]
    pub confirm_password: String,
}

/// Step 6: `POST /api/v1/registration/phone`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhoneRequest {
    /// From step 1.
    pub registration_id: RegistrationId,
    /// From step 1.
    pub registration_token: String,
    /// The number with its country code, E.164.
    #[cfg_attr(feature = "openapi", schema(min_length = 7, example = "+447700900123"))]
    pub phone_num: String,
}

/// Step 7: `POST /api/v1/registration/phone/verify`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyPhoneRequest {
    /// From step 1.
    pub registration_id: RegistrationId,
    /// From step 1.
    pub registration_token: String,
    /// The six digits of the code; spaces are dropped.
    #[cfg_attr(feature = "openapi", schema(pattern = "^ *([0-9] *){6}$", example = "123456"))]
    pub otp: String,
    /// How the first session is carried; tokens unless asked otherwise.
    #[serde(default)]
    pub transport: Transport,
}

/// A step is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepReply {
    /// Always true; failures are problems.
    pub success: bool,
    /// Names the registration.
    pub registration_id: RegistrationId,
    /// How far it has come.
    pub current_step: RegistrationStep,
}

/// A code is on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeSent {
    /// Always true; failures are problems.
    pub success: bool,
    /// Names the registration.
    pub registration_id: RegistrationId,
    /// How far it has come.
    pub current_step: RegistrationStep,
    /// For people.
    pub message: String,
    /// When the code expires.
    pub code_expires_at: Timestamp,
}

/// Steps 3 and 4: the step is done, and whether the person will get a genesis grant. Before the birth date is known
/// `genesisEligible` and `eligibilityMessage` are absent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EligibilityReply {
    /// Always true; failures are problems.
    pub success: bool,
    /// Names the registration.
    pub registration_id: RegistrationId,
    /// How far it has come.
    pub current_step: RegistrationStep,
    /// Whether age and country allow a genesis grant as things stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genesis_eligible: Option<bool>,
    /// The same for people, with the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eligibility_message: Option<String>,
}

/// How hard a password is to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PasswordStrength {
    /// Meets the rules, no more.
    Weak,
    /// Longer or more varied.
    Medium,
    /// Long and varied.
    Strong,
}

/// Step 5 is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordReply {
    /// Always true; failures are problems.
    pub success: bool,
    /// Names the registration.
    pub registration_id: RegistrationId,
    /// How far it has come.
    pub current_step: RegistrationStep,
    /// How hard the password is to guess.
    pub password_strength: PasswordStrength,
}

/// Step 7 is done: the account exists and its owner is signed in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationCompleted {
    /// Always true; failures are problems.
    pub success: bool,
    /// For people.
    pub message: String,
    /// How far it has come: complete.
    pub current_step: RegistrationStep,
    /// Access token (transport `token` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Refresh token (transport `token` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What unsafe requests send as `x-csrf-token` (transport `cookie` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
    /// Life of the access token, seconds.
    pub expires_in: u64,
    /// The new person.
    pub user: UserSummary,
}

/// `GET /api/v1/registration/{registrationId}`: resumes a registration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationReply {
    /// Always true; failures are problems.
    pub success: bool,
    /// The registration.
    pub data: RegistrationView,
}

/// A registration as its owner sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationView {
    /// Names the registration.
    pub registration_id: RegistrationId,
    /// How far it has come.
    pub current_step: RegistrationStep,
    /// The e-mail address as typed.
    pub email: String,
    /// Whether its code was entered.
    pub email_verified: bool,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<CountryCode>,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<BirthDate>,
    /// Gender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Whether age and country allow a genesis grant as things stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genesis_eligible: Option<bool>,
    /// The same for people, with the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eligibility_message: Option<String>,
    /// Phone number, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_num: Option<String>,
    /// Whether its code was entered.
    pub phone_verified: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_with_a_field_nobody_knows_is_refused() {
        assert!(serde_json::from_str::<StartRequest>(r#"{"email":"a@b.cd","role":"admin"}"#).is_err());
    }
}
