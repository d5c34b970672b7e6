//! What a page says after a redirect. A closed set in the address (`?done=…`), so that no link can put words on a page.

use super::state::Tone;

macro_rules! flashes {
    ($($variant:ident = $slug:literal, $tone:ident, $text:literal;)*) => {
        /// A message after a redirect.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Flash { $(#[doc = $text] $variant,)* }

        impl Flash {
            /// Every message.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// What stands in the address.
            #[must_use]
            pub const fn slug(self) -> &'static str { match self { $(Self::$variant => $slug,)* } }

            /// What is read.
            #[must_use]
            pub const fn text(self) -> &'static str { match self { $(Self::$variant => $text,)* } }

            /// Its class in the style sheet.
            #[must_use]
            pub const fn tone(self) -> &'static str { match self { $(Self::$variant => Tone::$tone.class(),)* } }
        }
    };
}

flashes! {
    SignedOut = "signed-out", Good, "You are signed out.";
    LoginTooSlow = "login-too-slow", Off, "That took too long, or was done already. Please sign in again.";
    SessionEnded = "session-ended", Off, "Your session has ended. Please sign in again.";
    Welcome = "welcome", Good, "Your account is made. One step is left: show who you are.";
    CodeSent = "code-sent", Good, "A new code is on its way.";
    ProfileSaved = "profile-saved", Good, "Your profile is saved.";
    DocumentAdded = "document-added", Good, "The document is uploaded.";
    DocumentRemoved = "document-removed", Good, "The document is removed.";
    Submitted = "submitted", Good, "Your documents are submitted. We will tell you when they are reviewed.";
    Cancelled = "cancelled", Good, "The request is cancelled.";
    MarkedRead = "read", Good, "Marked as read.";
    Approved = "approved", Good, "Approved. The registration is on its way to the ledger.";
    Denied = "denied", Good, "Denied. The person is told why.";
    Asked = "asked", Wait, "Nothing was done yet: a second administrator must approve it.";
    Decided = "decided", Good, "Your decision is kept.";
    TakenBack = "taken-back", Good, "The request is taken back.";
    Replayed = "replayed", Good, "The command is in the queue again.";
    Resuming = "resuming", Good, "The order to resume is on its way to the ledger.";
    ContactAdded = "contact-added", Good, "The contact is added.";
    ContactSaved = "contact-saved", Good, "The contact is saved.";
    ContactRemoved = "contact-removed", Good, "The contact is removed.";
    LimitsSaved = "limits-saved", Good, "Your limits are saved.";
    PreferencesSaved = "preferences-saved", Good, "Your choices are saved.";
    SessionsEnded = "sessions-ended", Good, "The session is ended.";
    DeviceNamed = "device-named", Good, "The name is saved.";
    FactorOff = "factor-off", Good, "Your second factor is off. Set up the next one now.";
    TotpOff = "totp-off", Good, "Two-step sign-in is off.";
    PinSet = "pin-set", Good, "Your PIN is set.";
    PinRemoved = "pin-removed", Good, "Your PIN is removed.";
    StepUpSaved = "step-up-saved", Good, "Saved. It holds from the next payment on.";
    EmailChanged = "email-changed", Good, "Your e-mail address is changed. Sign in with the new one from now on.";
    PhoneChanged = "phone-changed", Good, "Your phone number is changed.";
    PictureSaved = "picture-saved", Good, "Your picture is saved.";
    PictureRemoved = "picture-removed", Good, "Your picture is removed.";
    ResetSent = "reset-sent", Good, "If this address has an account, a mail is on its way to it.";
    PasswordReset = "password-reset", Good, "Your new password is set. Sign in with it.";
    ChangeTakenBack = "change-taken-back", Good, "The change is taken back. Now set a new password: we send the way to it by mail.";
    PasswordChanged = "password-changed", Good, "Your password is changed.";
}

impl Flash {
    /// The message an address asks for, if it is one of ours.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|flash| flash.slug() == slug)
    }
}
