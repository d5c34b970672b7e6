//! The words of the audit chain: what can happen, and to what.
//!
//! **A new event:** one line in the table below, and `gx_store::audit::append` in the transaction of what it tells of. A
//! member is never taken out: the chain keeps what was written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{AdminId, ApprovalId, CommandId, CountryCode, DocumentId, ProfileId, SessionId, WebhookId};

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum AuditCategory {
    /// Signing in and out, sessions, passwords, second factors.
    Security,
    /// People: their registration and their account.
    People,
    /// Administrators, their roles and approvals.
    Control,
    /// The system and the ledger.
    System,
    /// Reading and exporting what is confidential.
    Access,
}

/// How closely an event should be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum AuditSeverity {
    /// Everyday work.
    Low,
    /// Changes what somebody may do.
    Medium,
    /// Touches coins, the whole system, or looks like an attack.
    High,
}

// `$text` is a `tt` for utoipa's sake, as in `error_code`.
macro_rules! audit_events {
    ($($variant:ident = $text:tt, $category:ident, $severity:ident, $label:literal;)*) => {
        /// What happened. One closed set; each member has its category, severity and a plain sentence.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum AuditEvent {
            $(#[doc = $label] #[serde(rename = $text)] $variant,)*
        }

        impl AuditEvent {
            /// Every member, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one spelling used by API, database and pages.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it is about.
            #[must_use]
            pub const fn category(self) -> AuditCategory {
                match self { $(Self::$variant => AuditCategory::$category,)* }
            }

            /// How closely it should be looked at.
            #[must_use]
            pub const fn severity(self) -> AuditSeverity {
                match self { $(Self::$variant => AuditSeverity::$severity,)* }
            }

            /// One plain sentence.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }
    };
}

audit_events! {
    // Administrators signing in and out.
    AdminSignedIn = "ADMIN_SIGNED_IN", Security, Low, "An administrator signed in.";
    AdminSignInFailed = "ADMIN_SIGN_IN_FAILED", Security, Medium, "Signing in as an administrator failed.";
    AdminLockedOut = "ADMIN_LOCKED_OUT", Security, High, "An administrator's name was locked after too many failures.";
    AdminSignedOut = "ADMIN_SIGNED_OUT", Security, Low, "An administrator signed out.";
    AdminTokenReused = "ADMIN_TOKEN_REUSED", Security, High, "A spent refresh token of an administrator was presented; the session was ended.";
    AdminPasswordChanged = "ADMIN_PASSWORD_CHANGED", Security, Medium, "An administrator changed their password.";

    AdminMfaEnabled = "ADMIN_MFA_ENABLED", Security, Medium, "An administrator switched a second factor on.";
    AdminMfaDisabled = "ADMIN_MFA_DISABLED", Security, High, "An administrator switched their second factor off.";

    // People protecting their accounts. What people do is told by `gx_platform::SecurityNote`, beside the notice.
    PersonSignedIn = "PERSON_SIGNED_IN", Security, Low, "A person signed in.";
    PersonSignInFailed = "PERSON_SIGN_IN_FAILED", Security, Medium, "Somebody gave a wrong password or code for a person's account.";
    PersonLockedOut = "PERSON_LOCKED_OUT", Security, High, "A person's address was locked after too many wrong passwords.";
    PersonSignedOut = "PERSON_SIGNED_OUT", Security, Low, "A person signed out, or ended a session of theirs.";
    PersonTokenReused = "PERSON_TOKEN_REUSED", Security, High, "A spent refresh token of a person was presented; the session was ended.";
    PersonNewDevice = "PERSON_NEW_DEVICE", Security, Medium, "A person signed in from a device that was not used before.";
    PersonPasswordChanged = "PERSON_PASSWORD_CHANGED", Security, Medium, "A person changed their password; their other sessions were ended.";
    PersonPasswordReset = "PERSON_PASSWORD_RESET", Security, High, "A person's password was set anew by mail; their sessions were ended.";
    PersonTotpEnabled = "PERSON_TOTP_ENABLED", Security, Medium, "A person switched two-step sign-in on.";
    PersonTotpDisabled = "PERSON_TOTP_DISABLED", Security, High, "A person switched two-step sign-in off.";
    PersonBackupCodesReplaced = "PERSON_BACKUP_CODES_REPLACED", Security, Medium, "A person had new backup codes made.";
    PersonBackupCodeUsed = "PERSON_BACKUP_CODE_USED", Security, Medium, "One of a person's backup codes was used.";
    PersonSecondFactorLocked = "PERSON_SECOND_FACTOR_LOCKED", Security, High, "A person's codes were locked after too many wrong ones.";
    PersonPinSet = "PERSON_PIN_SET", Security, Medium, "A person set a PIN.";
    PersonPinChanged = "PERSON_PIN_CHANGED", Security, Medium, "A person changed their PIN.";
    PersonPinRemoved = "PERSON_PIN_REMOVED", Security, High, "A person removed their PIN.";
    PersonPinLocked = "PERSON_PIN_LOCKED", Security, High, "A person's PIN was locked after too many wrong ones.";
    PersonStepUpChanged = "PERSON_STEP_UP_CHANGED", Security, Medium, "A person changed from which amount on payments must be confirmed.";
    PersonLimitRaised = "PERSON_LIMIT_RAISED", Security, Medium, "A person asked for a higher limit on their payments, or for none.";
    PersonEmailChanged = "PERSON_EMAIL_CHANGED", Security, High, "A person's e-mail address was changed.";
    PersonPhoneChanged = "PERSON_PHONE_CHANGED", Security, High, "A person's phone number was changed.";
    PersonContactObjected = "PERSON_CONTACT_OBJECTED", Security, High, "A change of e-mail address was taken back from the old one; the person's sessions were ended.";
    PersonClosed = "PERSON_CLOSED", Security, High, "A person closed their account.";

    // Administrators themselves.
    AdminCreated = "ADMIN_CREATED", Control, High, "An administrator was made.";
    AdminAppointed = "ADMIN_APPOINTED", Control, High, "The ledger was asked to record an administrator.";

    AdminRoleChanged = "ADMIN_ROLE_CHANGED", Control, High, "An administrator's role was changed.";
    AdminDisabled = "ADMIN_DISABLED", Control, High, "An administrator was shut out.";
    AdminEnabled = "ADMIN_ENABLED", Control, High, "An administrator who had been shut out was let in again.";
    AdminMfaReset = "ADMIN_MFA_RESET", Control, High, "An administrator's second factor was taken away.";
    ApprovalRequested = "APPROVAL_REQUESTED", Control, Medium, "An administrator asked for something that a second person approves.";
    ApprovalApproved = "APPROVAL_APPROVED", Control, High, "A second person approved what another had asked for.";
    ApprovalRejected = "APPROVAL_REJECTED", Control, Medium, "A second person refused what another had asked for.";
    ApprovalCancelled = "APPROVAL_CANCELLED", Control, Low, "An administrator took back what they had asked for.";
    ApprovalExpired = "APPROVAL_EXPIRED", Control, Low, "The time for an approval was up; what it held is free.";
    ApprovalExecutionFailed = "APPROVAL_EXECUTION_FAILED", Control, Medium, "What had been approved could not be done; it may be started again.";

    WebhookCreated = "WEBHOOK_CREATED", Control, High, "A webhook was made.";
    WebhookChanged = "WEBHOOK_CHANGED", Control, Medium, "A webhook was changed.";
    WebhookDeleted = "WEBHOOK_DELETED", Control, Medium, "A webhook was deleted.";
    WebhookSecretReplaced = "WEBHOOK_SECRET_REPLACED", Control, Medium, "A webhook got another secret; the old one is good for nothing.";
    WebhookDisabled = "WEBHOOK_DISABLED", Control, Medium, "A webhook was switched off, because nothing reached it for days.";
    WebhookReplayed = "WEBHOOK_REPLAYED", Control, Low, "An event was sent to a webhook once more.";

    // People, as administrators decide about them.
    PersonApproved = "PERSON_APPROVED", People, Medium, "A person's registration was approved.";
    PersonDenied = "PERSON_DENIED", People, Medium, "A person's registration was denied.";
    PersonFrozen = "PERSON_FROZEN", People, High, "A person's account was frozen.";
    PersonReleased = "PERSON_RELEASED", People, High, "The ledger was asked to release a frozen account.";

    // The system.
    SystemBootstrapped = "SYSTEM_BOOTSTRAPPED", System, High, "The ledger was asked for its first parameters and pools.";
    SystemPaused = "SYSTEM_PAUSED", System, High, "The ledger was asked to stop every movement of coins.";
    SystemResumed = "SYSTEM_RESUMED", System, High, "The ledger was asked to let coins move again.";
    ParameterChanged = "PARAMETER_CHANGED", System, High, "The ledger was asked to change a parameter.";
    CountriesAdded = "COUNTRIES_ADDED", System, High, "The ledger was asked to take in countries.";
    TreasuryActivated = "TREASURY_ACTIVATED", System, High, "The ledger was asked to unlock a treasury.";
    PoolDisbursed = "POOL_DISBURSED", System, High, "The ledger was asked to pay out of a pool.";
    CommandReplayed = "COMMAND_REPLAYED", System, Medium, "A dead command was put back in the queue.";

    // Reading what is confidential.
    AuditExported = "AUDIT_EXPORTED", Access, Medium, "The audit chain was exported.";
    DocumentRead = "DOCUMENT_READ", Access, Low, "An administrator opened a person's document.";
}

impl FromStr for AuditEvent {
    type Err = crate::UnknownWord;

    fn from_str(text: &str) -> Result<Self, crate::UnknownWord> {
        Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or(crate::UnknownWord)
    }
}

impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// To what something happened. Ids only: names and addresses never enter the chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditObject {
    /// A person.
    Person(ProfileId),
    /// An administrator.
    Admin(AdminId),
    /// A session of either family.
    Session(SessionId),
    /// A document of a person.
    Document(DocumentId),
    /// An approval.
    Approval(ApprovalId),
    /// A command on its way to the ledger.
    Command(CommandId),
    /// A webhook.
    Webhook(WebhookId),
    /// A country and its treasury.
    Country(CountryCode),
    /// A parameter of the ledger, by its name.
    Parameter(String),
    /// A supply pool, by its id.
    Pool(String),
    /// The system as a whole.
    System,
}

