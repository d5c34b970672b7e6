//! The heartbeat: asks the ledger for its height, writes the answer where services read it, and lets the breaker close.

use std::time::{Duration, Instant};

use gx_ledger::LedgerInfo;
use gx_store::outbox;
use gx_store::repo::ledger_binding::{self, Beat};

use crate::metric;
use crate::shared::Shared;
use crate::submitter::SubmitterError;

/// Longest wait for the answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Binds the environment to this ledger, or looks whether it is bound to this one. Tries until somebody answers.
pub(crate) async fn bind(shared: &Shared) -> Result<(), SubmitterError> {
    let mut tries = 0;
    loop {
        if beat(shared).await? {
            return Ok(());
        }
        tokio::time::sleep(shared.pause(Duration::from_millis(100), shared.options.heartbeat, tries)).await;
        tries += 1;
    }
}

/// Beats until the environment turns out to be bound to another ledger.
pub(crate) async fn keep_beating(shared: &Shared) -> SubmitterError {
    loop {
        tokio::time::sleep(shared.options.heartbeat).await;
        if let Err(error) = beat(shared).await {
            return error;
        }
        measure(shared).await;
    }
}

/// One beat; `false` when ledger or database did not answer.
async fn beat(shared: &Shared) -> Result<bool, SubmitterError> {
    let answer = tokio::time::timeout(ANSWER_MAX, shared.ledger.info()).await;
    let now = shared.now();
    let written = match answer {
        Ok(Ok(info)) => {
            let fingerprint = info.fingerprint;
            let beat = beat_of(info);
            let written = shared
                .store
                .write(move |tx| {
                    let beat = beat.clone();
                    Box::pin(async move { ledger_binding::beat(tx, &beat, now).await })
                })
                .await;
            if let Ok(false) = written {
                return Err(SubmitterError::OtherLedger { found: fingerprint });
            }
            shared.breaker.heartbeat(Instant::now());
            shared.beaten(None);
            written
        }
        Ok(Err(error)) => silent(shared, error.to_string()).await,
        Err(_) => silent(shared, format!("no answer within {} s", ANSWER_MAX.as_secs())).await,
    };
    match written {
        Ok(answered) => {
            shared.database_answered();
            Ok(answered)
        }
        Err(error) => {
            shared.database_failed("write the heartbeat", &error);
            Ok(false)
        }
    }
}

async fn silent(shared: &Shared, reason: String) -> Result<bool, gx_store::StoreError> {
    shared.beaten(Some(reason.clone()));
    missed(shared, reason).await
}

async fn missed(shared: &Shared, reason: String) -> Result<bool, gx_store::StoreError> {
    let now = shared.now();
    shared
        .store
        .write(move |tx| {
            let reason = reason.clone();
            Box::pin(async move { ledger_binding::missed(tx, &reason, now).await.map(|()| false) })
        })
        .await
}

fn beat_of(info: LedgerInfo) -> Beat {
    Beat {
        fingerprint: info.fingerprint,
        height: info.height,
        last_block_at: info.last_block_at,
        organisations: info.organisations,
    }
}

/// Depth and age of the queue.
async fn measure(shared: &Shared) {
    let read = shared.store.read();
    match (outbox::depth(read).await, outbox::oldest_waiting(read).await) {
        (Ok(depth), Ok(oldest)) => {
            metric::depth(depth, oldest.map_or(Duration::ZERO, |oldest| shared.now().since(oldest)));
        }
        (Err(error), _) | (_, Err(error)) => shared.database_failed("be measured", &error),
    }
    metric::breaker(shared.breaker.open_because().is_some());
}
