//! Signing in and out.

use serde::{Deserialize, Serialize};

use crate::{CountryCode, OnchainStatus, PersonStatus, ProfileId, SessionTransport, Timestamp};

/// How a session is carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Transport {
    /// Access and refresh token in the body, for programs.
    #[default]
    Token,
    /// An `HttpOnly` cookie and a CSRF token, for browsers.
    Cookie,
}

impl From<Transport> for SessionTransport {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Token => Self::Token,
            Transport::Cookie => Self::Cookie,
        }
    }
}

/// `POST /api/v1/auth/login`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginRequest {
    /// The e-mail address; upper and lower case are the same.
    #[cfg_attr(feature = "openapi", schema(format = "email"))]
    pub email: String,
    /// The password.
    #[cfg_attr(feature = "openapi", schema(format = "password", min_length = 1))]
    pub password: String,
    /// Tokens unless asked otherwise.
    #[serde(default)]
    pub transport: Transport,
}

/// Signed in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionGranted {
    /// Access token (transport `token` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Refresh token (transport `token` only); good once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What unsafe requests send as `x-csrf-token` (transport `cookie` only).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
    /// Life of the access token, seconds.
    pub expires_in: u64,
    /// Who signed in.
    pub user: UserSummary,
}

/// `POST /api/v1/auth/refresh`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefreshRequest {
    /// The newest refresh token of the session. Sending an older one ends the session.
    pub refresh_token: String,
}

/// New tokens of a session; the refresh token that was sent is spent.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenPair {
    /// Access token.
    pub access_token: String,
    /// Refresh token; good once.
    pub refresh_token: String,
    /// Life of the access token, seconds.
    pub expires_in: u64,
}

/// `POST /api/v1/auth/logout`: ends the session of the request, or the one of the refresh token.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogoutRequest {
    /// For programs whose access token has run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// A sentence for people.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// The sentence.
    pub message: String,
}

/// A person in brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserSummary {
    /// The person's id.
    pub profile_id: ProfileId,
    /// E-mail address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Phone number, E.164.
    pub phone_num: Option<String>,
    /// Number of the national identity card, as the person typed it.
    pub identity_num: Option<String>,
    /// What the office says.
    pub status: PersonStatus,
    /// What the ledger says.
    pub onchain_status: OnchainStatus,
    /// Nationality.
    pub nationality_country_code: CountryCode,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
