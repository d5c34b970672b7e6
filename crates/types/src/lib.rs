//! The words that every room of GX shares: amounts, ids, hashes, names of environments, error codes and the objects
//! that travel over the API. No I/O, no clock, no randomness: the crate also builds for the browser.
//!
//! An invalid value cannot be built: every type here checks on construction and on deserialisation.
//!
//! **A new API object:** put it into the module of its service under [`api`]; derive `serde` with `camelCase` names and
//! `utoipa::ToSchema` behind the feature `openapi`; money is [`Qirat`], times are [`Timestamp`] (RFC 3339 in JSON).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

mod account;
mod actor;
pub mod api;
mod audit;
mod birth_date;
mod country;
mod csv;
mod env;
mod error_code;
mod gx_id;
mod hash;
mod ids;
mod keys;
mod loan;
mod organization;
pub mod people;
mod problem;
mod qirat;
mod qirat_sum;
mod security_event;
mod text;
mod timestamp;
mod words;

pub use account::{AccountId, AccountIdError, SystemAccount};
pub use actor::{Actor, ActorError};
pub use audit::{AuditCategory, AuditEvent, AuditObject, AuditObjectError, AuditSeverity};
pub use birth_date::BirthDate;
pub use country::{CountryCode, CountryCodeError};
pub use csv::{csv_cell, csv_line};
pub use env::{EnvName, EnvNameError};
pub use error_code::ErrorCode;
pub use gx_id::{AccountType, GxId, GxIdError, Sex};
pub use hash::{Sha256Hex, Sha256HexError, TxId};
pub use ids::{
    AdminId, ApprovalId, CommandId, ContactChangeId, CorrelationId, DocumentId, IdError, KeyId, NotificationId,
    ProfileId, QSendId, RegistrationId, SessionId, SubmissionId, WebhookDeliveryId, WebhookEventId, WebhookId,
};
pub use keys::{LedgerKey, LedgerKeyError};
pub use loan::{LoanId, LoanIdError};
pub use organization::{AuthRule, OrgDecision, OrgTxId, OrgTxIdError, ProposedRule, Stakeholder};
pub use people::{OnchainStatus, PersonChange, PersonState, PersonStatus};
pub use problem::{FieldError, Problem};
pub use qirat::{Qirat, QiratError};
pub use qirat_sum::QiratSum;
pub use security_event::SecurityEvent;
pub use timestamp::Timestamp;
pub use words::{
    AccountKind, AccountStatus, AdminRole, ApprovalStatus, ApprovalType, CommandStatus, DocumentSide, DocumentType,
    Gender, LimitKind, LoanStatus, MailState, MailboxChannel, NotificationKind, NotificationStatus, OrgTxStatus,
    OrganizationStatus, OutboxState, QSendStatus, RegistrationStep, SessionTransport, SubmissionStatus, TicketPurpose,
    TransactionDirection, TransactionKind, UnknownWord, WebhookDeliveryState, WebhookEvent,
};
