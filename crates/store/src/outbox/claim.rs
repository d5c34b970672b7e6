//! Taking commands out of the queue, under a lease.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use gx_contracts::{Command, Refusal, RefusalCode, genesis};
use gx_types::{CommandId, CorrelationId, CountryCode, LedgerKey, Timestamp, TxId};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::enqueue::{add_conflict_keys, is_shard_key, payload_of};
use crate::col::{Col, Stored};
use crate::connect::Backend;
use crate::error::StoreError;
use crate::sql::{filled, list, placeholders, statement};

/// How to claim.
#[derive(Debug, Clone)]
pub struct ClaimOptions {
    /// Who claims: unique for every start of a submitter.
    pub owner: String,
    /// How long the lease holds unless renewed.
    pub lease: Duration,
    /// Commands at most.
    pub commands_max: usize,
    /// Commands looked at, at most: those behind them wait for the next claim, which goes on after the cursor.
    pub window: usize,
    /// Look behind this position; 0 for the head of the queue.
    pub cursor: i64,
}

/// A command in the hands of a submitter.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The command.
    pub command_id: CommandId,
    /// Names this claim in every later write.
    pub fence: i64,
    /// What to do. For a registration with the shard that it holds.
    pub command: Command,
    /// Its ledger key.
    pub ledger_key: LedgerKey,
    /// For logs.
    pub correlation_id: CorrelationId,
    /// How often it was taken, this time included.
    pub attempts: u32,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// An envelope that was stored, and perhaps sent, by an earlier holder.
    pub envelope: Option<OpenEnvelope>,
    /// Earlier envelopes that were not found invalid.
    pub open_tx_ids: Vec<TxId>,
    /// A refusal that waits for the ledger key to be void.
    pub void_pending: Option<Refusal>,
}

/// A stored envelope whose outcome is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenEnvelope {
    /// The transaction.
    pub tx_id: TxId,
    /// Its signed bytes.
    pub bytes: Vec<u8>,
    /// When it was stored, right before it was sent.
    pub sent_at: Timestamp,
}

/// A command whose turn has come, as far as one look can tell.
#[derive(Debug, Clone)]
pub struct Due {
    /// The command.
    pub command_id: CommandId,
    /// What to do, when nothing stands against endorsing it before it is claimed: it has never had an envelope, and
    /// needs no shard.
    pub ready: Option<Command>,
}

/// A command to be claimed.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The command.
    pub command_id: CommandId,
    /// An envelope that was made for it meanwhile and not sent: transaction and signed bytes. It is stored with the claim.
    pub envelope: Option<(TxId, Vec<u8>)>,
}

const COLUMNS: &str = "position, command_id, fence, payload, ledger_key, correlation_id, attempts, queued_at, tx_id, \
                       envelope, sent_at, open_tx_ids, void_pending, error_code, error_detail";

/// Looks for due commands in queue order: none whose conflict key another command holds, none behind a live command with
/// the same ordering key, and of those with a common conflict key the first. Returns them with the position to go on
/// from; 0 when the end of the queue was seen. It takes nothing: [`take`] does, if nothing has changed by then.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn due(
    connection: &impl ConnectionTrait,
    options: &ClaimOptions,
    now: Timestamp,
) -> Result<(Vec<Due>, i64), StoreError> {
    let (candidates, cursor) = candidates(connection, options, now).await?;
    let chosen = apart(candidates, options.commands_max);
    Ok((chosen.into_iter().map(|one| Due { command_id: one.command_id, ready: one.ready }).collect(), cursor))
}

/// Takes those of the wanted commands that may still be taken: none whose conflict key another command holds by now, none
/// behind a live command with the same ordering key. An envelope that comes with a command is stored with the claim.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is taken then.
pub async fn take(
    tx: &impl ConnectionTrait,
    wanted: &[Wanted],
    options: &ClaimOptions,
    now: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    if Backend::of(tx) == Backend::Postgres {
        // Claims of several submitters one after another: each then sees what the others hold.
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(7454131)").await?;
    }
    let mut chosen = apart(still_due(tx, wanted, now).await?, wanted.len());
    assign_shards(tx, &mut chosen).await?;
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let chosen: Vec<CommandId> = chosen.iter().map(|candidate| candidate.command_id).collect();
    let may = |wanted: &&Wanted| chosen.contains(&wanted.command_id);
    let (with, without): (Vec<&Wanted>, Vec<&Wanted>) =
        wanted.iter().filter(may).partition(|wanted| wanted.envelope.is_some());
    let mut claimed = take_with_envelopes(tx, &with, options, now).await?;
    claimed.extend(take_as_they_are(tx, &without, options, now).await?);
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    claimed.sort_unstable_by_key(|(position, _)| *position);
    hold_keys(tx, &filled(&claimed.iter().map(|(_, one)| one.command_id).collect::<Vec<_>>())).await?;
    Ok(claimed.into_iter().map(|(_, claimed)| claimed).collect())
}

