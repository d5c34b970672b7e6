//! How the shared types of `gx_types` lie in columns.

use std::ops::Deref;
use std::str::FromStr;

use gx_types::{
    AccountId, AccountKind, AccountStatus, Actor, AdminId, AdminRole, ApprovalId, ApprovalStatus, ApprovalType,
    AuditEvent, AuditObject, BirthDate, CommandId, ContactChangeId, CorrelationId, CountryCode, DocumentId,
    DocumentSide, DocumentType, Gender, GxId, KeyId, LedgerKey, LimitKind, LoanId, LoanStatus, MailState,
    MailboxChannel, NotificationId, NotificationKind, NotificationStatus, OnchainStatus, OrgTxId, OrgTxStatus,
    OrganizationStatus, OutboxState, PersonStatus, ProfileId, QSendId, QSendStatus, Qirat, RegistrationId,
    RegistrationStep, SessionId, SessionTransport, Sha256Hex, SubmissionId, SubmissionStatus, TicketPurpose, Timestamp,
    TransactionDirection, TransactionKind, TxId, WebhookDeliveryId, WebhookDeliveryState, WebhookEvent, WebhookEventId,
    WebhookId,
};
use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, Value, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbErr, QueryResult, TryFromU64, TryGetError, TryGetable};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A column holding a `T`. Build it with `value.into()`, read it with `.0` or through `Deref`.
///
/// What the database returns is checked on the way in: a text that names no member of a closed set, or an amount below
/// zero, is an error that names the column, never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Col<T>(pub T);

/// A type that has a column form.
pub trait Stored: Sized {
    /// The column form: `String` or `i64`.
    type Raw: TryGetable + ValueType + Into<Value> + Nullable;

    /// The column form of this value.
    fn to_raw(&self) -> Self::Raw;

    /// The value, or a sentence on why the column holds none.
    ///
    /// # Errors
    /// A sentence that names the type.
    fn from_raw(raw: Self::Raw) -> Result<Self, String>;
}

impl<T> Deref for Col<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Col<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: PartialEq> PartialEq<T> for Col<T> {
    fn eq(&self, other: &T) -> bool {
        self.0 == *other
    }
}

impl<T: Stored> From<Col<T>> for Value {
    fn from(col: Col<T>) -> Self {
        col.0.to_raw().into()
    }
}

impl<T: Stored> Nullable for Col<T> {
    fn null() -> Value {
        T::Raw::null()
    }
}

impl<T: Stored> ValueType for Col<T> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let raw = <T::Raw as ValueType>::try_from(value)?;
        T::from_raw(raw).map(Col).map_err(|_| ValueTypeErr)
    }

    fn type_name() -> String {
        T::Raw::type_name()
    }

    fn array_type() -> ArrayType {
        T::Raw::array_type()
    }

    fn column_type() -> ColumnType {
        T::Raw::column_type()
    }
}

impl<T: Stored> TryGetable for Col<T> {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let raw = T::Raw::try_get_by(row, index)?;
        T::from_raw(raw).map(Col).map_err(|why| TryGetError::DbErr(DbErr::Type(format!("column {index:?}: {why}"))))
    }
}

impl<T: Stored> TryFromU64 for Col<T> {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("a key of GX is never made by the database"))
    }
}

impl Stored for Timestamp {
    type Raw = i64;

    fn to_raw(&self) -> i64 {
        self.micros()
    }

    fn from_raw(raw: i64) -> Result<Self, String> {
        Ok(Self::from_micros(raw))
    }
}

impl Stored for Qirat {
    type Raw = i64;

    fn to_raw(&self) -> i64 {
        self.to_i64()
    }

    fn from_raw(raw: i64) -> Result<Self, String> {
        Self::from_i64(raw).map_err(|why| why.to_string())
    }
}

/// What a column holds as JSON: lists that belong to one row and are read and written with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Stored for Json<T> {
    type Raw = String;

    fn to_raw(&self) -> String {
        // Kept values are structs, lists and texts, which always serialise.
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    fn from_raw(raw: String) -> Result<Self, String> {
        serde_json::from_str(&raw).map(Self).map_err(|why| why.to_string())
    }
}

fn parse<T: FromStr>(raw: &str) -> Result<T, String> {
    raw.parse().map_err(|_| format!("the stored text is no {}", std::any::type_name::<T>()))
}

macro_rules! stored_as_text {
    ($($name:ty),* $(,)?) => {$(
        impl Stored for $name {
            type Raw = String;

            fn to_raw(&self) -> String {
                self.to_string()
            }

            fn from_raw(raw: String) -> Result<Self, String> {
                parse(&raw)
            }
        }
    )*};
}

stored_as_text! {
    AccountId, AccountKind, AccountStatus, Actor, AdminId, AdminRole, ApprovalId, ApprovalStatus, ApprovalType, AuditEvent, AuditObject, BirthDate, CommandId, ContactChangeId, CorrelationId, CountryCode, DocumentId, DocumentSide, DocumentType, Gender, GxId, KeyId, LedgerKey, LimitKind, LoanId, LoanStatus, MailState, MailboxChannel, NotificationId,
    NotificationKind, NotificationStatus, OnchainStatus, OrgTxId, OrgTxStatus, OrganizationStatus, OutboxState, PersonStatus, ProfileId, QSendId, QSendStatus,
    RegistrationId, RegistrationStep, SessionId, SessionTransport, Sha256Hex, SubmissionId, SubmissionStatus,
    TicketPurpose, TransactionDirection, TransactionKind, TxId, WebhookDeliveryId, WebhookDeliveryState, WebhookEvent,
    WebhookEventId, WebhookId,
}
