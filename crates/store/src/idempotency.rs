//! Repeated requests get the answer of the first one.
//!
//! [`begin`] goes into the business transaction, before anything else is written; [`finish`] keeps the answer, best in
//! the same transaction, so that no crash can come between. A later [`finish`] replaces it (for example 202 by 200).

use std::collections::HashMap;
use std::time::Duration;

use gx_base::limits::IDEMPOTENCY_REPLAY_SECONDS;
use gx_types::{Actor, Sha256Hex, Timestamp};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::col::{Col, Stored};
use crate::error::StoreError;
use crate::set;
use crate::sql::statement;

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body as JSON.
    pub body: String,
}

/// What to do with a request that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The first with this key: go on.
    Fresh,
    /// The same request was answered before: give this answer and change nothing.
    Replay(Answer),
    /// The same request is under way (409, try again).
    InFlight,
    /// The key was used with another request (409).
    Reused,
}

/// Looks the key up, and takes it when it is free. Of two requests at the same time one waits for the other.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin(
    tx: &impl ConnectionTrait,
    actor: Actor,
    route: &str,
    key: &str,
    body_hash: Sha256Hex,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    let named = || vec![actor.to_raw().into(), route.into(), key.into()];
    // A row whose time is up is as good as none.
    let insert = "INSERT INTO idempotency_rows (actor, route, idempotency_key, body_hash, created_at, expires_at)
                  VALUES ($1, $2, $3, $4, $5, $6)
                  ON CONFLICT (actor, route, idempotency_key) DO UPDATE SET body_hash = excluded.body_hash,
                    created_at = excluded.created_at, expires_at = excluded.expires_at, answer_status = NULL,
                    answer_body = NULL
                  WHERE idempotency_rows.expires_at <= excluded.created_at";
    let expires = now.plus(Duration::from_secs(IDEMPOTENCY_REPLAY_SECONDS));
    let mut values = named();
    values.extend([body_hash.to_raw().into(), now.to_raw().into(), expires.to_raw().into()]);
    if tx.execute_raw(statement(tx, insert, values)).await?.rows_affected() == 1 {
        return Ok(Begun::Fresh);
    }

    let select = "SELECT body_hash, answer_status, answer_body FROM idempotency_rows
                  WHERE actor = $1 AND route = $2 AND idempotency_key = $3";
    let Some(row) = tx.query_one_raw(statement(tx, select, named())).await? else {
        // Swept between the two statements; the client's next try finds it free.
        return Ok(Begun::InFlight);
    };
    if row.try_get::<Col<Sha256Hex>>("", "body_hash")?.0 != body_hash {
        return Ok(Begun::Reused);
    }
    let status: Option<i64> = row.try_get("", "answer_status")?;
    let body: Option<String> = row.try_get("", "answer_body")?;
    match (status.and_then(|status| u16::try_from(status).ok()), body) {
        (Some(status), Some(body)) => Ok(Begun::Replay(Answer { status, body })),
        _ => Ok(Begun::InFlight),
    }
}

/// Keeps the answer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn finish(
    tx: &impl ConnectionTrait,
    actor: Actor,
    route: &str,
    key: &str,
    answer: &Answer,
) -> Result<(), StoreError> {
    let update = "UPDATE idempotency_rows SET answer_status = $4, answer_body = $5
                  WHERE actor = $1 AND route = $2 AND idempotency_key = $3";
    let values = vec![
        actor.to_raw().into(),
        route.into(),
        key.into(),
        i64::from(answer.status).into(),
        answer.body.clone().into(),
    ];
    tx.execute_raw(statement(tx, update, values)).await?;
    Ok(())
}

/// A request that was answered, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Who asked.
    pub actor: Actor,
    /// The key that came with it.
    pub key: String,
    /// The hash of its body.
    pub body_hash: Sha256Hex,
    /// What it was answered.
    pub answer: Answer,
}

