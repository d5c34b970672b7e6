//! How people protect their accounts: second factor, PIN, password, sessions, contact details, closing. And what
//! payments take along when they need more than a session.

use serde::{Deserialize, Serialize};

use crate::api::identity::Transport;
#[cfg(feature = "openapi")]
use crate::qirat::openapi::FeeTyped;
use crate::{ContactChangeId, Qirat, SessionId, SessionTransport, Timestamp};

/// What proves that it is really the person who pays: exactly one of the three.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepUp {
    /// The PIN, six digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub pin: Option<String>,
    /// For people without a PIN: the code of their app, or a backup code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub code: Option<String>,
    /// What `POST /api/v1/auth/step-up` gave for one of the others, in this session, within five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub grant: Option<String>,
}

impl std::fmt::Debug for StepUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StepUp([redacted])")
    }
}

/// `POST /api/v1/auth/step-up`: a grant.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepUpGranted {
    /// What payments of this session send as `stepUp.grant`.
    pub grant: String,
    /// How long it holds, seconds.
    pub expires_in: u64,
}

/// The password was right; a code comes next.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorNeeded {
    /// What the second step sends along; good for that alone, and once.
    pub ticket: String,
    /// How long the second step may take, seconds.
    pub expires_in: u64,
}

/// The second step of a login.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactorRequest {
    /// The ticket of the first step.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub ticket: String,
    /// Six digits of the app, or a backup code.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub code: String,
    /// Tokens unless asked otherwise.
    #[serde(default)]
    pub transport: Transport,
}

/// The present password, to confirm something.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordConfirmation {
    /// The present password.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub password: String,
}

/// The present password and a code of the second factor.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordAndCode {
    /// The present password.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub password: String,
    /// Six digits of the app, or a backup code. Needed while two-step sign-in is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub code: Option<String>,
}

/// A new TOTP secret, shown once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TotpSetupReply {
    /// The secret in base32.
    pub secret: String,
    /// `otpauth://` address.
    pub uri: String,
    /// The address as a QR code, an `<svg>` element.
    pub qr_svg: String,
    /// How long it waits for its first code, seconds.
    pub expires_in: u64,
}

/// The first code of a new secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TotpConfirmRequest {
    /// Six digits of the app.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub code: String,
}

/// Backup codes, shown once; each is good once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BackupCodesReply {
    /// Ten codes, `ABCDE-FGHJK`.
    pub backup_codes: Vec<String>,
}

/// A PIN to set, or to put in the place of the old one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetPinRequest {
    /// The present password.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub password: String,
    /// A code of the second factor; needed while two-step sign-in is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub code: Option<String>,
    /// Six digits, none that others would try first.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub pin: String,
}

/// From which amount payments must be confirmed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepUpAmountRequest {
    /// The present password.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub password: String,
    /// Qirat; `0` for every payment, at most the platform's amount; absent for the platform's amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<FeeTyped>))]
    pub amount: Option<Qirat>,
}

/// `POST /api/v1/auth/password/change`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePasswordRequest {
    /// The present password.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub current_password: String,
    /// The new one.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub new_password: String,
    /// The new one again.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub confirm_password: String,
}

/// `POST /api/v1/auth/password/forgot`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForgotPasswordRequest {
    /// The e-mail address of the account.
    #[cfg_attr(feature = "openapi", schema(format = "email"))]
    pub email: String,
}

/// `POST /api/v1/auth/password/reset`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResetPasswordRequest {
    /// What the mail carries.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub token: String,
    /// The new password.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub new_password: String,
    /// The new password again.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub confirm_password: String,
}

/// How the second factor stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TotpView {
    /// Whether signing in takes a code.
    pub on: bool,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Backup codes that are unused.
    pub backup_codes_left: u64,
}

/// How the PIN stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PinView {
    /// Whether there is one.
    pub on: bool,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Until when it is locked after wrong tries.
    pub locked_until: Option<Timestamp>,
}

/// `GET /api/v1/security`: how the account is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecurityView {
    /// Two-step sign-in.
    pub totp: TotpView,
    /// The PIN.
    pub pin: PinView,
    /// Payments from this amount on must be confirmed.
    pub step_up_amount: Qirat,
    /// Whether the person has set that amount.
    pub step_up_own: bool,
    /// The platform's amount.
    pub step_up_default: Qirat,
    /// When the password was last changed; none since the account was made.
    pub password_changed_at: Option<Timestamp>,
}

/// A session of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// The session.
    pub session_id: SessionId,
    /// What the person calls the device, else program and system as the device tells them.
    pub device_name: String,
    /// Whether the person gave it that name.
    pub named: bool,
    /// Browser or program.
    pub transport: SessionTransport,
    /// From where it was begun: the network of the address, not the whole address; where in the world that is, is not
    /// known here.
    pub place: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last seen, to about five minutes.
    pub last_seen_at: Timestamp,
    /// Until when it holds at most.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `GET /api/v1/security/sessions`, the one that asks first, then by last use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionsReply {
    /// The sessions that hold, a hundred at most.
    pub sessions: Vec<SessionView>,
}

/// A name for a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenameDeviceRequest {
    /// 1–60 characters; empty takes the name back.
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub name: String,
}

/// How many sessions were ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionsEnded {
    /// So many.
    pub ended: u64,
}

/// A new e-mail address.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeEmailRequest {
    /// The present password.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub password: String,
    /// The new address.
    #[cfg_attr(feature = "openapi", schema(format = "email"))]
    pub new_email: String,
}

/// A new phone number.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePhoneRequest {
    /// The present password.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub password: String,
    /// The new number with its country code.
    pub new_phone: String,
    /// The old number cannot be reached any more: the code for the present owner goes to the e-mail address.
    #[serde(default)]
    pub old_phone_lost: bool,
}

/// Codes are on their way to both sides.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactChangeStarted {
    /// The change.
    pub change_id: ContactChangeId,
    /// Where the code for the present owner went, masked.
    pub old_code_to: String,
    /// Where the other code went.
    pub new_code_to: String,
    /// Until when the codes are good.
    pub expires_at: Timestamp,
}

/// Both codes of a change.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmContactRequest {
    /// The change.
    pub change_id: ContactChangeId,
    /// The code for the present owner.
    pub old_code: String,
    /// The code that went to the new address or number.
    pub new_code: String,
}

/// «That was not me», from the mail to the old address.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ObjectionRequest {
    /// What the mail carries.
    #[cfg_attr(feature = "openapi", schema(format = "password"))]
    pub token: String,
}

/// The account is closed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountClosedReply {
    /// What happens to what is kept.
    pub message: String,
    /// What is kept, and why, one sentence each.
    pub kept: Vec<String>,
}

/// A picture of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AvatarView {
    /// `image/jpeg` or `image/png`, by its content.
    pub mime_type: String,
    /// Size, bytes.
    pub size_bytes: u64,
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}
