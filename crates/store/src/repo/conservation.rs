//! Whether the read model holds exactly the coins that were minted.

use gx_types::QiratSum;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::StoreError;
use crate::sql::statement;

/// The sums that must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conservation {
    /// Σ settled balances of people, treasuries and system accounts.
    pub balances: QiratSum,
    /// Σ credits that accounts wait for.
    pub unsettled_credits: QiratSum,
    /// Σ entries that no sweep has added to a balance.
    pub unswept_deltas: QiratSum,
    /// Σ minted, over all pools.
    pub minted: QiratSum,
    /// Pools that have minted more than their cap.
    pub pools_above_cap: u64,
    /// Accounts whose waiting credit is not the sum of their entries.
    pub accounts_out_of_step: u64,
}

impl Conservation {
    /// Whether nothing was lost and nothing was made.
    #[must_use]
    pub fn holds(&self) -> bool {
        [self.balances, self.unsettled_credits].into_iter().sum::<QiratSum>() == self.minted
            && self.unsettled_credits == self.unswept_deltas
            && self.pools_above_cap == 0
            && self.accounts_out_of_step == 0
    }
}

const SUMS: &str = "SELECT \
     (SELECT CAST(COALESCE(SUM(settled_balance / 1000000), 0) AS BIGINT) FROM accounts) AS balances_whole, \
     (SELECT CAST(COALESCE(SUM(settled_balance % 1000000), 0) AS BIGINT) FROM accounts) AS balances_rest, \
     (SELECT CAST(COALESCE(SUM(unsettled_credit / 1000000), 0) AS BIGINT) FROM accounts) AS credits_whole, \
     (SELECT CAST(COALESCE(SUM(unsettled_credit % 1000000), 0) AS BIGINT) FROM accounts) AS credits_rest, \
     (SELECT CAST(COALESCE(SUM(amount / 1000000), 0) AS BIGINT) FROM ledger_deltas WHERE swept_by IS NULL) AS deltas_whole, \
     (SELECT CAST(COALESCE(SUM(amount % 1000000), 0) AS BIGINT) FROM ledger_deltas WHERE swept_by IS NULL) AS deltas_rest, \
     (SELECT CAST(COALESCE(SUM(minted / 1000000), 0) AS BIGINT) FROM supply_pools) AS minted_whole, \
     (SELECT CAST(COALESCE(SUM(minted % 1000000), 0) AS BIGINT) FROM supply_pools) AS minted_rest, \
     (SELECT COUNT(*) FROM supply_pools WHERE minted > cap) AS pools_above_cap, \
     (SELECT COUNT(*) FROM accounts a WHERE a.unsettled_credit <> (SELECT CAST(COALESCE(SUM(d.amount), 0) AS BIGINT) \
         FROM ledger_deltas d WHERE d.account_id = a.account_id AND d.swept_by IS NULL)) AS accounts_out_of_step";

/// Sums everything up in one statement, so that all sums are of one moment. Reads every account: for checks, not for
/// requests of people.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn check(connection: &impl ConnectionTrait) -> Result<Conservation, StoreError> {
    let row = connection
        .query_one_raw(statement(connection, SUMS, vec![]))
        .await?
        .ok_or_else(|| StoreError::Corrupt("the sums gave no row".to_owned()))?;
    let sum = |name: &str| -> Result<QiratSum, StoreError> {
        Ok(QiratSum::from_halves(row.try_get("", &format!("{name}_whole"))?, row.try_get("", &format!("{name}_rest"))?))
    };
    Ok(Conservation {
        balances: sum("balances")?,
        unsettled_credits: sum("credits")?,
        unswept_deltas: sum("deltas")?,
        minted: sum("minted")?,
        pools_above_cap: count(&row, "pools_above_cap")?,
        accounts_out_of_step: count(&row, "accounts_out_of_step")?,
    })
}

fn count(row: &QueryResult, name: &str) -> Result<u64, StoreError> {
    let count: i64 = row.try_get("", name)?;
    Ok(u64::try_from(count).unwrap_or(0))
}
