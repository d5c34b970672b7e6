//! What can go wrong in the database, sorted by what a caller can do about it.

use std::cell::Cell;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::migrate::SchemaError;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is out of reach, too busy, or its disk is full. Nothing was changed; trying later may help.
    #[error("the database is unavailable: {0}")]
    Unavailable(DbErr),
    /// The database answers, and takes nothing: the last transaction found no room or could not be put on disk. Holds
    /// what it said.
    #[error("reading goes on, but nothing can be written: {0}")]
    NotWritable(String),
    /// The database could not serve this transaction beside others. [`crate::Store::write`] tries again by itself and
    /// returns this only when that did not help. Nothing was changed.
    #[error("the transaction conflicted with others too often: {0}")]
    Busy(DbErr),
    /// A row like it exists already; holds the name of constraint or columns.
    #[error("a row like it exists already: {constraint}")]
    Duplicate {
        /// The constraint (PostgreSQL) or its columns (SQLite).
        constraint: String,
    },
    /// A row that is referred to does not exist.
    #[error("a row that is referred to does not exist: {0}")]
    MissingReference(String),
    /// A value breaks a CHECK of its column. A mistake in this program: values are checked before they get here.
    #[error("a value breaks a rule of its column: {0}")]
    RuleBroken(DbErr),
    /// What lies in the database is not what this program writes.
    #[error("the database holds something unreadable: {0}")]
    Corrupt(String),
    /// The schema is not the one this program knows.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A unit of work died, or the store was closed while it waited. Nothing was changed.
    #[error("the unit of work was given up: {0}")]
    GivenUp(&'static str),
    /// Anything else: a mistake in this program.
    #[error("the database refused a statement: {0}")]
    Internal(DbErr),
}

tokio::task_local! {
    /// Set when an error passed through [`StoreError::from`] after which the whole transaction may be tried again. The
    /// unit's own error type hides it, so the writer looks here.
    pub(crate) static RETRY_SEEN: Cell<bool>;
    /// Set when an error passed through [`StoreError::from`] that says that the disk takes nothing.
    pub(crate) static DISK_REFUSED: Cell<Option<String>>;
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(reason) = disk_refusal(&error) {
            // Outside of a unit nobody listens.
            let _ = DISK_REFUSED.try_with(|seen| seen.set(Some(reason)));
        }
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(constraint)) => return Self::Duplicate { constraint },
            Some(SqlErr::ForeignKeyConstraintViolation(message)) => return Self::MissingReference(message),
            _ => {}
        }
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error),
            DbErr::Type(why) | DbErr::Json(why) => Self::Corrupt(why),
            _ => match code_of(&error).as_deref() {
                // SQLite: busy, locked (also by another process's schema change), full, cannot open, I/O error, read-only.
                Some(code) if is_sqlite_unavailable(code) => Self::Unavailable(error),
                // PostgreSQL: serialization failure, deadlock, lock not available.
                Some("40001" | "40P01" | "55P03") => {
                    // Outside of a unit nobody listens.
                    let _ = RETRY_SEEN.try_with(|seen| seen.set(true));
                    Self::Busy(error)
                }
                Some("23514") => Self::RuleBroken(error),
                Some("275") => Self::RuleBroken(error),
                // PostgreSQL: connection exceptions, insufficient resources, operator intervention (shutdown).
                Some(code) if code.len() == 5 && ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => {
                    Self::Unavailable(error)
                }
                Some(_) => Self::Internal(error),
                None if is_broken_connection(&error) => Self::Unavailable(error),
                None => Self::Internal(error),
            },
        }
    }
}

/// What the database said when the disk took nothing: full, an I/O error, read-only, or no file could be made.
pub(crate) fn disk_refusal(error: &DbErr) -> Option<String> {
    const SQLITE: [u32; 4] = [8, 10, 13, 14];
    let sea_orm::sqlx::Error::Database(inner) = runtime(error)? else { return None };
    let code = inner.code()?;
    let refused = match code.as_ref() {
        // PostgreSQL: disk full, I/O error.
        "53100" | "58030" => true,
        code => code.len() < 5 && code.parse::<u32>().is_ok_and(|code| SQLITE.contains(&(code & 0xff))),
    };
    refused.then(|| inner.message().to_owned())
}

/// Primary result code of an SQLite extended code: the low byte.
fn is_sqlite_unavailable(code: &str) -> bool {
    const UNAVAILABLE: [u32; 6] = [5, 6, 8, 10, 13, 14];
    // SQLSTATEs have five characters; extended result codes of SQLite stay below that.
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| UNAVAILABLE.contains(&(code & 0xff)))
}

fn runtime(error: &DbErr) -> Option<&sea_orm::sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner))
        | DbErr::Conn(RuntimeErr::SqlxError(inner)) => Some(inner),
        _ => None,
    }
}

fn code_of(error: &DbErr) -> Option<String> {
    match runtime(error)? {
        sea_orm::sqlx::Error::Database(inner) => inner.code().map(|code| code.into_owned()),
        _ => None,
    }
}

fn is_broken_connection(error: &DbErr) -> bool {
    use sea_orm::sqlx::Error;
    matches!(
        runtime(error),
        Some(Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed)
    )
}

impl StoreError {
    /// Whether nothing is wrong with the request itself and trying later may help (HTTP 503).
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NotWritable(_) | Self::Busy(_) | Self::GivenUp(_))
    }

    /// Whether it is a duplicate in the named constraint or column.
    #[must_use]
    pub fn is_duplicate_of(&self, name: &str) -> bool {
        matches!(self, Self::Duplicate { constraint } if constraint.contains(name))
    }
}