/// [`due`] and [`take`] in one: claims what is due, to be endorsed afterwards.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is claimed then.
pub async fn claim(
    tx: &impl ConnectionTrait,
    options: &ClaimOptions,
    now: Timestamp,
) -> Result<(Vec<Claimed>, i64), StoreError> {
    let (due, cursor) = due(tx, options, now).await?;
    let wanted: Vec<Wanted> =
        due.into_iter().map(|due| Wanted { command_id: due.command_id, envelope: None }).collect();
    Ok((take(tx, &wanted, options, now).await?, cursor))
}

/// Takes commands whose holder has let its lease run out, whatever their state; their keys stay held.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is taken then.
pub async fn take_over(
    tx: &impl ConnectionTrait,
    options: &ClaimOptions,
    now: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    let skip_locked = match Backend::of(tx) {
        // Another submitter taking over at this moment has them.
        Backend::Postgres => "FOR UPDATE SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "UPDATE outbox_commands SET state = 'SUBMITTING', fence = fence + 1, attempts = attempts + 1, \
         lease_owner = $1, lease_until = $2, updated_at = $3 \
         WHERE command_id IN (SELECT command_id FROM outbox_commands \
            WHERE state IN ('SUBMITTING', 'SUBMITTED') AND lease_until < $3 ORDER BY lease_until LIMIT $4 {skip_locked}) \
         RETURNING {COLUMNS}"
    );
    let values = vec![
        options.owner.clone().into(),
        now.plus(options.lease).to_raw().into(),
        now.to_raw().into(),
        i64::try_from(options.commands_max).unwrap_or(i64::MAX).into(),
    ];
    let rows = tx.query_all_raw(statement(tx, sql, values)).await?;
    let mut taken = read_claimed(tx, &rows, now).await?;
    taken.sort_unstable_by_key(|(position, _)| *position);
    Ok(taken.into_iter().map(|(_, claimed)| claimed).collect())
}

/// Makes every lease of `owner` hold until `now` plus `lease`. Returns how many there are.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn renew_leases(
    tx: &impl ConnectionTrait,
    owner: &str,
    lease: Duration,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = "UPDATE outbox_commands SET lease_until = $1
               WHERE state IN ('SUBMITTING', 'SUBMITTED') AND lease_owner = $2 AND lease_until >= $3";
    let values = vec![now.plus(lease).to_raw().into(), owner.into(), now.to_raw().into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected())
}

struct Candidate {
    command_id: CommandId,
    position: i64,
    keys: Vec<String>,
    /// See [`Due::ready`].
    ready: Option<Command>,
    /// Only for registrations, which need a shard.
    registration: Option<Command>,
}

/// Of candidates with a common conflict key the first; so many at most.
fn apart(candidates: Vec<Candidate>, commands_max: usize) -> Vec<Candidate> {
    let mut keys_taken = HashSet::new();
    let mut chosen = Vec::new();
    for candidate in candidates {
        if chosen.len() == commands_max {
            break;
        }
        if candidate.keys.iter().all(|key| !keys_taken.contains(key)) {
            keys_taken.extend(candidate.keys.iter().cloned());
            chosen.push(candidate);
        }
    }
    chosen
}

/// Which of the rows of `looked_at` may be taken, with their conflict keys.
const MAY_BE_TAKEN: &str = "
    FROM looked_at l LEFT JOIN outbox_conflicts k ON k.command_id = l.command_id
    WHERE NOT EXISTS (
        SELECT 1 FROM outbox_commands earlier
        WHERE earlier.ordering_key = l.ordering_key AND earlier.position < l.position
            AND earlier.state IN ('PENDING', 'SUBMITTING', 'SUBMITTED'))
    AND NOT EXISTS (
        SELECT 1 FROM outbox_conflicts mine
        JOIN outbox_conflicts held ON held.conflict_key = mine.conflict_key AND held.in_flight
        WHERE mine.command_id = l.command_id)
    ORDER BY l.position";

