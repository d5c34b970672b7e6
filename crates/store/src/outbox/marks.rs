//! What a submitter writes about the commands it holds: whole batches, one statement each.
//!
//! Every function names the states it starts from and the fence of the holder, and returns the commands it changed. A
//! command that is missing from the answer is no longer in the caller's hands: its lease ran out and another took it,
//! or the projector has settled it.

use gx_contracts::{Receipt, Refusal};
use gx_types::{CommandId, Timestamp, TxId};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::enqueue::{add_conflict_keys, is_shard_key};
use crate::audit;
use crate::col::{Col, Stored};
use crate::connect::Backend;
use crate::error::StoreError;
use crate::refusal;
use crate::sql::{BATCH_ROWS_MAX, filled, list, placeholders, statement};

/// Who holds which command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The command.
    pub command_id: CommandId,
    /// The fence of the claim.
    pub fence: i64,
}

/// An envelope to be stored before it is sent.
#[derive(Debug, Clone)]
pub struct StoredEnvelope {
    /// For which command.
    pub holder: Holder,
    /// The transaction.
    pub tx_id: TxId,
    /// The signed bytes.
    pub bytes: Vec<u8>,
}

/// A command that the ledger has committed.
#[derive(Debug, Clone)]
pub struct SettledCommand {
    /// Which command.
    pub holder: Holder,
    /// The transaction; for a replayed receipt the first one.
    pub tx_id: TxId,
    /// Its block.
    pub block: u64,
    /// What the contract answered.
    pub receipt: Receipt,
}

/// A command that the contract refused for good.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Which command.
    pub holder: Holder,
    /// Why.
    pub refusal: Refusal,
}

/// A command that goes back to the queue.
#[derive(Debug, Clone)]
pub struct Release {
    /// Which command.
    pub holder: Holder,
    /// Not to be taken before.
    pub next_attempt_at: Timestamp,
    /// What went wrong; `None` when nothing did, and then the attempt does not count.
    pub error: Option<(String, String)>,
    /// The ledger answered and wants it later: the attempt does not count, and the command waits anew from now on, so
    /// that nobody takes it for one that the ledger leaves waiting.
    pub sits_out: bool,
}

/// A command whose attempts are exhausted.
#[derive(Debug, Clone)]
pub struct Dead {
    /// Which command.
    pub holder: Holder,
    /// The last error.
    pub error_code: String,
    /// The last error, for operators.
    pub error_detail: String,
}

/// What became of an envelope that is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeFate {
    /// It is in a block, without effect, for good.
    Invalid,
    /// Nobody has seen it; it may still commit.
    Lost,
}

/// Adds the transaction of a row to its list of open ones.
const OPEN_WITH_THIS_ONE: &str = "CASE WHEN tx_id IS NULL THEN open_tx_ids \
    WHEN open_tx_ids = '[]' THEN '[\"' || tx_id || '\"]' \
    ELSE SUBSTR(open_tx_ids, 1, LENGTH(open_tx_ids) - 1) || ',\"' || tx_id || '\"]' END";

/// Stores envelopes, right before they are sent. Only for commands that have none.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is stored then, and nothing may be sent.
pub async fn store_envelopes(
    tx: &impl ConnectionTrait,
    envelopes: &[StoredEnvelope],
    now: Timestamp,
) -> Result<Vec<CommandId>, StoreError> {
    let rows: Vec<Vec<Value>> = envelopes
        .iter()
        .map(|envelope| {
            let mut row = holder_values(envelope.holder);
            row.extend([envelope.tx_id.to_raw().into(), envelope.bytes.clone().into()]);
            row
        })
        .collect();
    let set = "tx_id = v.tx, envelope = v.bytes, sent_at = $1";
    let from = "state = 'SUBMITTING' AND tx_id IS NULL";
    ids(&update(tx, "held, tx, bytes", set, from, "", &rows, now).await?)
}

