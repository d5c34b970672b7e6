//! What can happen to the security of a person's account: a closed set, each with the words in which the person is told.
//!
//! **A new event:** one line below; it then has a notice, a mail and a line in the audit chain wherever it is recorded.

use crate::AuditEvent;

macro_rules! security_events {
    ($($variant:ident = $name:literal, $audit:ident, $title:literal, $text:literal;)*) => {
        /// Something that happened to the security of a person's account.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SecurityEvent { $(#[doc = $title] $variant,)* }

        impl SecurityEvent {
            /// Every event.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one spelling, for records.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $name,)* } }

            /// In a few words.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title,)* } }

            /// In a sentence.
            #[must_use]
            pub const fn text(self) -> &'static str { match self { $(Self::$variant => $text,)* } }

            /// The entry in the audit chain.
            #[must_use]
            pub const fn audit(self) -> AuditEvent { match self { $(Self::$variant => AuditEvent::$audit,)* } }
        }
    };
}

security_events! {
    NewDevice = "SECURITY_NEW_DEVICE", PersonNewDevice, "New device", "Somebody has signed in to your account from a device that was not used before.";
    PasswordChanged = "SECURITY_PASSWORD_CHANGED", PersonPasswordChanged, "Password changed", "The password of your account was changed, and every other session was ended.";
    PasswordReset = "SECURITY_PASSWORD_RESET", PersonPasswordReset, "Password reset", "A new password was set by mail, and every session was ended.";
    TotpOn = "SECURITY_TOTP_ON", PersonTotpEnabled, "Two-step sign-in is on", "From now on, signing in takes a code of your app.";
    TotpOff = "SECURITY_TOTP_OFF", PersonTotpDisabled, "Two-step sign-in is off", "Signing in takes the password alone again.";
    BackupCodesReplaced = "SECURITY_BACKUP_CODES_REPLACED", PersonBackupCodesReplaced, "New backup codes", "New backup codes were made; the old ones are good for nothing.";
    BackupCodeUsed = "SECURITY_BACKUP_CODE_USED", PersonBackupCodeUsed, "A backup code was used", "Somebody has used one of your backup codes.";
    SecondFactorLocked = "SECURITY_SECOND_FACTOR_LOCKED", PersonSecondFactorLocked, "Sign-in codes are locked", "Five wrong codes were entered after your right password. Codes are locked for a while.";
    PinSet = "SECURITY_PIN_SET", PersonPinSet, "PIN set", "A PIN now confirms your larger payments.";
    PinChanged = "SECURITY_PIN_CHANGED", PersonPinChanged, "PIN changed", "The PIN of your account was changed.";
    PinRemoved = "SECURITY_PIN_REMOVED", PersonPinRemoved, "PIN removed", "The PIN of your account was removed.";
    PinLocked = "SECURITY_PIN_LOCKED", PersonPinLocked, "PIN locked", "A wrong PIN was entered five times. It is locked for half an hour.";
    StepUpChanged = "SECURITY_STEP_UP_CHANGED", PersonStepUpChanged, "Confirmation of payments changed", "The amount from which payments must be confirmed was changed.";
    LimitRaised = "SECURITY_LIMIT_RAISED", PersonLimitRaised, "A limit will be raised", "You asked for a higher limit on your payments, or for none. It holds in 24 hours; setting the limit again under Limits takes the raise back.";
    EmailChanged = "SECURITY_EMAIL_CHANGED", PersonEmailChanged, "E-mail address changed", "The e-mail address of your account was changed.";
    PhoneChanged = "SECURITY_PHONE_CHANGED", PersonPhoneChanged, "Phone number changed", "The phone number of your account was changed.";
    ContactObjected = "SECURITY_CONTACT_OBJECTED", PersonContactObjected, "A change was taken back", "The change of your e-mail address was taken back from the old one. Every session was ended; set a new password.";
    SessionFamilyEnded = "SECURITY_SESSION_FAMILY_ENDED", PersonTokenReused, "A session was ended for your safety", "A sign-in token was used a second time, so somebody else may hold a copy of it. That session was ended.";
    AccountClosed = "SECURITY_ACCOUNT_CLOSED", PersonClosed, "Account closed", "Your account is closed. Nobody can sign in to it any more.";
}

impl SecurityEvent {
    /// Whether the person has done it, as far as their session or a proof of theirs says. The others happen to them:
    /// whoever caused them has not shown to be the person.
    #[must_use]
    pub const fn is_by_the_person(self) -> bool {
        !matches!(self, Self::SecondFactorLocked | Self::PinLocked | Self::SessionFamilyEnded)
    }
}

impl std::fmt::Display for SecurityEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