async fn candidates(
    connection: &impl ConnectionTrait,
    options: &ClaimOptions,
    now: Timestamp,
) -> Result<(Vec<Candidate>, i64), StoreError> {
    // The limit is part of the text: for one that is bound, SQLite would plan the statement anew each time.
    let window = i64::try_from(options.window).unwrap_or(i64::MAX);
    let sql = format!(
        "WITH looked_at AS (
            SELECT command_id, position, ordering_key, command_type, payload, tx_id, open_tx_ids, void_pending
            FROM outbox_commands
            WHERE state = 'PENDING' AND next_attempt_at <= $1 AND position > $2
            ORDER BY position LIMIT {window}
        )
        SELECT l.command_id, l.position, k.conflict_key, l.payload,
            (SELECT COUNT(*) FROM looked_at) AS looked_at,
            l.command_type = 'CREATE_USER' AS registers,
            l.tx_id IS NULL AND l.open_tx_ids = '[]' AND NOT l.void_pending AS is_fresh
        {MAY_BE_TAKEN}"
    );
    let values = vec![now.to_raw().into(), options.cursor.into()];
    let rows = connection.query_all_raw(statement(connection, sql, values)).await?;
    let candidates = read_candidates(&rows, |row| {
        // One that cannot be read is set aside when it is taken.
        let command = || Ok::<_, StoreError>(serde_json::from_str(&row.try_get::<String>("", "payload")?).ok());
        let (registers, is_fresh) = (row.try_get::<bool>("", "registers")?, row.try_get::<bool>("", "is_fresh")?);
        Ok((if is_fresh && !registers { command()? } else { None }, None))
    })?;
    // Unless it is known that there are no more, the end of the window is where the next look begins.
    let looked_at: Option<i64> = rows.first().map(|row| row.try_get("", "looked_at")).transpose()?;
    let cursor = match looked_at {
        Some(looked_at) if looked_at < window => 0,
        _ => end_of_window(connection, options, now, window).await?,
    };
    Ok((candidates, cursor))
}

async fn still_due(tx: &impl ConnectionTrait, wanted: &[Wanted], now: Timestamp) -> Result<Vec<Candidate>, StoreError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let ids = filled(&wanted.iter().map(|wanted| wanted.command_id).collect::<Vec<_>>());
    let sql = format!(
        "WITH looked_at AS (
            SELECT command_id, position, ordering_key, command_type, payload FROM outbox_commands
            WHERE state = 'PENDING' AND next_attempt_at <= $1 AND command_id IN ({})
        )
        SELECT l.command_id, l.position, k.conflict_key,
            CASE WHEN l.command_type = 'CREATE_USER' THEN l.payload END AS registration
        {MAY_BE_TAKEN}",
        list(ids.len(), 2)
    );
    let mut values: Vec<Value> = vec![now.to_raw().into()];
    values.extend(ids.iter().map(|id| Value::from(id.to_raw())));
    let rows = tx.query_all_raw(statement(tx, sql, values)).await?;
    read_candidates(&rows, |row| {
        let registration: Option<String> = row.try_get("", "registration")?;
        Ok((None, registration.and_then(|payload| serde_json::from_str(&payload).ok())))
    })
}

/// Reads candidates with their keys, one row for each key. `commands` reads what a candidate has ready, and registers.
fn read_candidates(
    rows: &[QueryResult],
    commands: impl Fn(&QueryResult) -> Result<(Option<Command>, Option<Command>), StoreError>,
) -> Result<Vec<Candidate>, StoreError> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for row in rows {
        let position: i64 = row.try_get("", "position")?;
        let key: Option<String> = row.try_get("", "conflict_key")?;
        match candidates.last_mut() {
            Some(last) if last.position == position => last.keys.extend(key),
            _ => {
                let (ready, registration) = commands(row)?;
                candidates.push(Candidate {
                    command_id: row.try_get::<Col<CommandId>>("", "command_id")?.0,
                    position,
                    keys: key.into_iter().collect(),
                    ready,
                    registration,
                });
            }
        }
    }
    Ok(candidates)
}