/// Notes that envelopes were sent and their outcome is not known yet.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_submitted(
    tx: &impl ConnectionTrait,
    holders: &[Holder],
    now: Timestamp,
) -> Result<Vec<CommandId>, StoreError> {
    let rows: Vec<_> = holders.iter().map(|holder| holder_values(*holder)).collect();
    let from = "state = 'SUBMITTING' AND tx_id IS NOT NULL";
    ids(&update(tx, "held", "state = 'SUBMITTED'", from, "", &rows, now).await?)
}

/// Writes COMMITTED and frees the conflict keys.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_committed(
    tx: &impl ConnectionTrait,
    settled: &[SettledCommand],
    now: Timestamp,
) -> Result<Vec<CommandId>, StoreError> {
    let mut rows = Vec::with_capacity(settled.len());
    for settled in settled {
        let mut row = holder_values(settled.holder);
        row.extend([
            settled.tx_id.to_raw().into(),
            i64::try_from(settled.block).unwrap_or(i64::MAX).into(),
            receipt_text(&settled.receipt)?.into(),
        ]);
        rows.push(row);
    }
    let set = "state = 'COMMITTED', tx_id = v.tx, block_number = v.block, receipt = v.receipt, envelope = NULL, \
               open_tx_ids = '[]', void_pending = FALSE, error_code = NULL, error_detail = NULL, finished_at = $1";
    let from = "state IN ('SUBMITTING', 'SUBMITTED')";
    let changed = ids(&update(tx, "held, tx, block, receipt", set, from, "", &rows, now).await?)?;
    free_keys(tx, &changed).await?;
    Ok(changed)
}

/// Writes FAILED with the refusal, frees the conflict keys, and runs each command's reaction, in this transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_failed(
    tx: &impl ConnectionTrait,
    failed: &[Failed],
    now: Timestamp,
) -> Result<Vec<CommandId>, StoreError> {
    let rows: Vec<Vec<Value>> = failed
        .iter()
        .map(|failed| {
            let mut row = holder_values(failed.holder);
            row.extend([failed.refusal.code.as_str().into(), failed.refusal.detail.clone().into()]);
            row
        })
        .collect();
    let set = "state = 'FAILED', error_code = v.code, error_detail = v.detail, envelope = NULL, open_tx_ids = '[]', \
               void_pending = FALSE, finished_at = $1";
    let changed = update(tx, "held, code, detail", set, "state = 'SUBMITTING'", ", payload", &rows, now).await?;
    let ids = ids(&changed)?;
    free_keys(tx, &ids).await?;
    let mut entries = Vec::new();
    for row in &changed {
        let command_id = row.try_get::<Col<CommandId>>("", "command_id")?.0;
        let Some(failed) = failed.iter().find(|failed| failed.holder.command_id == command_id) else { continue };
        let payload: String = row.try_get("", "payload")?;
        let command = serde_json::from_str(&payload).map_err(|why| StoreError::Corrupt(why.to_string()))?;
        entries.extend(refusal::react(tx, command_id, &command, &failed.refusal, now).await?);
    }
    // Last: whoever appends to the chain next waits for this transaction.
    for entry in entries {
        audit::append(tx, entry).await?;
    }
    Ok(ids)
}

/// Notes a refusal that becomes final only when the ledger key is void.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_void_pending(
    tx: &impl ConnectionTrait,
    failed: &[Failed],
    now: Timestamp,
) -> Result<Vec<CommandId>, StoreError> {
    let rows: Vec<Vec<Value>> = failed
        .iter()
        .map(|failed| {
            let mut row = holder_values(failed.holder);
            row.extend([failed.refusal.code.as_str().into(), failed.refusal.detail.clone().into()]);
            row
        })
        .collect();
    let set = "void_pending = TRUE, error_code = v.code, error_detail = v.detail";
    ids(&update(tx, "held, code, detail", set, "state = 'SUBMITTING'", "", &rows, now).await?)
}

