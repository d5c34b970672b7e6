//! Repeated requests get the answer of the first one.
//!
//! [`begin`] goes into the business transaction, before anything else is written; [`finish`] keeps the answer, best in
//! the same transaction, so that no crash can come between. A later [`finish`] replaces it (for example 202 by 200).

use std::time::Duration;

use gx_base::limits::IDEMPOTENCY_REPLAY_SECONDS;
use gx_types::{Actor, Sha256Hex, Timestamp};
use sea_orm::ConnectionTrait;

use crate::col::{Col, Stored};
use crate::error::StoreError;
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