/// The last position of a full window; 0 when the end of the queue was seen.
async fn end_of_window(
    tx: &impl ConnectionTrait,
    options: &ClaimOptions,
    now: Timestamp,
    window: i64,
) -> Result<i64, StoreError> {
    let before = window - 1;
    let sql = format!(
        "SELECT position FROM outbox_commands WHERE state = 'PENDING' AND next_attempt_at <= $1 AND position > $2 \
         ORDER BY position LIMIT 1 OFFSET {before}"
    );
    let values = vec![now.to_raw().into(), options.cursor.into()];
    match tx.query_one_raw(statement(tx, sql, values)).await? {
        Some(row) => Ok(row.try_get("", "position")?),
        None => Ok(0),
    }
}

/// Gives each registration a shard of its country that nobody holds; one for which there is none is left in the queue.
async fn assign_shards(tx: &impl ConnectionTrait, chosen: &mut Vec<Candidate>) -> Result<(), StoreError> {
    if chosen.iter().all(|candidate| candidate.registration.is_none()) {
        return Ok(());
    }
    let sql = "SELECT conflict_key FROM outbox_conflicts
               WHERE in_flight AND conflict_key >= 'shard:' AND conflict_key < 'shard;'";
    let rows = tx.query_all_raw(statement(tx, sql, vec![])).await?;
    let mut held: BTreeSet<String> =
        rows.iter().map(|row| row.try_get("", "conflict_key")).collect::<Result<_, _>>()?;
    chosen.retain_mut(|candidate| {
        let Some(Command::CreateUser { nationality, shard, .. }) = &mut candidate.registration else { return true };
        let Some(free) = free_shard(*nationality, candidate.position, &held) else { return false };
        *shard = free;
        held.insert(shard_key(*nationality, free));
        true
    });
    for candidate in chosen {
        if let Some(command) = &candidate.registration {
            write_shard(tx, candidate.command_id, command).await?;
        }
    }
    Ok(())
}

fn shard_key(country: CountryCode, shard: u16) -> String {
    format!("shard:{country}:{shard}")
}

/// Starts at another shard for each position, so that all shards are used up at the same pace.
fn free_shard(country: CountryCode, position: i64, held: &BTreeSet<String>) -> Option<u16> {
    // A country that GX does not serve is refused by the contract, whatever its shard.
    let shards = genesis::shard_count(country.as_str()).unwrap_or(1).max(1);
    let start = u16::try_from(position.rem_euclid(i64::from(shards))).unwrap_or(0);
    (0..shards).map(|step| (start + step) % shards).find(|shard| !held.contains(&shard_key(country, *shard)))
}

async fn write_shard(tx: &impl ConnectionTrait, command_id: CommandId, command: &Command) -> Result<(), StoreError> {
    let update = "UPDATE outbox_commands SET payload = $1 WHERE command_id = $2";
    let values = vec![payload_of(command)?.into(), command_id.to_raw().into()];
    tx.execute_raw(statement(tx, update, values)).await?;
    // A command that was released before still has the key of its last shard.
    let delete = "DELETE FROM outbox_conflicts
                  WHERE command_id = $1 AND conflict_key >= 'shard:' AND conflict_key < 'shard;'";
    tx.execute_raw(statement(tx, delete, vec![command_id.to_raw().into()])).await?;
    let mut keys = command.conflict_keys();
    keys.retain(|key| is_shard_key(key));
    add_conflict_keys(tx, command_id, keys).await
}

/// What was claimed, with its place in the queue.
type Taken = Vec<(i64, Claimed)>;

async fn take_as_they_are(
    tx: &impl ConnectionTrait,
    wanted: &[&Wanted],
    options: &ClaimOptions,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let ids = filled(&wanted.iter().map(|wanted| wanted.command_id).collect::<Vec<_>>());
    let sql = format!(
        "UPDATE outbox_commands SET state = 'SUBMITTING', fence = fence + 1, attempts = attempts + 1, \
         lease_owner = $1, lease_until = $2, updated_at = $3 \
         WHERE state = 'PENDING' AND command_id IN ({}) RETURNING {COLUMNS}",
        list(ids.len(), 4)
    );
    let mut values = lease_values(options, now);
    values.extend(ids.iter().map(|id| Value::from(id.to_raw())));
    let rows = tx.query_all_raw(statement(tx, sql, values)).await?;
    read_claimed(tx, &rows, now).await
}

