//! What travels between people and `services/identity`: the registration wizard, signing in, profile, documents and
//! their submission.
//!
//! Text that a person types arrives as text and is checked by the service, so that each fault has its own code
//! (`EMAIL_INVALID_FORMAT`, `DOB_MIN_AGE`, …) and the field's name.

mod auth;
mod documents;
mod profile;
mod registration;

pub use auth::{
    LoginRequest, LogoutRequest, Message, RefreshRequest, SessionGranted, TokenPair, Transport, UserSummary,
};
pub use documents::{
    CountriesReply, Country, DocumentConstraints, DocumentList, DocumentMetadata, DocumentReply, DocumentView,
    KycDocument, KycReply, KycRequest, KycStatusReply, KycView, NationalIdCheck, NationalIdReply,
};
pub use profile::{Address, Change, EmploymentStatus, ProfilePatch, ProfileReply, ProfileView};
pub use registration::{
    CodeSent, DobGenderRequest, EligibilityReply, NameCountryRequest, PasswordReply, PasswordRequest, PasswordStrength,
    PhoneRequest, REGISTRATION_TOKEN_HEADER, RegistrationCompleted, RegistrationReply, RegistrationStarted,
    RegistrationView, ResendRequest, StartRequest, StepReply, VerifyEmailRequest, VerifyPhoneRequest,
};