/// Gives up the stored envelopes, so that new ones can be stored. One that is lost stays on the list of open ones.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn endorse_anew(
    tx: &impl ConnectionTrait,
    holders: &[(Holder, EnvelopeFate)],
    now: Timestamp,
) -> Result<Vec<CommandId>, StoreError> {
    let rows: Vec<Vec<Value>> = holders
        .iter()
        .map(|(holder, fate)| {
            let mut row = holder_values(*holder);
            row.push(i64::from(*fate == EnvelopeFate::Lost).into());
            row
        })
        .collect();
    let set = format!(
        "state = 'SUBMITTING', attempts = attempts + 1, \
         open_tx_ids = CASE WHEN v.lost = 1 THEN {OPEN_WITH_THIS_ONE} ELSE open_tx_ids END, \
         tx_id = NULL, envelope = NULL, sent_at = NULL"
    );
    let from = "state IN ('SUBMITTING', 'SUBMITTED') AND tx_id IS NOT NULL";
    ids(&update(tx, "held, lost", &set, from, "", &rows, now).await?)
}

/// Puts commands without an envelope back into the queue, at their old place, and frees the conflict keys.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn release(
    tx: &impl ConnectionTrait,
    released: &[Release],
    now: Timestamp,
) -> Result<Vec<CommandId>, StoreError> {
    let rows: Vec<Vec<Value>> = released
        .iter()
        .map(|release| {
            let mut row = holder_values(release.holder);
            let (code, detail) =
                release.error.clone().map_or((None, None), |(code, detail)| (Some(code), Some(detail)));
            row.extend([
                release.next_attempt_at.to_raw().into(),
                i64::from(release.error.is_none() || release.sits_out).into(),
                i64::from(release.sits_out).into(),
                code.into(),
                detail.into(),
            ]);
            row
        })
        .collect();
    let set = "state = 'PENDING', next_attempt_at = v.due, attempts = attempts - v.uncounted, lease_owner = NULL, \
               queued_at = CASE WHEN v.anew = 1 THEN $1 ELSE queued_at END, \
               error_code = COALESCE(v.code, error_code), error_detail = COALESCE(v.detail, error_detail)";
    let from = "state = 'SUBMITTING' AND tx_id IS NULL";
    let changed = ids(&update(tx, "held, due, uncounted, anew, code, detail", set, from, "", &rows, now).await?)?;
    for ids in changed.chunks(BATCH_ROWS_MAX) {
        let ids = filled(ids);
        let sql = format!("UPDATE outbox_conflicts SET in_flight = FALSE WHERE command_id IN ({})", list(ids.len(), 1));
        let values = ids.iter().map(|id| Value::from(id.to_raw())).collect();
        tx.execute_raw(statement(tx, sql, values)).await?;
    }
    Ok(changed)
}

/// Lets go of every command of an owner as it is, so that another submitter takes it over at once: for a shutdown.
/// Returns how many there were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn let_go(tx: &impl ConnectionTrait, owner: &str, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE outbox_commands SET lease_until = 0, updated_at = $2
               WHERE state IN ('SUBMITTING', 'SUBMITTED') AND lease_owner = $1";
    Ok(tx.execute_raw(statement(tx, sql, vec![owner.into(), now.to_raw().into()])).await?.rows_affected())
}

/// Writes DEAD and frees conflict and ordering keys. An envelope that was stored stays on the list of open ones.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_dead(tx: &impl ConnectionTrait, dead: &[Dead], now: Timestamp) -> Result<Vec<CommandId>, StoreError> {
    let rows: Vec<Vec<Value>> = dead
        .iter()
        .map(|dead| {
            let mut row = holder_values(dead.holder);
            row.extend([dead.error_code.clone().into(), dead.error_detail.clone().into()]);
            row
        })
        .collect();
    // A refusal that waits for the key to be void must survive.
    let set = format!(
        "state = 'DEAD', finished_at = $1, lease_owner = NULL, \
         error_code = CASE WHEN void_pending THEN error_code ELSE v.code END, \
         error_detail = CASE WHEN void_pending THEN error_detail ELSE v.detail END, \
         open_tx_ids = {OPEN_WITH_THIS_ONE}, tx_id = NULL, envelope = NULL, sent_at = NULL"
    );
    let from = "state IN ('SUBMITTING', 'SUBMITTED')";
    let changed = ids(&update(tx, "held, code, detail", &set, from, "", &rows, now).await?)?;
    free_keys(tx, &changed).await?;
    Ok(changed)
}