/// The claim and the envelope in one statement. A command that has had an envelope in between is not taken.
async fn take_with_envelopes(
    tx: &impl ConnectionTrait,
    wanted: &[&Wanted],
    options: &ClaimOptions,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let rows: Vec<[Value; 3]> = wanted
        .iter()
        .filter_map(|wanted| {
            let (tx_id, bytes) = wanted.envelope.as_ref()?;
            Some([wanted.command_id.to_raw().into(), tx_id.to_raw().into(), bytes.clone().into()])
        })
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let rows = filled(&rows);
    let sql = format!(
        "WITH v (id, made, bytes) AS (VALUES {}) \
         UPDATE outbox_commands SET state = 'SUBMITTING', fence = fence + 1, attempts = attempts + 1, \
         lease_owner = $1, lease_until = $2, updated_at = $3, tx_id = v.made, envelope = v.bytes, sent_at = $3 FROM v \
         WHERE command_id = v.id AND state = 'PENDING' AND tx_id IS NULL AND open_tx_ids = '[]' AND NOT void_pending \
         RETURNING {COLUMNS}",
        placeholders(rows.len(), 3, 4)
    );
    let mut values = lease_values(options, now);
    values.extend(rows.into_iter().flatten());
    let rows = tx.query_all_raw(statement(tx, sql, values)).await?;
    read_claimed(tx, &rows, now).await
}

fn lease_values(options: &ClaimOptions, now: Timestamp) -> Vec<Value> {
    vec![options.owner.clone().into(), now.plus(options.lease).to_raw().into(), now.to_raw().into()]
}

/// Marks the keys of the claimed commands as held. A key that is held already breaks the unique index, and with it the
/// whole claim.
async fn hold_keys(tx: &impl ConnectionTrait, ids: &[CommandId]) -> Result<(), StoreError> {
    let sql = format!("UPDATE outbox_conflicts SET in_flight = TRUE WHERE command_id IN ({})", list(ids.len(), 1));
    let values = ids.iter().map(|id| Value::from(id.to_raw())).collect();
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// Reads claimed rows. One that this program cannot read is dead, so that it does not stop the others.
async fn read_claimed(tx: &impl ConnectionTrait, rows: &[QueryResult], now: Timestamp) -> Result<Taken, StoreError> {
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let payload: String = row.try_get("", "payload")?;
        let command_id = row.try_get::<Col<CommandId>>("", "command_id")?.0;
        match serde_json::from_str(&payload) {
            Ok(command) => claimed.push((row.try_get::<i64>("", "position")?, read_one(row, command)?)),
            Err(why) => {
                tracing::error!(%command_id, error = %why, "a command cannot be read by this program and is set aside");
                let holder = super::Holder { command_id, fence: row.try_get("", "fence")? };
                let dead =
                    super::Dead { holder, error_code: "PAYLOAD_UNREADABLE".to_owned(), error_detail: why.to_string() };
                super::mark_dead(tx, &[dead], now).await?;
            }
        }
    }
    Ok(claimed)
}

fn read_one(row: &QueryResult, command: Command) -> Result<Claimed, StoreError> {
    let unreadable = |what: &str| StoreError::Corrupt(format!("outbox_commands.{what}"));
    let tx_id: Option<Col<TxId>> = row.try_get("", "tx_id")?;
    let bytes: Option<Vec<u8>> = row.try_get("", "envelope")?;
    let envelope = match (tx_id, bytes) {
        (Some(tx_id), Some(bytes)) => {
            Some(OpenEnvelope { tx_id: tx_id.0, bytes, sent_at: row.try_get::<Col<Timestamp>>("", "sent_at")?.0 })
        }
        _ => None,
    };
    let void_pending = if row.try_get("", "void_pending")? {
        let code: String = row.try_get("", "error_code")?;
        let code = RefusalCode::parse(&code).ok_or_else(|| unreadable("error_code"))?;
        Some(Refusal::with(code, row.try_get::<Option<String>>("", "error_detail")?.unwrap_or_default()))
    } else {
        None
    };
    let open: String = row.try_get("", "open_tx_ids")?;
    Ok(Claimed {
        command_id: row.try_get::<Col<CommandId>>("", "command_id")?.0,
        fence: row.try_get("", "fence")?,
        command,
        ledger_key: row.try_get::<Col<LedgerKey>>("", "ledger_key")?.0,
        correlation_id: row.try_get::<Col<CorrelationId>>("", "correlation_id")?.0,
        attempts: u32::try_from(row.try_get::<i64>("", "attempts")?).unwrap_or(u32::MAX),
        queued_at: row.try_get::<Col<Timestamp>>("", "queued_at")?.0,
        envelope,
        open_tx_ids: serde_json::from_str(&open).map_err(|_| unreadable("open_tx_ids"))?,
        void_pending,
    })
}
