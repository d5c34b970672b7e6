//! Administrators: signing in, and who there is.

use serde::{Deserialize, Serialize};

use crate::api::identity::Transport;
use crate::{AdminId, AdminRole, Timestamp};

/// `POST /api/v1/admin/auth/login`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminLoginRequest {
    /// User name or e-mail address; upper and lower case are the same.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 254))]
    pub username: String,
    /// The password.
    #[cfg_attr(feature = "openapi", schema(format = "password", min_length = 1, max_length = 128))]
    pub password: String,
    /// Tokens unless asked otherwise.
    #[serde(default)]
    pub transport: Transport,
    /// What the program knows the device by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub device_fingerprint: Option<String>,
}

/// Signed in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminSessionGranted {
    /// Access token (transport `token` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Refresh token (transport `token` only); good once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What unsafe requests send as `x-csrf-token` (transport `cookie` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<String>,
    /// Life of the access token, seconds.
    pub expires_in: u64,
    /// Who signed in.
    pub admin: AdminSummary,
}

/// `POST /api/v1/admin/auth/password/change`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeAdminPasswordRequest {
    /// The present password.
    #[cfg_attr(feature = "openapi", schema(format = "password", min_length = 1, max_length = 254))]
    pub current_password: String,
    /// The new one: 12 to 128 characters with upper and lower case, a digit and a special character.
    #[cfg_attr(feature = "openapi", schema(format = "password", min_length = 12, max_length = 128))]
    pub new_password: String,
    /// The new one again.
    #[cfg_attr(feature = "openapi", schema(format = "password", min_length = 12, max_length = 128))]
    pub confirm_password: String,
}

/// The password is right; a code comes next, at `POST /api/v1/admin/auth/mfa/verify`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminSecondStep {
    /// Always true.
    pub requires_mfa: bool,
    /// Always `totp`.
    pub mfa_method: String,
    /// What the second step presents; good once.
    pub mfa_token: String,
    /// Life of the token, seconds.
    pub expires_in: u64,
}

/// `POST /api/v1/admin/auth/mfa/verify`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminMfaVerify {
    /// What the first step answered.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub mfa_token: String,
    /// Six digits of the app, or a backup code.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 32))]
    pub code: String,
}

/// `POST /api/v1/admin/auth/mfa/enable`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminMfaCode {
    /// The first code of the app.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 32))]
    pub code: String,
}

/// `POST /api/v1/admin/auth/mfa/disable`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminMfaDisable {
    /// The password.
    #[cfg_attr(feature = "openapi", schema(format = "password", min_length = 1, max_length = 254))]
    pub password: String,
    /// Six digits of the app, or a backup code.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 32))]
    pub code: String,
}

/// A new secret for an app; shown once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminMfaSetup {
    /// The secret in base32, to be typed where no camera is.
    pub secret: String,
    /// `otpauth://` address.
    pub uri: String,
    /// The address as a QR picture, an `<svg>` element.
    pub qr_svg: String,
}

/// Codes that stand in for a lost device, each once; shown once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminBackupCodes {
    /// Ten codes.
    pub backup_codes: Vec<String>,
}

/// A session of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminSessionView {
    /// The session.
    pub id: crate::SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// How it travels.
    pub transport: crate::SessionTransport,
    /// From which address it was begun.
    pub ip: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// Whether the second factor was shown.
    pub second_factor: bool,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// `GET /api/v1/admin/auth/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminSessions {
    /// The newest first.
    pub sessions: Vec<AdminSessionView>,
}

/// `POST /api/v1/admin/auth/logout-all`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminSessionsEnded {
    /// How many.
    pub revoked_count: u64,
}

/// An administrator in brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminSummary {
    /// The administrator.
    pub id: AdminId,
    /// User name.
    pub username: String,
    /// Name for people.
    pub display_name: String,
    /// Role.
    pub role: AdminRole,
}

/// `GET /api/v1/admin/auth/profile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminProfile {
    /// The administrator.
    pub id: AdminId,
    /// User name.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// Name for people.
    pub display_name: String,
    /// Role.
    pub role: AdminRole,
    /// Last login.
    pub last_login_at: Option<Timestamp>,
    /// Whether the password must be changed before anything else.
    pub require_password_change: bool,
    /// Whether a second factor is on.
    #[serde(default)]
    pub mfa_enabled: bool,
    /// Whether a second factor must be set up before anything else.
    #[serde(default)]
    pub require_mfa_setup: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// The codes of what this role may do.
    pub permissions: Vec<String>,
}

/// An administrator, as other administrators see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminView {
    /// The administrator.
    pub id: AdminId,
    /// User name.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// Name for people.
    pub display_name: String,
    /// Role.
    pub role: AdminRole,
    /// Whether the account may be used.
    pub is_active: bool,
    /// Last login.
    pub last_login_at: Option<Timestamp>,
    /// The block in which the ledger appointed them, as a decimal string.
    pub appointed_block: Option<String>,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// `POST /api/v1/admin/admins`: has an administrator appointed on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppointAdminRequest {
    /// Who; the account exists already.
    pub new_admin_id: AdminId,
}
