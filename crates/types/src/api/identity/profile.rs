//! A person's own profile.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{BirthDate, CountryCode, Gender, GxId, OnchainStatus, PersonStatus, ProfileId, Timestamp};

/// What a change request says about a field: absent keeps it, `null` clears it, a value sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// The field is absent.
    #[default]
    Keep,
    /// The field is `null`.
    Clear,
    /// The field has a value.
    Set(T),
}

impl<T> Change<T> {
    /// Whether the field is absent.
    #[must_use]
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The new value, when there is one to set or clear.
    #[must_use]
    pub fn as_update(&self) -> Option<Option<&T>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

macro_rules! employment {
    ($($(#[$doc:meta])* $variant:ident = $text:tt),* $(,)?) => {
        /// What a person does for a living.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum EmploymentStatus {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl EmploymentStatus {
            /// The one spelling of API and database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The status of that spelling.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

employment! {
    /// Works for somebody.
    Employed = "EMPLOYED",
    /// Works for oneself.
    SelfEmployed = "SELF_EMPLOYED",
    /// Looks for work.
    Unemployed = "UNEMPLOYED",
    /// Studies.
    Student = "STUDENT",
    /// Has worked.
    Retired = "RETIRED",
    /// Keeps a household.
    Homemaker = "HOMEMAKER",
    /// Anything else.
    Other = "OTHER",
}

// Each field with its type, its name in JSON, and its type as the document shows it: what everybody has cannot be cleared.
macro_rules! profile_patch {
    ($($(#[$doc:meta])* $field:ident: $inner:ty as $json:tt $(or $other:tt)?, $shown:ty;)*) => {
        /// `PATCH /api/v1/users/{id}`: only the fields present change; `null` clears an optional one.
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct ProfilePatch {
            $(
                $(#[$doc])*
                #[serde(default, rename = $json, $(alias = $other,)? skip_serializing_if = "Change::is_keep")]
                #[cfg_attr(feature = "openapi", schema(value_type = $shown, required = false))]
                pub $field: Change<$inner>,
            )*
            /// Refused here by name: it is changed with codes sent to the old and the new address.
            #[serde(default, skip_serializing_if = "Change::is_keep")]
            #[cfg_attr(feature = "openapi", schema(ignore))]
            pub email: Change<String>,
            /// Refused here by name: it is changed with codes sent to the old and the new number.
            #[serde(default, rename = "phoneNum", skip_serializing_if = "Change::is_keep")]
            #[cfg_attr(feature = "openapi", schema(ignore))]
            pub phone_num: Change<String>,
        }
    };
}

profile_patch! {
    /// Given name. Identity field: locked once submitted.
    first_name: String as "firstName", String;
    /// Middle name. Identity field.
    middle_name: String as "middleName", Option<String>;
    /// Family name. Identity field.
    last_name: String as "lastName", String;
    /// `YYYY-MM-DD`. Identity field.
    date_of_birth: String as "dateOfBirth", String;
    /// `MALE` or `FEMALE`. Identity field.
    gender: String as "gender", String;
    /// Place of birth. Identity field.
    place_of_birth: String as "placeOfBirth", Option<String>;
    /// Nationality. Identity field.
    nationality_country_code: String as "nationalityCountryCode", String;
    /// Number of the national identity card; `identityNum` is another name for it. Identity field.
    national_id_number: String as "nationalIdNumber" or "identityNum", Option<String>;
    /// `YYYY-MM-DD`. Identity field.
    national_id_issued_at: String as "nationalIdIssuedAt", Option<String>;
    /// `YYYY-MM-DD`. Identity field.
    national_id_expires_at: String as "nationalIdExpiresAt", Option<String>;
    /// Number of the passport. Identity field.
    passport_number: String as "passportNumber", Option<String>;
    /// Country that issued the passport. Identity field.
    passport_issuing_country: String as "passportIssuingCountry", Option<String>;
    /// `YYYY-MM-DD`. Identity field.
    passport_issued_at: String as "passportIssuedAt", Option<String>;
    /// `YYYY-MM-DD`. Identity field.
    passport_expires_at: String as "passportExpiresAt", Option<String>;
    /// What the person does for a living.
    employment_status: EmploymentStatus as "employmentStatus", Option<EmploymentStatus>;
    /// Job title.
    job_title: String as "jobTitle", Option<String>;
    /// Employer.
    company_name: String as "companyName", Option<String>;
    /// Line of business.
    industry: String as "industry", Option<String>;
    /// E-mail address at work.
    work_email: String as "workEmail", Option<String>;
    /// Phone number at work, E.164.
    work_phone_num: String as "workPhoneNum", Option<String>;
    /// Whether the person is politically exposed.
    is_pep: bool as "isPEP", bool;
    /// In which way.
    pep_details: String as "pepDetails", Option<String>;
    /// First line of the address; an address has this, a city and a country.
    address_line1: String as "addressLine1", Option<String>;
    /// Second line of the address.
    address_line2: String as "addressLine2", Option<String>;
    /// City.
    city: String as "city", Option<String>;
    /// State or province.
    state_province: String as "stateProvince", Option<String>;
    /// Postal code.
    postal_code: String as "postalCode", Option<String>;
    /// Country of the address.
    address_country: String as "addressCountry", Option<String>;
}

/// `GET` and `PATCH /api/v1/users/{id}` answer the profile as it is now.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileReply {
    /// The profile.
    pub user: ProfileView,
}

/// Where a person lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Address {
    /// First line.
    pub address_line1: String,
    /// Second line.
    pub address_line2: Option<String>,
    /// City.
    pub city: String,
    /// State or province.
    pub state_province: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country_code: CountryCode,
}

/// A person's whole profile, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileView {
    /// The person's id.
    pub profile_id: ProfileId,
    /// E-mail address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Family name.
    pub last_name: String,
    /// Phone number, E.164.
    pub phone_num: Option<String>,
    /// `YYYY-MM-DD`.
    pub date_of_birth: BirthDate,
    /// Gender.
    pub gender: Gender,
    /// Place of birth.
    pub place_of_birth: Option<String>,
    /// Nationality.
    pub nationality_country_code: CountryCode,
    /// Nationality in words.
    pub nationality_country_name: Option<String>,
    /// Number of the national identity card.
    pub national_id_number: Option<String>,
    /// `YYYY-MM-DD`.
    pub national_id_issued_at: Option<String>,
    /// `YYYY-MM-DD`.
    pub national_id_expires_at: Option<String>,
    /// Number of the passport.
    pub passport_number: Option<String>,
    /// Country that issued the passport.
    pub passport_issuing_country: Option<CountryCode>,
    /// `YYYY-MM-DD`.
    pub passport_issued_at: Option<String>,
    /// `YYYY-MM-DD`.
    pub passport_expires_at: Option<String>,
    /// The national identity number once more, under its older name.
    pub identity_num: Option<String>,
    /// What the person does for a living.
    pub employment_status: Option<EmploymentStatus>,
    /// Job title.
    pub job_title: Option<String>,
    /// Employer.
    pub company_name: Option<String>,
    /// Line of business.
    pub industry: Option<String>,
    /// E-mail address at work.
    pub work_email: Option<String>,
    /// Phone number at work, E.164.
    pub work_phone_num: Option<String>,
    /// Whether the person is politically exposed.
    #[serde(rename = "isPEP")]
    pub is_pep: bool,
    /// In which way.
    pub pep_details: Option<String>,
    /// Where the person lives.
    pub address: Option<Address>,
    /// Whether an admin has frozen the account.
    pub is_locked: bool,
    /// Why.
    pub lock_reason: Option<String>,
    /// Since when.
    pub locked_at: Option<Timestamp>,
    /// When documents were last reviewed.
    pub reviewed_at: Option<Timestamp>,
    /// Why the person was denied, as a code where there is one (`DOCUMENT_ALREADY_USED`).
    pub denial_code: Option<String>,
    /// Why the person was denied, by an admin or by the ledger.
    pub denial_reason: Option<String>,
    /// The id on the ledger, once approved.
    pub fabric_user_id: Option<GxId>,
    /// What the ledger says.
    pub onchain_status: OnchainStatus,
    /// When the ledger registered the person.
    pub onchain_registered_at: Option<Timestamp>,
    /// What the office says.
    pub status: PersonStatus,
    /// Whether identity fields and documents may be changed now.
    pub identity_editable: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_keeps_null_clears_and_a_value_sets() {
        let patch: ProfilePatch = serde_json::from_str(r#"{"jobTitle":null,"city":"Paris","isPEP":true}"#).unwrap();
        assert_eq!(patch.job_title, Change::Clear);
        assert_eq!(patch.city, Change::Set("Paris".to_owned()));
        assert_eq!(patch.is_pep, Change::Set(true));
        assert_eq!(patch.first_name, Change::Keep);
        assert_eq!(serde_json::to_string(&patch).unwrap(), r#"{"jobTitle":null,"isPEP":true,"city":"Paris"}"#);
        assert!(serde_json::from_str::<ProfilePatch>(r#"{"status":"ACTIVE"}"#).is_err());
    }
}