/// The text names no object of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an object is its kind and its id, for example person:<id>, or system")]
pub struct AuditObjectError;

impl fmt::Display for AuditObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Admin(id) => write!(f, "admin:{id}"),
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Document(id) => write!(f, "document:{id}"),
            Self::Approval(id) => write!(f, "approval:{id}"),
            Self::Command(id) => write!(f, "command:{id}"),
            Self::Webhook(id) => write!(f, "webhook:{id}"),
            Self::Pool(name) => write!(f, "pool:{name}"),
            Self::Country(code) => write!(f, "country:{code}"),
            Self::Parameter(name) => write!(f, "parameter:{name}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for AuditObject {
    type Err = AuditObjectError;

    fn from_str(text: &str) -> Result<Self, AuditObjectError> {
        fn id<T: FromStr>(text: &str, kind: impl Fn(T) -> AuditObject) -> Result<AuditObject, AuditObjectError> {
            text.parse().map(kind).map_err(|_| AuditObjectError)
        }
        match text.split_once(':') {
            Some(("person", rest)) => id(rest, Self::Person),
            Some(("admin", rest)) => id(rest, Self::Admin),
            Some(("session", rest)) => id(rest, Self::Session),
            Some(("document", rest)) => id(rest, Self::Document),
            Some(("approval", rest)) => id(rest, Self::Approval),
            Some(("pool", rest)) if !rest.is_empty() => Ok(Self::Pool(rest.to_owned())),
            Some(("command", rest)) => id(rest, Self::Command),
            Some(("webhook", rest)) => id(rest, Self::Webhook),
            Some(("country", rest)) => id(rest, Self::Country),
            Some(("parameter", rest)) if !rest.is_empty() => Ok(Self::Parameter(rest.to_owned())),
            None if text == "system" => Ok(Self::System),
            _ => Err(AuditObjectError),
        }
    }
}

