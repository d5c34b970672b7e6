//! What the projector writes about commands.

use gx_contracts::{Receipt, ReceiptResult};
use gx_types::{CommandId, LedgerKey, Timestamp, TxId};
use sea_orm::{ConnectionTrait, Value};

use super::marks::{free_keys, receipt_text};
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
    /// What the contract answered.
    pub receipt: Receipt,
}

/// A command whose effects are in the read model now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NowProjected {
    /// The command.
    pub command_id: CommandId,
    /// The transaction that did it.
    pub tx_id: TxId,
    /// Its block.
    pub block: u64,
    /// When the command was accepted.
    pub created_at: Timestamp,
}

/// Notes that the effects of commands are in the read model: releases their holds, and settles whatever the submitter
/// has not settled yet. To be called in the transaction that writes those effects. Transactions that no command of this
/// database caused are passed over, and so are those that only voided a key: their command was refused.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_projected(
    tx: &impl ConnectionTrait,
    projected: &[Projected],
    now: Timestamp,
) -> Result<Vec<NowProjected>, StoreError> {
    let mut rows = Vec::with_capacity(projected.len());
    for done in projected {
        if done.receipt.result != ReceiptResult::Voided {
            let block = i64::try_from(done.block).unwrap_or(i64::MAX);
            let row: [Value; 4] = [
                done.ledger_key.to_raw().into(),
                done.tx_id.to_raw().into(),
                block.into(),
                receipt_text(&done.receipt)?.into(),
            ];
            rows.push(row);
        }
    }
    let mut changed = Vec::new();
    for chunk in rows.chunks(BATCH_ROWS_MAX) {
        let rows = filled(chunk);
        let sql = format!(
            "WITH v (key, tx, block, answer) AS (VALUES {}) \
             UPDATE outbox_commands SET updated_at = $1, state = 'COMMITTED', projected_block = v.block, \
             tx_id = v.tx, block_number = v.block, receipt = v.answer, envelope = NULL, \
             open_tx_ids = '[]', void_pending = FALSE, error_code = NULL, error_detail = NULL, \
             finished_at = COALESCE(CASE WHEN state = 'COMMITTED' THEN finished_at END, $1) FROM v \
             WHERE ledger_key = v.key AND state <> 'FAILED' RETURNING command_id, tx_id, block_number, created_at",
            placeholders(rows.len(), 4, 2)
        );
        let mut values: Vec<Value> = vec![now.to_raw().into()];
        values.extend(rows.into_iter().flatten());
        for row in tx.query_all_raw(statement(tx, sql, values)).await? {
            changed.push(NowProjected {
                command_id: row.try_get::<Col<CommandId>>("", "command_id")?.0,
                tx_id: row.try_get::<Col<TxId>>("", "tx_id")?.0,
                block: u64::try_from(row.try_get::<i64>("", "block_number")?).unwrap_or(0),
                created_at: row.try_get::<Col<Timestamp>>("", "created_at")?.0,
            });
        }
    }
    let ids: Vec<CommandId> = changed.iter().map(|now| now.command_id).collect();
    free_keys(tx, &ids).await?;
    Ok(changed)
}