/// Puts a dead command back into the queue, at the tail. `false` when it is not dead.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn replay(tx: &impl ConnectionTrait, command_id: CommandId, now: Timestamp) -> Result<bool, StoreError> {
    let position = match Backend::of(tx) {
        Backend::Sqlite => "(SELECT MAX(position) + 1 FROM outbox_commands)",
        Backend::Postgres => "nextval('outbox_positions')",
    };
    let sql = format!(
        "UPDATE outbox_commands SET state = 'PENDING', position = {position}, attempts = 0, next_attempt_at = $1, \
         queued_at = $1, updated_at = $1, finished_at = NULL \
         WHERE command_id = $2 AND state = 'DEAD' RETURNING payload"
    );
    let values = vec![now.to_raw().into(), command_id.to_raw().into()];
    let Some(row) = tx.query_one_raw(statement(tx, sql, values)).await? else { return Ok(false) };
    let payload: String = row.try_get("", "payload")?;
    let command: gx_contracts::Command =
        serde_json::from_str(&payload).map_err(|why| StoreError::Corrupt(why.to_string()))?;
    let mut keys = command.conflict_keys();
    keys.retain(|key| !is_shard_key(key));
    add_conflict_keys(tx, command_id, keys).await?;
    Ok(true)
}

/// A receipt as it is stored.
pub(super) fn receipt_text(receipt: &Receipt) -> Result<String, StoreError> {
    serde_json::to_string(receipt).map_err(|why| StoreError::Corrupt(why.to_string()))
}

fn holder_values(holder: Holder) -> Vec<Value> {
    vec![holder.command_id.to_raw().into(), holder.fence.into()]
}

fn ids(rows: &[QueryResult]) -> Result<Vec<CommandId>, StoreError> {
    rows.iter().map(|row| Ok(row.try_get::<Col<CommandId>>("", "command_id")?.0)).collect()
}

/// Updates the rows of `values` that are still in the hands of their holder and for which `from` holds. Each of
/// `values` starts with command and fence; `columns` names the fence and what follows. In `set`, `$1` is now.
async fn update(
    tx: &impl ConnectionTrait,
    columns: &str,
    set: &str,
    from: &str,
    returning: &str,
    values: &[Vec<Value>],
    now: Timestamp,
) -> Result<Vec<QueryResult>, StoreError> {
    let mut changed = Vec::new();
    for chunk in values.chunks(BATCH_ROWS_MAX) {
        let rows = filled(chunk);
        let width = rows.first().map_or(0, Vec::len);
        let sql = format!(
            "WITH v (id, {columns}) AS (VALUES {}) \
             UPDATE outbox_commands SET updated_at = $1, {set} FROM v \
             WHERE command_id = v.id AND fence = v.held AND {from} RETURNING command_id{returning}",
            placeholders(rows.len(), width, 2)
        );
        let mut parameters: Vec<Value> = vec![now.to_raw().into()];
        parameters.extend(rows.into_iter().flatten());
        changed.extend(tx.query_all_raw(statement(tx, sql, parameters)).await?);
    }
    Ok(changed)
}

/// Frees the conflict keys of commands that are final.
pub(super) async fn free_keys(tx: &impl ConnectionTrait, ids: &[CommandId]) -> Result<(), StoreError> {
    for ids in ids.chunks(BATCH_ROWS_MAX) {
        let ids = filled(ids);
        let sql = format!("DELETE FROM outbox_conflicts WHERE command_id IN ({})", list(ids.len(), 1));
        let values = ids.iter().map(|id| Value::from(id.to_raw())).collect();
        tx.execute_raw(statement(tx, sql, values)).await?;
    }
    Ok(())
}
