//! Balances over time, out of the history.

use gx_types::{AccountId, Qirat, QiratSum, Timestamp};
use sea_orm::ConnectionTrait;

use crate::col::Col;
use crate::error::StoreError;
use crate::sql::statement;

/// Microseconds of a day.
const DAY_MICROS: i64 = 86_400_000_000;

/// The balance of an account after its last line before `at`; zero before its first.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn balance_before(db: &impl ConnectionTrait, account: AccountId, at: Timestamp) -> Result<Qirat, StoreError> {
    let sql = "SELECT balance_after FROM transactions \
         WHERE account_id = $1 AND occurred_at < $2 AND balance_after IS NOT NULL \
         ORDER BY block_number DESC, tx_position DESC, event_index DESC, leg DESC LIMIT 1";
    let row = db.query_one_raw(statement(db, sql, vec![Col(account).into(), Col(at).into()])).await?;
    Ok(row.map(|row| row.try_get::<Col<Qirat>>("", "balance_after")).transpose()?.map_or(Qirat::ZERO, |col| col.0))
}

/// The balance at the end of each day (UTC) of `[from, until)` on which something moved: days since 1970 with balances,
/// the oldest first.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn balances_by_day(
    db: &impl ConnectionTrait,
    account: AccountId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(i64, Qirat)>, StoreError> {
    let sql = format!(
        "SELECT day, balance_after FROM (\
           SELECT occurred_at / {DAY_MICROS} AS day, balance_after, ROW_NUMBER() OVER (\
             PARTITION BY occurred_at / {DAY_MICROS} \
             ORDER BY block_number DESC, tx_position DESC, event_index DESC, leg DESC) AS place \
           FROM transactions WHERE account_id = $1 AND occurred_at >= $2 AND occurred_at < $3 \
             AND balance_after IS NOT NULL) AS lines \
         WHERE place = 1 ORDER BY day"
    );
    let values = vec![Col(account).into(), Col(from).into(), Col(until).into()];
    let rows = db.query_all_raw(statement(db, sql, values)).await?;
    let mut days = Vec::with_capacity(rows.len());
    for row in rows {
        days.push((row.try_get("", "day")?, row.try_get::<Col<Qirat>>("", "balance_after")?.0));
    }
    Ok(days)
}

/// What moved in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turnover {
    /// What came in.
    pub came_in: QiratSum,
    /// What went out, without fees.
    pub went_out: QiratSum,
    /// Fees that were paid.
    pub fees: QiratSum,
    /// Lines of the history.
    pub lines: u64,
}

/// What moved on an account in `[from, until)`.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn turnover(
    db: &impl ConnectionTrait,
    account: AccountId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Turnover, StoreError> {
    let halves = |name: &str, condition: &str| {
        format!(
            "CAST(COALESCE(SUM(CASE WHEN {condition} THEN amount / 1000000 ELSE 0 END), 0) AS BIGINT) AS {name}_whole, \
             CAST(COALESCE(SUM(CASE WHEN {condition} THEN amount % 1000000 ELSE 0 END), 0) AS BIGINT) AS {name}_rest"
        )
    };
    let sql = format!(
        "SELECT {}, {}, {}, COUNT(*) AS line_count FROM transactions \
         WHERE account_id = $1 AND occurred_at >= $2 AND occurred_at < $3",
        halves("came_in", "direction = 'IN'"),
        halves("went_out", "direction = 'OUT' AND kind <> 'FEE'"),
        halves("fees", "direction = 'OUT' AND kind = 'FEE'"),
    );
    let values = vec![Col(account).into(), Col(from).into(), Col(until).into()];
    let row = db
        .query_one_raw(statement(db, sql, values))
        .await?
        .ok_or_else(|| StoreError::Corrupt("the sums gave no row".to_owned()))?;
    let sum = |name: &str| -> Result<QiratSum, StoreError> {
        Ok(QiratSum::from_halves(row.try_get("", &format!("{name}_whole"))?, row.try_get("", &format!("{name}_rest"))?))
    };
    let lines: i64 = row.try_get("", "line_count")?;
    Ok(Turnover {
        came_in: sum("came_in")?,
        went_out: sum("went_out")?,
        fees: sum("fees")?,
        lines: u64::try_from(lines).unwrap_or(0),
    })
}
