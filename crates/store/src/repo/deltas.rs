//! Credits that wait for a sweep: which entries no sweep has named yet, and who has.
//!
//! The projector writes `ledger_deltas`; a sweep claims entries in `delta_claims` in the transaction that enqueues its
//! command, so that no two replicas name one entry.

use gx_types::{AccountId, CommandId, Timestamp};
use sea_orm::ConnectionTrait;

use crate::col::Col;
use crate::error::StoreError;
use crate::sql::statement;

/// Accounts with entries that wait for a sweep, none of which is under way, at most `limit`. Takes a few steps down an
/// index for each account, however many entries there are.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn accounts_to_sweep(connection: &impl ConnectionTrait, limit: u64) -> Result<Vec<AccountId>, StoreError> {
    let sql = format!(
        "WITH RECURSIVE owners (account_id) AS ( \
             SELECT MIN(account_id) FROM ledger_deltas WHERE swept_by IS NULL \
             UNION ALL \
             SELECT (SELECT MIN(d.account_id) FROM ledger_deltas d \
                 WHERE d.swept_by IS NULL AND d.account_id > owners.account_id) \
             FROM owners WHERE owners.account_id IS NOT NULL) \
         SELECT o.account_id FROM owners o WHERE o.account_id IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM delta_claims c WHERE c.account_id = o.account_id) LIMIT {limit}"
    );
    let rows = connection.query_all_raw(statement(connection, sql, vec![])).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get::<Col<AccountId>>("", "account_id").map(|col| col.0))
        .collect::<Result<_, _>>()?)
}

/// Claims up to `limit` of the oldest entries of an account for `command` and returns their keys. Entries that another
/// transaction claims at the same time are left to it.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn claim(
    tx: &impl ConnectionTrait,
    account: AccountId,
    command: CommandId,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<String>, StoreError> {
    // The limit is part of the text: for one that is bound, SQLite would plan the statement anew each time.
    let sql = format!(
        "INSERT INTO delta_claims (delta_key, account_id, command_id, claimed_at) \
         SELECT d.delta_key, d.account_id, $2, $3 FROM ledger_deltas d WHERE d.account_id = $1 AND d.swept_by IS NULL \
         AND NOT EXISTS (SELECT 1 FROM delta_claims c WHERE c.delta_key = d.delta_key) \
         ORDER BY d.block_number, d.delta_key LIMIT {limit} ON CONFLICT (delta_key) DO NOTHING RETURNING delta_key"
    );
    let values = vec![Col(account).into(), Col(command).into(), Col(now).into()];
    let rows = tx.query_all_raw(statement(tx, sql, values)).await?;
    Ok(rows.iter().map(|row| row.try_get("", "delta_key")).collect::<Result<_, _>>()?)
}

/// Whether any entry is claimed.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn any_claimed(connection: &impl ConnectionTrait) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS found FROM delta_claims LIMIT 1";
    Ok(connection.query_one_raw(statement(connection, sql, vec![])).await?.is_some())
}

/// Drops the claims of sweeps that are over: projected, or refused (their entries are free again). Returns how many.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn drop_finished_claims(tx: &impl ConnectionTrait) -> Result<u64, StoreError> {
    let sql = "DELETE FROM delta_claims WHERE command_id IN \
         (SELECT o.command_id FROM outbox_commands o WHERE o.command_id IN (SELECT DISTINCT command_id FROM delta_claims) \
         AND (o.state = 'FAILED' OR o.projected_block IS NOT NULL))";
    Ok(tx.execute_raw(statement(tx, sql, vec![])).await?.rows_affected())
}

/// Drops the claims of one sweep: the ledger refused it, so its entries are free again. Returns how many.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn release_claims(tx: &impl ConnectionTrait, command: CommandId) -> Result<u64, StoreError> {
    let sql = "DELETE FROM delta_claims WHERE command_id = $1";
    Ok(tx.execute_raw(statement(tx, sql, vec![Col(command).into()])).await?.rows_affected())
}
