//! Since when an account holds an amount without a break: the timer of the hoarding tax, out of the history.
//!
//! The ledger writes the balance after every movement, and the projector keeps all of them, so nothing has to be kept
//! beside the history: the break is the last line below the amount, and the run begins with the line after it. That is
//! `HoardingTax::held_since`, step by step over all lines, and a test compares both.

use gx_types::{AccountId, Qirat, Timestamp};
use sea_orm::ConnectionTrait;

use crate::col::Col;
use crate::error::StoreError;
use crate::sql::statement;

/// A balance and its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// What the ledger says, as far as it is projected.
    pub settled: Qirat,
    /// Since when the balance has not been below the amount; `None` while it is below.
    pub held_since: Option<Timestamp>,
}

/// One statement, so that balance and time are of one moment. It reads the account's lines from the newest back to the
/// last one below the amount, by the index that the history has.
const HOLDING: &str = "WITH below AS (\
     SELECT block_number, tx_position, event_index, leg FROM transactions \
     WHERE account_id = $1 AND balance_after < $2 \
     ORDER BY block_number DESC, tx_position DESC, event_index DESC, leg DESC LIMIT 1) \
   SELECT a.settled_balance, (\
     SELECT t.occurred_at FROM transactions t \
     WHERE t.account_id = $1 AND t.balance_after IS NOT NULL \
       AND (t.block_number, t.tx_position, t.event_index, t.leg) > (\
         COALESCE((SELECT block_number FROM below), -1), COALESCE((SELECT tx_position FROM below), -1), \
         COALESCE((SELECT event_index FROM below), -1), COALESCE((SELECT leg FROM below), -1)) \
     ORDER BY t.block_number, t.tx_position, t.event_index, t.leg LIMIT 1) AS held_since \
   FROM accounts a WHERE a.account_id = $1";

/// The settled balance of an account and since when it holds `amount`; `None` for an account that the ledger does not
/// know.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn of(db: &impl ConnectionTrait, account: AccountId, amount: Qirat) -> Result<Option<Holding>, StoreError> {
    let values = vec![Col(account).into(), Col(amount).into()];
    let Some(row) = db.query_one_raw(statement(db, HOLDING, values)).await? else { return Ok(None) };
    Ok(Some(Holding {
        settled: row.try_get::<Col<Qirat>>("", "settled_balance")?.0,
        held_since: row.try_get::<Option<Col<Timestamp>>>("", "held_since")?.map(|at| at.0),
    }))
}
