//! Who is asking: access tokens and cookies, sessions, permissions, passwords.

mod attempt;
mod caller;
pub mod device;
mod password;
mod password_rules;
mod permission;
pub mod pin;
mod second_factor;
mod session;
pub mod step_up;
mod ticket;
mod tokens;

pub use attempt::{Origin, attempt_turn};
pub use caller::{Admin, Auth, Caller, Person, Requester, idle_limit};
pub use password::{PasswordError, Passwords};
pub use password_rules::{PasswordFault, PasswordRules};
pub use permission::{Permission, Risk};
pub use pin::Pin;
pub use second_factor::{BackupCodes, FactorState, Judged, Passed, SecondFactors, TotpSetup};
pub use session::{NewSession, Presented, cookie_cleared, cookie_set};
pub use ticket::Ticket;
pub use tokens::{Family, Jwk, JwkSet, TokenClaims, TokenError, Tokens};

/// The cookie of people's sessions.
pub const PERSON_COOKIE: &str = "gx_session";
/// The cookie of administrators' sessions.
pub const ADMIN_COOKIE: &str = "gx_admin_session";
/// The header in which pages send the CSRF token.
pub const CSRF_HEADER: &str = "x-csrf-token";