impl Serialize for AuditObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AuditObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
crate::api::string_schema!(
    AuditObject,
    "^([a-z]+:[A-Za-z0-9_.-]{1,64}|system)$",
    "What it happened to: its kind and its id, or system",
    "system"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_one_spelling_each_and_a_sentence() {
        let mut texts: Vec<_> = AuditEvent::ALL.iter().map(|event| event.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), AuditEvent::ALL.len());
        for event in AuditEvent::ALL {
            assert_eq!(event.as_str().parse(), Ok(*event));
            assert!(event.label().ends_with('.'), "{event}");
        }
    }

    #[test]
    fn every_object_has_one_spelling() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        for text in [
            &format!("person:{id}"),
            &format!("admin:{id}"),
            &format!("session:{id}"),
            &format!("document:{id}"),
            &format!("command:{id}"),
            &format!("webhook:{id}"),
            "country:GB",
            "parameter:feeSchedule",
            "pool:LOAN",
            &format!("approval:{id}"),
            "system",
        ] {
            assert_eq!(text.parse::<AuditObject>().unwrap().to_string(), *text);
        }
        for text in ["", "person", "person:", "system:", "country:xx1", "parameter:", "user:1"] {
            assert_eq!(text.parse::<AuditObject>(), Err(AuditObjectError), "{text}");
        }
    }
}
