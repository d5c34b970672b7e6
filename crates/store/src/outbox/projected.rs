//! What the projector writes about commands.

use gx_types::{CommandId, LedgerKey, Timestamp, TxId};
use sea_orm::{ConnectionTrait, Value};

use super::marks::free_keys;
use crate::col::{Col, Stored};
use crate::error::StoreError;
use crate::sql::{BATCH_ROWS_MAX, filled, placeholders, statement};

/// A transaction whose effects are in the read model.
#[derive(Debug, Clone)]
pub struct Projected {
    /// The ledger key: commands are matched by it, not by the transaction.
    pub ledger_key: LedgerKey,
    /// The transaction.
    pub tx_id: TxId,
    /// Its block.
    pub block: u64,
    /// The receipt as JSON.
    pub receipt: Option<String>,
}

/// Notes that the effects of commands are in the read model: releases their holds, and settles whatever the submitter
/// has not settled yet. To be called in the transaction that writes those effects. Transactions that no command of this
/// database caused are passed over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_projected(
    tx: &impl ConnectionTrait,
    projected: &[Projected],
    now: Timestamp,
) -> Result<Vec<(CommandId, LedgerKey)>, StoreError> {
    let mut changed = Vec::new();
    for chunk in projected.chunks(BATCH_ROWS_MAX) {
        let rows = filled(chunk);
        let sql = format!(
            "WITH v (key, tx, block, answer) AS (VALUES {}) \
             UPDATE outbox_commands SET updated_at = $1, state = 'COMMITTED', projected_block = v.block, \
             tx_id = v.tx, block_number = v.block, receipt = COALESCE(v.answer, receipt), envelope = NULL, \
             open_tx_ids = '[]', void_pending = FALSE, error_code = NULL, error_detail = NULL, \
             finished_at = COALESCE(CASE WHEN state = 'COMMITTED' THEN finished_at END, $1) FROM v \
             WHERE ledger_key = v.key AND state <> 'FAILED' RETURNING command_id, ledger_key",
            placeholders(rows.len(), 4, 2)
        );
        let mut values: Vec<Value> = vec![now.to_raw().into()];
        values.extend(rows.into_iter().flat_map(|row| {
            [
                row.ledger_key.to_raw().into(),
                row.tx_id.to_raw().into(),
                i64::try_from(row.block).unwrap_or(i64::MAX).into(),
                row.receipt.into(),
            ]
        }));
        for row in tx.query_all_raw(statement(tx, sql, values)).await? {
            changed.push((
                row.try_get::<Col<CommandId>>("", "command_id")?.0,
                row.try_get::<Col<LedgerKey>>("", "ledger_key")?.0,
            ));
        }
    }
    let ids: Vec<CommandId> = changed.iter().map(|(command_id, _)| *command_id).collect();
    free_keys(tx, &ids).await?;
    Ok(changed)
}
