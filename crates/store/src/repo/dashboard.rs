//! Figures for administrators: how much there is, and how much came on which day (UTC). From the read model alone.

use gx_types::{CountryCode, QiratSum, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::error::StoreError;
use crate::sql::statement;

/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// What came on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfDay {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// How many.
    pub count: u64,
    /// How much, for payments.
    pub volume: QiratSum,
}

/// How many payments between people are settled.
const PAYMENTS: &str = "SELECT COUNT(*) AS n FROM transactions WHERE kind = 'SENT'";
/// The same by day, with what the receivers got.
const PAYMENTS_BY_DAY: &str = "SELECT occurred_at / 86400000000 AS day, COUNT(*) AS n,
                      CAST(SUM(amount / 1000000) AS BIGINT) AS whole, CAST(SUM(amount % 1000000) AS BIGINT) AS rest
               FROM transactions WHERE kind = 'SENT' AND occurred_at >= $1 GROUP BY 1 ORDER BY 1";
/// People before a time.
const PEOPLE_BEFORE: &str = "SELECT COUNT(*) AS n FROM user_profiles WHERE created_at < $1";
/// People by day.
const PEOPLE_BY_DAY: &str =
    "SELECT created_at / 86400000000 AS day, COUNT(*) AS n FROM user_profiles WHERE created_at >= $1
               GROUP BY 1 ORDER BY 1";
/// People by country.
const PEOPLE_BY_COUNTRY: &str = "SELECT nationality_country_code AS code, COUNT(*) AS n FROM user_profiles
               GROUP BY nationality_country_code ORDER BY COUNT(*) DESC, nationality_country_code LIMIT $1";

/// The statements over tables that grow without end; a test looks that each is answered by an index, and from where it
/// begins where it names a time.
pub const GROWING: &[&str] = &[PAYMENTS, PAYMENTS_BY_DAY, PEOPLE_BEFORE, PEOPLE_BY_DAY, PEOPLE_BY_COUNTRY];

async fn one(db: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
    let row = db.query_one_raw(statement(db, sql, values)).await?;
    let row = row.ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
    count(&row, "n")
}

fn count(row: &QueryResult, column: &str) -> Result<u64, StoreError> {
    let number: i64 = row.try_get("", column)?;
    u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("a count of {number}")))
}

/// People who had an account before `time`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn people_before(db: &impl ConnectionTrait, time: Timestamp) -> Result<u64, StoreError> {
    one(db, PEOPLE_BEFORE, vec![time.micros().into()]).await
}

/// Accounts that were made, by day, since `from`; days without any are left out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn people_by_day(db: &impl ConnectionTrait, from: Timestamp) -> Result<Vec<OfDay>, StoreError> {
    let rows = db.query_all_raw(statement(db, PEOPLE_BY_DAY, vec![from.micros().into()])).await?;
    rows.iter()
        .map(|row| Ok(OfDay { day: row.try_get("", "day")?, count: count(row, "n")?, volume: QiratSum::default() }))
        .collect()
}

/// Payments between people that are settled, by day, since `from`; each counts once, with what the receiver got.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn payments_by_day(db: &impl ConnectionTrait, from: Timestamp) -> Result<Vec<OfDay>, StoreError> {
    let rows = db.query_all_raw(statement(db, PAYMENTS_BY_DAY, vec![from.micros().into()])).await?;
    rows.iter()
        .map(|row| {
            Ok(OfDay {
                day: row.try_get("", "day")?,
                count: count(row, "n")?,
                volume: QiratSum::from_halves(row.try_get("", "whole")?, row.try_get("", "rest")?),
            })
        })
        .collect()
}

/// Payments between people that are settled.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn payments(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    one(db, PAYMENTS, vec![]).await
}

/// Accounts with a GX id on the ledger.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn wallets(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    one(db, "SELECT COUNT(*) AS n FROM wallets", vec![]).await
}

/// Approvals that wait for a second person.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn pending_approvals(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    one(db, "SELECT COUNT(*) AS n FROM admin_approvals WHERE status = 'PENDING'", vec![]).await
}

/// The countries with the most people, most first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn countries(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<(CountryCode, u64)>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = db.query_all_raw(statement(db, PEOPLE_BY_COUNTRY, vec![limit.into()])).await?;
    rows.iter()
        .map(|row| {
            let code: String = row.try_get("", "code")?;
            let code = code.parse().map_err(|_| StoreError::Corrupt("the stored text is no country".to_owned()))?;
            Ok((code, count(row, "n")?))
        })
        .collect()
}
