//! Watching ledger and checkpoint: the heartbeat row, the lag, and events that wait to be replayed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use gx_ledger::{LedgerError, LedgerInfo};
use gx_store::StoreError;
use gx_store::projection::checkpoint::{self, Stop};
use gx_store::repo::ledger_binding::{self, Beat};
use tokio_util::sync::CancellationToken;

use crate::nightly::{check_conservation, next_check};
use crate::projector::{PROJECTOR, Projector, ProjectorError};
use crate::{informational, metrics};

/// A ledger that does not answer within this is out of reach.
const LEDGER_ANSWER: Duration = Duration::from_secs(3);
/// How often parked events are tried again.
const REPLAY_EVERY: Duration = Duration::from_secs(30);

enum Binding {
    Beaten,
    Away,
}

impl Projector {
    /// Waits until ledger and database have met: the environment is bound to this ledger now. `false`: asked to stop.
    pub(crate) async fn bind(&self, stop: &CancellationToken) -> Result<bool, ProjectorError> {
        loop {
            if let Binding::Beaten = self.beat().await? {
                return Ok(true);
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(false),
                () = tokio::time::sleep(self.parts.settings.retry_after) => {}
            }
        }
    }

    /// Looks again and again until `stop`.
    pub(crate) async fn watch(&self, stop: &CancellationToken) -> Result<(), ProjectorError> {
        let mut beaten = Instant::now();
        let mut replayed: Option<Instant> = None;
        let mut check_at = next_check(self.parts.clock.now());
        loop {
            if beaten.elapsed() >= self.parts.settings.heartbeat_every && self.status.is_leading() {
                self.beat().await?;
                beaten = Instant::now();
            } else {
                self.look_at_ledger().await.ok();
            }
            self.look_at_checkpoint().await;
            if self.status.is_leading() && replayed.is_none_or(|at| at.elapsed() >= REPLAY_EVERY) {
                match informational::replay(&self.parts.store, self.parts.clock.now()).await {
                    Ok(waiting) => metrics::parked(waiting),
                    Err(error) => tracing::warn!(error = %error, "parked events could not be replayed"),
                }
                replayed = Some(Instant::now());
            }
            let now = self.parts.clock.now();
            if now >= check_at {
                check_at = next_check(now);
                if self.status.is_leading() {
                    tokio::spawn(check_conservation(self.parts.store.clone(), Arc::clone(&self.status)));
                }
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(self.parts.settings.watch_every) => {}
            }
        }
    }

    /// Asks the ledger how it is.
    async fn look_at_ledger(&self) -> Result<LedgerInfo, LedgerError> {
        let answer = tokio::time::timeout(LEDGER_ANSWER, self.parts.ledger.info()).await.unwrap_or_else(|_| {
            Err(LedgerError::Unreachable { detail: format!("no answer within {} s", LEDGER_ANSWER.as_secs()) })
        });
        match &answer {
            Ok(info) => self.status.ledger_answered(info.height, self.parts.clock.now()),
            Err(error) => self.status.ledger_failed(error.to_string()),
        }
        answer
    }

    /// Writes the heartbeat: that the ledger answered, or why not.
    async fn beat(&self) -> Result<Binding, ProjectorError> {
        let store = &self.parts.store;
        let info = match self.look_at_ledger().await {
            Ok(info) => info,
            Err(error) => {
                let (reason, now) = (error.to_string(), self.parts.clock.now());
                let written: Result<(), StoreError> = store
                    .write(move |tx| {
                        let reason = reason.clone();
                        Box::pin(async move { ledger_binding::missed(tx, &reason, now).await })
                    })
                    .await;
                if let Err(error) = written {
                    tracing::warn!(error = %error, "a missed heartbeat could not be written");
                }
                return Ok(Binding::Away);
            }
        };
        let now = self.parts.clock.now();
        let found = info.fingerprint;
        let beat = Beat {
            fingerprint: found,
            height: info.height,
            last_block_at: info.last_block_at,
            organisations: info.organisations,
        };
        let bound = store
            .write(move |tx| {
                let beat = beat.clone();
                Box::pin(async move {
                    if ledger_binding::beat(tx, &beat, now).await? {
                        return Ok(None);
                    }
                    Ok(ledger_binding::get(tx).await?.map(|row| row.fingerprint.0))
                })
            })
            .await;
        match bound {
            Ok(None) => Ok(Binding::Beaten),
            Ok(Some(bound)) => Err(ProjectorError::ForeignLedger { bound, found }),
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(error = %error, "the ledger's heartbeat could not be written");
                Ok(Binding::Away)
            }
        }
    }

    /// Reads where the read model stands, whoever moved it, and how old the oldest block is that it lacks.
    async fn look_at_checkpoint(&self) {
        match checkpoint::read(self.parts.store.read(), PROJECTOR).await {
            Ok(Some(row)) => {
                let stop = row.stopped_block.map(|block| Stop {
                    block: u64::try_from(block).unwrap_or(0),
                    tx_id: row.stopped_tx_id.map(|tx_id| tx_id.0),
                    event_index: row.stopped_event_index.and_then(|index| u64::try_from(index).ok()),
                    reason: row.stopped_reason.unwrap_or_default(),
                });
                self.status.checkpoint(u64::try_from(row.next_block).unwrap_or(0), stop);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(error = %error, "the projector's checkpoint could not be read"),
        }
        if let Some(number) = self.status.oldest_wanted() {
            let block = tokio::time::timeout(LEDGER_ANSWER, self.parts.ledger.blocks(number).next()).await;
            if let Ok(Some(Ok(block))) = block {
                self.status.oldest(number, block.timestamp);
            }
        }
        let standing = self.standing();
        metrics::standing(standing.next_block, standing.lag_blocks, standing.oldest_age, standing.stop.is_some());
    }
}
