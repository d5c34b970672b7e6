//! The stable machine codes of every error that an API answer can carry.
//!
//! **A new code:** one line in the table below, in the section of its room; the status and the title belong to the code,
//! the `detail` of an answer says what happened this time.

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($(#[$section:meta])* $variant:ident = $text:literal, $status:literal, $title:literal;)*) => {
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
    CountryNotFound = "COUNTRY_NOT_FOUND", 422, "GX does not serve this country.";
    CommandRefused = "COMMAND_REFUSED", 409, "The ledger refused the command.";

    // Q Send.
    QSendExpired = "QSEND_EXPIRED", 409, "The time of this request is up.";
    QSendAlreadyPaid = "QSEND_ALREADY_PAID", 409, "This request is paid or being paid.";
    QSendCancelled = "QSEND_CANCELLED", 409, "This request was taken back.";
}
