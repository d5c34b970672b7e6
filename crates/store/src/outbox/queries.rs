//! What services, admin pages and metrics ask of the outbox.

use gx_types::{Actor, CommandId, GxId, OutboxState, ProfileId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::col::Col;
use crate::entity::outbox_commands::{Column, Entity, Model};
use crate::error::StoreError;
use crate::sql::statement;

/// How many commands are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Waiting for a submitter.
    pub pending: u64,
    /// In the hands of a submitter.
    pub submitting: u64,
    /// Sent, outcome open.
    pub submitted: u64,
    /// Dead letters.
    pub dead: u64,
    /// Committed, effects not in the read model yet.
    pub unprojected: u64,
}

/// A command by its id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn command(connection: &impl ConnectionTrait, command_id: CommandId) -> Result<Option<Model>, StoreError> {
    // Whoever waits for a command asks this: `one` would bind a LIMIT, for which SQLite plans the statement anew each time.
    Ok(Entity::find_by_id(Col(command_id)).all(connection).await?.pop())
}

/// Dead letters, the one that waits longest first, behind `after` (a position; 0 for the first page).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn dead_letters(connection: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .filter(Column::State.eq(OutboxState::Dead.as_str()))
        .filter(Column::Position.gt(after))
        .order_by_asc(Column::Position)
        .limit(limit)
        .all(connection)
        .await?)
}

/// How many commands are where.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn depth(connection: &impl ConnectionTrait) -> Result<Depth, StoreError> {
    // One state per statement, each answered from the partial index of that state.
    let count = async |filter: &str| -> Result<u64, StoreError> {
        let sql = format!("SELECT COUNT(*) AS commands FROM outbox_commands WHERE {filter}");
        let row = connection.query_one_raw(statement(connection, sql, vec![])).await?;
        let commands: i64 = row.map_or(Ok(0), |row| row.try_get("", "commands"))?;
        Ok(u64::try_from(commands).unwrap_or(0))
    };
    let leased = "state IN ('SUBMITTING', 'SUBMITTED')";
    Ok(Depth {
        pending: count("state = 'PENDING'").await?,
        submitting: count(&format!("{leased} AND state = 'SUBMITTING'")).await?,
        submitted: count(&format!("{leased} AND state = 'SUBMITTED'")).await?,
        dead: count("state = 'DEAD'").await?,
        unprojected: count("state = 'COMMITTED' AND projected_block IS NULL").await?,
    })
}

/// Since when the command waits that waits longest for the ledger; `None` when none does. Dead letters do not wait.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn oldest_waiting(connection: &impl ConnectionTrait) -> Result<Option<Timestamp>, StoreError> {
    // The head of the queue is the oldest in it; those in hand are few.
    let sql = "SELECT MIN(queued_at) AS since FROM (
            SELECT queued_at FROM (
                SELECT queued_at FROM outbox_commands WHERE state = 'PENDING' ORDER BY position LIMIT 1) AS head
            UNION ALL
            SELECT queued_at FROM outbox_commands WHERE state IN ('SUBMITTING', 'SUBMITTED')) AS waiting";
    let row = connection.query_one_raw(statement(connection, sql, vec![])).await?;
    let since: Option<Col<Timestamp>> = row.map_or(Ok(None), |row| row.try_get("", "since"))?;
    Ok(since.map(|since| since.0))
}

/// Whether any command is due. It may still be blocked by others.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn any_due(connection: &impl ConnectionTrait, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS found FROM outbox_commands WHERE state = 'PENDING' AND next_attempt_at <= $1 LIMIT 1";
    Ok(connection.query_one_raw(statement(connection, sql, vec![Col(now).into()])).await?.is_some())
}

/// Whether another submitter than `owner` holds commands.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn others_at_work(connection: &impl ConnectionTrait, owner: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS found FROM outbox_commands
               WHERE state IN ('SUBMITTING', 'SUBMITTED') AND lease_owner <> $1 LIMIT 1";
    Ok(connection.query_one_raw(statement(connection, sql, vec![owner.into()])).await?.is_some())
}

/// Whether any submitter has let a lease run out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn any_lease_over(connection: &impl ConnectionTrait, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS found FROM outbox_commands
               WHERE state IN ('SUBMITTING', 'SUBMITTED') AND lease_until < $1 LIMIT 1";
    Ok(connection.query_one_raw(statement(connection, sql, vec![Col(now).into()])).await?.is_some())
}

/// Commands that a person has under way, or that will move coins of the account `gx_id`: from acceptance until the
/// projector has written them. The kinds, one entry each.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn under_way(
    connection: &impl ConnectionTrait,
    person: ProfileId,
    gx_id: Option<GxId>,
) -> Result<Vec<String>, StoreError> {
    let mentions = gx_id.map_or_else(|| format!("%\"{person}\"%"), |id| format!("%\"{id}\"%"));
    let sql = "SELECT DISTINCT command_type FROM outbox_commands \
               WHERE (actor = $1 OR payload LIKE $2) AND (state IN ('PENDING', 'SUBMITTING', 'SUBMITTED', 'DEAD') \
               OR (state = 'COMMITTED' AND projected_block IS NULL)) ORDER BY command_type";
    let values = vec![Col(Actor::Person(person)).into(), mentions.into()];
    let rows = connection.query_all_raw(statement(connection, sql, values)).await?;
    Ok(rows.iter().map(|row| row.try_get("", "command_type")).collect::<Result<_, _>>()?)
}