/// What is kept of requests with these keys, whose time is not up.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn look_all(
    tx: &impl ConnectionTrait,
    route: &str,
    keys: &[(Actor, &str)],
    now: Timestamp,
) -> Result<HashMap<(String, String), (Sha256Hex, Begun)>, StoreError> {
    let sql = "SELECT i.actor, i.idempotency_key, i.body_hash, i.answer_status, i.answer_body
               FROM {rows} CROSS JOIN idempotency_rows i
               WHERE i.actor = e.value ->> 0 AND i.route = e.value ->> 1 AND i.idempotency_key = e.value ->> 2
                 AND i.expires_at > CAST(e.value ->> 3 AS BIGINT)";
    let rows = keys.iter().map(|(actor, key)| json!([actor.to_raw(), route, key, now.to_raw()])).collect();
    let mut found = HashMap::new();
    for row in set::query(tx, sql, rows).await? {
        let name: (String, String) = (row.try_get("", "actor")?, row.try_get("", "idempotency_key")?);
        let status: Option<i64> = row.try_get("", "answer_status")?;
        let body: Option<String> = row.try_get("", "answer_body")?;
        let begun = match (status.and_then(|status| u16::try_from(status).ok()), body) {
            (Some(status), Some(body)) => Begun::Replay(Answer { status, body }),
            _ => Begun::InFlight,
        };
        found.insert(name, (row.try_get::<Col<Sha256Hex>>("", "body_hash")?.0, begun));
    }
    Ok(found)
}

/// Keeps the answers of requests whose keys were free a moment ago, in the business transaction that [`look_all`] was
/// asked in.
///
/// # Errors
/// [`StoreError::Duplicate`] when one of the keys has been taken since; the transaction must be given up.
pub async fn keep_all(
    tx: &impl ConnectionTrait,
    route: &str,
    requests: &[Kept],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO idempotency_rows (actor, route, idempotency_key, body_hash, answer_status, answer_body,
                 created_at, expires_at)
               SELECT e.value ->> 0, e.value ->> 1, e.value ->> 2, e.value ->> 3, CAST(e.value ->> 4 AS BIGINT),
                 e.value ->> 5, CAST(e.value ->> 6 AS BIGINT), CAST(e.value ->> 7 AS BIGINT)
               FROM {rows} WHERE true
               ON CONFLICT (actor, route, idempotency_key) DO UPDATE SET body_hash = excluded.body_hash,
                 answer_status = excluded.answer_status, answer_body = excluded.answer_body,
                 created_at = excluded.created_at, expires_at = excluded.expires_at
               WHERE idempotency_rows.expires_at <= excluded.created_at";
    let expires = now.plus(Duration::from_secs(IDEMPOTENCY_REPLAY_SECONDS));
    let rows: Vec<_> = requests
        .iter()
        .map(|kept| {
            json!([
                kept.actor.to_raw(),
                route,
                kept.key,
                kept.body_hash.to_raw(),
                kept.answer.status,
                kept.answer.body,
                now.to_raw(),
                expires.to_raw(),
            ])
        })
        .collect();
    let written = set::execute(tx, sql, rows, vec![]).await?.map_or(0, |done| done.rows_affected());
    if usize::try_from(written) == Ok(requests.len()) {
        Ok(())
    } else {
        Err(StoreError::Duplicate { constraint: "idempotency_rows".to_owned() })
    }
}

/// Throws away rows whose time is up, at most `limit`. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sweep(tx: &impl ConnectionTrait, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let delete = "DELETE FROM idempotency_rows WHERE (actor, route, idempotency_key) IN (
                    SELECT actor, route, idempotency_key FROM idempotency_rows WHERE expires_at <= $1
                    ORDER BY expires_at LIMIT $2)";
    let values = vec![now.to_raw().into(), i64::from(limit).into()];
    Ok(tx.execute_raw(statement(tx, delete, values)).await?.rows_affected())
}
