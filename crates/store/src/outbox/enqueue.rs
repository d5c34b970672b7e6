//! Putting a command into the outbox.

use std::collections::HashSet;

use gx_contracts::Command;
use gx_types::{Actor, CommandId, CorrelationId, OutboxState, Qirat, Timestamp};
use sea_orm::{ConnectionTrait, Value};
use serde_json::json;

use crate::col::{Col, Stored};
use crate::connect::Backend;
use crate::error::StoreError;
use crate::set;
use crate::sql::{placeholders, statement};

/// A command to be enqueued.
#[derive(Debug, Clone)]
pub struct NewCommand {
    /// Its id, a new UUIDv7: made by the caller before the unit of work, so that a repeated unit gives the same one.
    pub command_id: CommandId,
    /// What the ledger shall do. Ledger key, ordering key, conflict keys and hold follow from it.
    pub command: Command,
    /// Who asks.
    pub actor: Actor,
    /// Ties log lines, rows and blocks together.
    pub correlation_id: CorrelationId,
    /// Now.
    pub now: Timestamp,
}

/// Keys of genesis shards are not stored with a new command: which shard a registration takes is decided when it is
/// claimed.
pub(super) fn is_shard_key(conflict_key: &str) -> bool {
    conflict_key.starts_with("shard:")
}

/// Puts a command at the tail of the queue, in the caller's transaction.
///
/// # Errors
/// [`StoreError::Duplicate`] with `ledger_key` in its constraint when a live or settled command has the same ledger
/// key: the same request was accepted before.
pub async fn enqueue(tx: &impl ConnectionTrait, new: NewCommand) -> Result<CommandId, StoreError> {
    let NewCommand { command_id, command, actor, correlation_id, now } = new;
    let payload = payload_of(&command)?;
    let hold = command.hold();
    // One writer at a time on SQLite; a sequence on PostgreSQL.
    let position = match Backend::of(tx) {
        Backend::Sqlite => "(SELECT COALESCE(MAX(position), 0) + 1 FROM outbox_commands)",
        Backend::Postgres => "nextval('outbox_positions')",
    };
    let insert = format!(
        "INSERT INTO outbox_commands (command_id, position, command_type, payload, ledger_key, ordering_key, actor, \
         correlation_id, hold_profile_id, hold_amount, state, next_attempt_at, queued_at, created_at, updated_at) \
         VALUES ($1, {position}, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $11, $11)"
    );
    let values: Vec<Value> = vec![
        command_id.to_raw().into(),
        command.kind().into(),
        payload.into(),
        command.ledger_key().to_raw().into(),
        command.ordering_key().into(),
        actor.to_raw().into(),
        correlation_id.to_raw().into(),
        hold.map(|hold| hold.profile_id.to_raw()).into(),
        hold.map_or(Qirat::ZERO, |hold| hold.amount).to_raw().into(),
        OutboxState::Pending.to_raw().into(),
        now.to_raw().into(),
    ];
    tx.execute_raw(statement(tx, insert, values)).await?;
    let mut keys = command.conflict_keys();
    keys.retain(|key| !is_shard_key(key));
    add_conflict_keys(tx, command_id, keys).await?;
    Ok(command_id)
}

/// Puts many commands at the tail of the queue, in their order, in the caller's transaction. Returns those that were
/// taken; one that is missing has the ledger key of a live or settled command: the same request was accepted before.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is enqueued then.
pub async fn enqueue_all(tx: &impl ConnectionTrait, new: &[NewCommand]) -> Result<HashSet<CommandId>, StoreError> {
    // Places: the rest of the statement is read before the first row is written.
    let position = match Backend::of(tx) {
        Backend::Sqlite => "(SELECT COALESCE(MAX(position), 0) + 1 FROM outbox_commands) + e.key",
        Backend::Postgres => "nextval('outbox_positions')",
    };
    let sql = format!(
        "INSERT INTO outbox_commands (command_id, position, command_type, payload, ledger_key, ordering_key, actor, \
         correlation_id, hold_profile_id, hold_amount, state, next_attempt_at, queued_at, created_at, updated_at) \
         SELECT e.value ->> 0, {position}, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5, \
         e.value ->> 6, e.value ->> 7, CAST(e.value ->> 8 AS BIGINT), 'PENDING', CAST(e.value ->> 9 AS BIGINT), \
         CAST(e.value ->> 9 AS BIGINT), CAST(e.value ->> 9 AS BIGINT), CAST(e.value ->> 9 AS BIGINT) \
         FROM {{rows}} WHERE true \
         ON CONFLICT (ledger_key) WHERE state <> 'FAILED' DO NOTHING RETURNING command_id"
    );
    let mut rows = Vec::with_capacity(new.len());
    for NewCommand { command_id, command, actor, correlation_id, now } in new {
        let hold = command.hold();
        rows.push(json!([
            command_id.to_raw(),
            command.kind(),
            payload_of(command)?,
            command.ledger_key().to_raw(),
            command.ordering_key(),
            actor.to_raw(),
            correlation_id.to_raw(),
            hold.map(|hold| hold.profile_id.to_raw()),
            hold.map_or(Qirat::ZERO, |hold| hold.amount).to_raw(),
            now.to_raw(),
        ]));
    }
    let mut taken = HashSet::with_capacity(new.len());
    for row in set::query(tx, &sql, rows).await? {
        taken.insert(row.try_get::<Col<CommandId>>("", "command_id")?.0);
    }

    let mut keys = Vec::new();
    for new in new.iter().filter(|new| taken.contains(&new.command_id)) {
        let mut own = new.command.conflict_keys();
        own.retain(|key| !is_shard_key(key));
        own.sort_unstable();
        own.dedup();
        keys.extend(own.into_iter().map(|key| json!([new.command_id.to_raw(), key])));
    }
    let sql = "INSERT INTO outbox_conflicts (command_id, conflict_key) SELECT e.value ->> 0, e.value ->> 1 FROM {rows}";
    set::execute(tx, sql, keys, vec![]).await?;
    Ok(taken)
}

/// The command as it is stored.
pub(super) fn payload_of(command: &Command) -> Result<String, StoreError> {
    serde_json::to_string(command).map_err(|why| StoreError::Corrupt(why.to_string()))
}

/// Notes what the command will write, not held yet.
pub(super) async fn add_conflict_keys(
    tx: &impl ConnectionTrait,
    command_id: CommandId,
    mut keys: Vec<String>,
) -> Result<(), StoreError> {
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Ok(());
    }
    let rows = placeholders(keys.len(), 2, 1);
    let insert = format!("INSERT INTO outbox_conflicts (command_id, conflict_key) VALUES {rows}");
    let values = keys.into_iter().flat_map(|key| [command_id.to_raw().into(), key.into()]).collect();
    tx.execute_raw(statement(tx, insert, values)).await?;
    Ok(())
}
