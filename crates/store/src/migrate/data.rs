//! Data steps.

use std::future::Future;
use std::pin::Pin;

use gx_contracts::countries::{COUNTRIES, COUNTRY_COUNT, SHARE_TOTAL_E8};
use gx_types::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::error::StoreError;
use crate::repair;
use crate::sql::statement;

type Boxed<'tx, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'tx>>;

/// The countries of the data file; their state on the ledger stays empty until an event fills it.
pub(super) fn add_countries(tx: &DatabaseTransaction, _now: Timestamp) -> Boxed<'_, Vec<String>> {
    Box::pin(async move {
        for country in &COUNTRIES {
            let share = i64::try_from(country.share_e8).unwrap_or(i64::MAX);
            let insert = "INSERT INTO countries (country_code, country_name, share_e8) VALUES ($1, $2, $3)
                          ON CONFLICT (country_code) DO NOTHING";
            tx.execute_raw(statement(tx, insert, vec![country.code.into(), country.name.into(), share.into()])).await?;
        }
        Ok(vec![format!("{COUNTRY_COUNT} countries")])
    })
}

pub(super) fn countries_are_complete(tx: &DatabaseTransaction) -> Boxed<'_, Result<(), String>> {
    Box::pin(async move {
        let sql = "SELECT COUNT(*) AS countries, CAST(SUM(share_e8) AS BIGINT) AS shares FROM countries";
        let row = tx.query_one_raw(statement(tx, sql, vec![])).await?;
        let Some(row) = row else { return Ok(Err("the countries cannot be counted".to_owned())) };
        let countries: i64 = row.try_get("", "countries")?;
        let shares: Option<i64> = row.try_get("", "shares")?;
        let complete = usize::try_from(countries) == Ok(COUNTRY_COUNT)
            && shares.and_then(|shares| u64::try_from(shares).ok()) == Some(SHARE_TOTAL_E8);
        Ok(if complete { Ok(()) } else { Err(format!("{countries} countries with a share of {shares:?} in all")) })
    })
}

/// Rows that came from an older build. Says what it did, without personal data.
pub(super) fn repair_people(tx: &DatabaseTransaction, now: Timestamp) -> Boxed<'_, Vec<String>> {
    Box::pin(async move { Ok(repair::apply(tx, now).await?.iter().map(ToString::to_string).collect()) })
}

pub(super) fn people_are_repaired(tx: &DatabaseTransaction) -> Boxed<'_, Result<(), String>> {
    Box::pin(async move {
        let left = repair::plan(tx).await?;
        Ok(if left.is_empty() { Ok(()) } else { Err(format!("{} people are not repaired", left.len())) })
    })
}
