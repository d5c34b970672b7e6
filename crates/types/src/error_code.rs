//! The stable machine codes of every error that an API answer can carry.
//!
//! **A new code:** one line in the table below, in the section of its room; the status and the title belong to the code,
//! the `detail` of an answer says what happened this time.

use serde::{Deserialize, Serialize};

// `$text` is a `tt`, here and in every such table: utoipa reads no attribute whose value came as a `literal`, and the
// document would show the names of the variants.
macro_rules! error_codes {
    ($($(#[$section:meta])* $variant:ident = $text:tt, $status:literal, $title:literal;)*) => {
        /// A stable machine code with its HTTP status and title.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            $($(#[$section])* #[doc = $title] #[serde(rename = $text)] $variant,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as clients see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// One plain sentence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }

        impl std::fmt::Display for ErrorCode {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

error_codes! {
    // Every room.
    ValidationFailed = "VALIDATION_FAILED", 422, "Some fields are not as they must be.";
    MalformedRequest = "MALFORMED_REQUEST", 400, "The request could not be read.";
    FieldRequired = "FIELD_REQUIRED", 422, "This field is needed.";
    FieldInvalid = "FIELD_INVALID", 422, "This field is not as it must be.";
    FieldUnknown = "FIELD_UNKNOWN", 422, "This field is not known here.";
    AmountInvalid = "AMOUNT_INVALID", 422, "An amount is a whole number of Qirat above zero, as a decimal string.";
    BodyTooLarge = "BODY_TOO_LARGE", 413, "The request body is too large.";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, "This content type is not accepted here.";
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, "This method is not served at this address.";
    NotFound = "NOT_FOUND", 404, "There is nothing here that you may see.";
    Unauthorized = "UNAUTHORIZED", 401, "Please sign in.";
    SessionExpired = "SESSION_EXPIRED", 401, "The session has ended; please sign in again.";
    Forbidden = "FORBIDDEN", 403, "You may not do this.";
    CsrfFailed = "CSRF_FAILED", 403, "The form is out of date; please load the page again.";
    RateLimited = "RATE_LIMITED", 429, "Too many requests; please wait.";
    StateConflict = "STATE_CONFLICT", 409, "This is not possible in the present state.";
    IdempotencyKeyRequired = "IDEMPOTENCY_KEY_REQUIRED", 400, "The header Idempotency-Key is needed here.";
    IdempotencyKeyInvalid = "IDEMPOTENCY_KEY_INVALID", 400, "An idempotency key has 8 to 128 letters, digits, hyphens or underscores.";
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", 409, "This idempotency key was used with another request.";
    IdempotencyInFlight = "IDEMPOTENCY_IN_FLIGHT", 409, "The first request with this idempotency key is still under way.";
    FeatureUnavailable = "FEATURE_UNAVAILABLE", 503, "This needs the ledger, and no ledger is bound yet.";
    LedgerUnavailable = "LEDGER_UNAVAILABLE", 503, "The ledger has been out of reach for too long; nothing new is accepted for it.";
    DatabaseUnavailable = "DATABASE_UNAVAILABLE", 503, "The database is out of reach or its disk is full; nothing was changed.";
    ObjectStoreUnavailable = "OBJECT_STORE_UNAVAILABLE", 503, "The object store is out of reach; nothing was changed.";
    UpstreamUnavailable = "UPSTREAM_UNAVAILABLE", 502, "A part of the platform is out of reach.";
    HandshakeTooLarge = "HANDSHAKE_TOO_LARGE", 431, "The handshake is too large.";
    TooManySockets = "TOO_MANY_SOCKETS", 429, "Too many connections are open; close one first.";
    EventUnknown = "EVENT_UNKNOWN", 404, "There is no such event.";
    Internal = "INTERNAL_ERROR", 500, "Something went wrong on our side.";

    // Decided by the ledger or ahead of it.
    SystemPaused = "SYSTEM_PAUSED", 409, "The system is paused; coins cannot be moved at present.";
    InsufficientFunds = "INSUFFICIENT_FUNDS", 409, "The balance does not cover amount and fee.";
    FeeChanged = "FEE_CHANGED", 409, "The fee is not the expected one any more.";
    AccountFrozen = "ACCOUNT_FROZEN", 409, "This account is frozen.";
    AccountNotActive = "ACCOUNT_NOT_ACTIVE", 409, "This account is not active on the ledger.";
    AccountNotFound = "ACCOUNT_NOT_FOUND", 422, "There is no such account.";
    SelfTransfer = "SELF_TRANSFER", 422, "Payer and receiver are the same.";
    DocumentAlreadyUsed = "DOCUMENT_ALREADY_USED", 409, "An account was registered with this document before.";
    CountryNotFound = "COUNTRY_NOT_FOUND", 400, "GX does not serve this country.";
    CommandRefused = "COMMAND_REFUSED", 409, "The ledger refused the command.";
    LimitPerPaymentExceeded = "LIMIT_PER_PAYMENT_EXCEEDED", 409, "This is more than your own limit for one payment.";
    LimitPerDayExceeded = "LIMIT_PER_DAY_EXCEEDED", 409, "With this you would pass your own limit for a day.";
    ConfirmationNeeded = "CONFIRMATION_NEEDED", 422, "This is changed on a way of its own, with codes sent to the old and the new one; see Security in the profile.";
    ContactLimitReached = "CONTACT_LIMIT_REACHED", 409, "There are too many contacts; remove some first.";

    // Q Send.
    QSendExpired = "QSEND_EXPIRED", 409, "The time of this request is up.";
    QSendAlreadyPaid = "QSEND_ALREADY_PAID", 409, "This request is paid or being paid.";
    QSendCancelled = "QSEND_CANCELLED", 409, "This request was taken back.";
    QSendTooManyOpen = "QSEND_TOO_MANY_OPEN", 409, "Too many requests are open; wait until some are paid or expired.";

    // Registration: the codes of the wizard are 400 wherever a step's field is refused.
    EmailRequired = "EMAIL_REQUIRED", 400, "An e-mail address is needed.";
    EmailInvalidFormat = "EMAIL_INVALID_FORMAT", 400, "This is not an e-mail address.";
    EmailAlreadyExists = "EMAIL_ALREADY_EXISTS", 409, "An account with this e-mail address exists already; please sign in.";
    NameRequired = "NAME_REQUIRED", 400, "A name is needed.";
    NameTooShort = "NAME_TOO_SHORT", 400, "This name is too short.";
    NameTooLong = "NAME_TOO_LONG", 400, "This name is too long.";
    NameInvalidChars = "NAME_INVALID_CHARS", 400, "A name has letters of any script, joined by spaces, hyphens or apostrophes.";
    RecipientUnreachable = "RECIPIENT_UNREACHABLE", 422, "This network sends nothing to this address or number.";
    PhoneRequired = "PHONE_REQUIRED", 400, "A phone number is needed.";
    PhoneInvalidFormat = "PHONE_INVALID_FORMAT", 400, "A phone number has its country code and 7 to 15 digits.";
    PhoneAlreadyExists = "PHONE_ALREADY_EXISTS", 409, "This phone number belongs to an account already.";
    PasswordRequired = "PASSWORD_REQUIRED", 400, "A password is needed.";
    PasswordTooShort = "PASSWORD_TOO_SHORT", 400, "A password has at least 8 characters.";
    PasswordTooLong = "PASSWORD_TOO_LONG", 400, "A password has at most 128 characters.";
    PasswordMissingUppercase = "PASSWORD_MISSING_UPPERCASE", 400, "A password has an upper-case letter.";
    PasswordMissingLowercase = "PASSWORD_MISSING_LOWERCASE", 400, "A password has a lower-case letter.";
    PasswordMissingNumber = "PASSWORD_MISSING_NUMBER", 400, "A password has a digit.";
    PasswordsDontMatch = "PASSWORDS_DONT_MATCH", 400, "The two passwords are not the same.";
    DobRequired = "DOB_REQUIRED", 400, "A date of birth is needed.";
    DobInvalidFormat = "DOB_INVALID_FORMAT", 400, "A date of birth exists in the calendar and is written YYYY-MM-DD.";
    DobFutureDate = "DOB_FUTURE_DATE", 400, "A date of birth is not in the future.";
    DobMinAge = "DOB_MIN_AGE", 400, "GX is for people of 13 years and older.";
    DobMaxAge = "DOB_MAX_AGE", 400, "A date of birth is not more than 120 years ago.";
    GenderRequired = "GENDER_REQUIRED", 400, "A gender is needed.";
    GenderInvalid = "GENDER_INVALID", 400, "Gender is MALE or FEMALE.";
    CountryRequired = "COUNTRY_REQUIRED", 400, "A country is needed.";
    CountryInvalidFormat = "COUNTRY_INVALID_FORMAT", 400, "A country is written as two letters, for example GB.";
    OtpRequired = "OTP_REQUIRED", 400, "The code is needed.";
    OtpInvalidFormat = "OTP_INVALID_FORMAT", 400, "The code has six digits.";
    OtpExpired = "OTP_EXPIRED", 400, "This code has expired; please ask for a new one.";
    OtpInvalid = "OTP_INVALID", 400, "This is not the code.";
    OtpMaxAttempts = "OTP_MAX_ATTEMPTS", 429, "The code was tried too often; please start again.";
    OtpMaxResends = "OTP_MAX_RESENDS", 429, "Too many codes were sent; please wait or start again.";
    RegistrationNotFound = "REGISTRATION_NOT_FOUND", 404, "There is no such registration, or its token is another one.";
    RegistrationExpired = "REGISTRATION_EXPIRED", 410, "This registration has expired; please start again.";
    RegistrationStepInvalid = "REGISTRATION_STEP_INVALID", 400, "An earlier step of the registration comes first, or this one is done.";
    RegistrationAlreadyCompleted = "REGISTRATION_ALREADY_COMPLETED", 400, "This registration is complete; please sign in.";

    // Signing in.
    InvalidCredentials = "INVALID_CREDENTIALS", 401, "This name and this password do not belong together.";
    AccountLocked = "ACCOUNT_LOCKED", 429, "Too many failed attempts; signing in is locked for a while.";
    AccountDisabled = "ACCOUNT_DISABLED", 403, "This account is suspended or closed.";
    SessionRevoked = "SESSION_REVOKED", 401, "This session was ended; please sign in again.";
    PasswordChangeRequired = "PASSWORD_CHANGE_REQUIRED", 403, "This password was given by someone else; please choose your own first.";
    TicketInvalid = "TICKET_INVALID", 400, "This step is not known, is done, or has taken too long; please begin again.";
    SecondFactorRequired = "SECOND_FACTOR_REQUIRED", 400, "A code of your app is needed as well.";
    SecondFactorInvalid = "SECOND_FACTOR_INVALID", 400, "This is not the present code, or it was used already.";
    SecondFactorLocked = "SECOND_FACTOR_LOCKED", 429, "Too many wrong codes; the second step is locked for a while.";
    SecondFactorOn = "SECOND_FACTOR_ON", 409, "Two-step sign-in is on already.";
    SecondFactorOff = "SECOND_FACTOR_OFF", 409, "Two-step sign-in is off, or its set-up was not begun.";
    PasswordWrong = "PASSWORD_WRONG", 400, "This is not your present password.";
    PasswordUnchanged = "PASSWORD_UNCHANGED", 400, "The new password is the present one.";
    PinInvalidFormat = "PIN_INVALID_FORMAT", 400, "A PIN has six digits.";
    PinTooSimple = "PIN_TOO_SIMPLE", 400, "Others would try this PIN first; choose another.";
    PinInvalid = "PIN_INVALID", 400, "This is not your PIN.";
    PinLocked = "PIN_LOCKED", 429, "The PIN was tried too often; it is locked for a while.";
    PinNotSet = "PIN_NOT_SET", 409, "There is no PIN.";
    StepUpPinRequired = "STEP_UP_PIN_REQUIRED", 403, "This payment must be confirmed with your PIN.";
    StepUpCodeRequired = "STEP_UP_CODE_REQUIRED", 403, "This payment must be confirmed with a code of your app.";
    StepUpSetupRequired = "STEP_UP_SETUP_REQUIRED", 403, "This payment must be confirmed with a PIN; set one first.";
    StepUpInvalid = "STEP_UP_INVALID", 403, "This confirmation is not known in this session, or its time is up.";
    StepUpAmountTooHigh = "STEP_UP_AMOUNT_TOO_HIGH", 422, "Your own amount is at most the platform's.";
    AccountNotEmpty = "ACCOUNT_NOT_EMPTY", 409, "The account still holds coins; send them on first.";
    CommandsPending = "COMMANDS_PENDING", 409, "Something is still on its way to the ledger; wait until it is settled.";
    AvatarNotAccepted = "AVATAR_NOT_ACCEPTED", 415, "A picture is a JPEG or PNG, by its content.";
    AvatarTooLarge = "AVATAR_TOO_LARGE", 413, "A picture has at most 2 MB.";
    AvatarDimensions = "AVATAR_DIMENSIONS", 422, "A picture is 64 to 4096 pixels wide and high.";
    MfaSetupRequired = "MFA_SETUP_REQUIRED", 403, "Please set up a second factor first.";
    PasswordPolicyViolation = "PASSWORD_POLICY_VIOLATION", 400, "An administrator's password has 12 to 128 characters, with upper and lower case, a digit and a special character, and is a new one.";

    // Profile, documents and their review.
    ProfileLocked = "PROFILE_LOCKED", 409, "Identity fields cannot change while they are under review or once approved.";
    DocumentTypeNotAccepted = "DOCUMENT_TYPE_NOT_ACCEPTED", 415, "A document is a JPEG or PNG picture or a PDF file, by its content.";
    DocumentTooLarge = "DOCUMENT_TOO_LARGE", 413, "A document has at most 10 MB.";
    DocumentDamaged = "DOCUMENT_DAMAGED", 503, "The stored file is missing or was changed; it can be shown again when it is restored.";
    DocumentInUse = "DOCUMENT_IN_USE", 409, "This document is part of a submission and cannot be deleted.";
    DocumentLimitReached = "DOCUMENT_LIMIT_REACHED", 409, "There are too many documents; delete one first.";
    IdentityDocumentMissing = "IDENTITY_DOCUMENT_MISSING", 422, "A submission needs an identity card, a passport or a driving licence with its number and country.";
    SubmissionNotOpen = "SUBMISSION_NOT_OPEN", 409, "Documents are under review or approved already.";

    // Administration.
    DocumentMismatch = "DOCUMENT_MISMATCH", 422, "This is not what the applicant has typed; compare the picture again, or deny.";
    NoIdentifyingDocument = "NO_IDENTIFYING_DOCUMENT", 409, "The submission has no document that identifies the person.";
    ParameterUnknown = "PARAMETER_UNKNOWN", 422, "The ledger has no such parameter.";
    CountryOnLedger = "COUNTRY_ON_LEDGER", 409, "The country is on the ledger already.";
    SelfApproval = "SELF_APPROVAL_NOT_ALLOWED", 403, "Whoever asked for something does not decide about it.";
    ApprovalOpen = "APPROVAL_OPEN", 409, "The same has been asked for already and waits for a second person.";
    ApprovalExpired = "APPROVAL_EXPIRED", 409, "The time of this approval is up.";
    ApprovalDecided = "APPROVAL_ALREADY_PROCESSED", 409, "This approval is decided already.";
    ApprovalNotApproved = "APPROVAL_NOT_APPROVED", 409, "This cannot be executed: it is not approved, or it is done already.";
    ApprovalsTooMany = "MAX_PENDING_APPROVALS_EXCEEDED", 409, "Too many of your requests wait for a second person; take one back, or wait.";
    ApprovalExecutionFailed = "APPROVAL_EXECUTION_FAILED", 409, "It is approved, and it could not be done; it may be started again.";
    WebhookUrlRefused = "WEBHOOK_URL_REFUSED", 422, "Webhooks do not go to this address.";
    RoleTooHigh = "ROLE_TOO_HIGH", 403, "Only who stands strictly higher may do this to an administrator.";
    TooFewOwners = "TOO_FEW_OWNERS", 409, "At least two owners stay active.";
}
