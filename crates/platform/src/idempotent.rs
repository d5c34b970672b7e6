//! Writes that can be repeated: the same key with the same body does it once and answers the same.
//!
//! What is kept is the *outcome* of the business transaction (for example the id of the command), not the bytes of the
//! answer: a repeated request then tells where that command stands by now.

use std::sync::Arc;

use gx_store::idempotency::{self, Answer, Begun};
use gx_store::{Tx, Work};
use gx_types::{Actor, ErrorCode, Sha256Hex};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::App;
use crate::http::{ApiError, ApiResult, IdempotencyKey};
use crate::secrets::sha256;

/// The outcome of a write, and whether an earlier request had done it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once<T> {
    /// The outcome.
    pub value: T,
    /// It is an earlier request's.
    pub replayed: bool,
}

/// What a repeated request's body is compared by.
///
/// # Errors
/// 500 never in practice: what was read from JSON has a JSON form.
pub fn body_hash<B: Serialize>(body: &B) -> ApiResult<Sha256Hex> {
    Ok(sha256(&serde_json::to_vec(body).map_err(ApiError::internal)?))
}

/// Runs `work` in one transaction together with its idempotency row. Without a key it just runs.
///
/// `work` may run more than once (see `Store::write`), so ids are made before and moved in.
///
/// # Errors
/// What `work` answers, and then nothing is kept; 409 `IDEMPOTENCY_KEY_REUSED` when the key came with another body,
/// `IDEMPOTENCY_IN_FLIGHT` while the first request is under way; 503 when the database is out of reach.
pub async fn idempotent<T, B, F>(
    app: &App,
    actor: Actor,
    route: &'static str,
    key: Option<&IdempotencyKey>,
    body: &B,
    work: F,
) -> ApiResult<Once<T>>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    B: Serialize,
    F: for<'tx> Fn(&'tx Tx) -> Work<'tx, T, ApiError> + Send + Sync + 'static,
{
    let work = Arc::new(work);
    let Some(key) = key else {
        let value = app.store().write(move |tx| work(tx)).await?;
        return Ok(Once { value, replayed: false });
    };
    let body_hash = body_hash(body)?;
    let (key, now) = (key.as_str().to_owned(), app.now());
    app.store()
        .write(move |tx| {
            let (work, key) = (Arc::clone(&work), key.clone());
            Box::pin(async move {
                match idempotency::begin(tx, actor, route, &key, body_hash, now).await? {
                    Begun::Fresh => {
                        let value = work(tx).await?;
                        let body = serde_json::to_string(&value).map_err(ApiError::internal)?;
                        idempotency::finish(tx, actor, route, &key, &Answer { status: 200, body }).await?;
                        Ok(Once { value, replayed: false })
                    }
                    Begun::Replay(answer) => {
                        let value = serde_json::from_str(&answer.body).map_err(ApiError::internal)?;
                        Ok(Once { value, replayed: true })
                    }
                    Begun::InFlight => Err(ApiError::new(ErrorCode::IdempotencyInFlight)),
                    Begun::Reused => Err(ApiError::new(ErrorCode::IdempotencyKeyReused)),
                }
            })
        })
        .await
}
