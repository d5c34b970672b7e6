//! Writing down what flights have found out: many flights to one transaction.
//!
//! A flight hands in a [`Record`] and waits until it is durable. While one transaction commits, the records for the next
//! one gather, so that a thousand flights need few transactions.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gx_base::Clock;
use gx_store::outbox::{self, Dead, EnvelopeFate, Failed, Holder, Release, SettledCommand, StoredEnvelope};
use gx_store::{Store, StoreError, Tx};
use gx_types::{CommandId, Timestamp};
use tokio::sync::{mpsc, oneshot};

use crate::shared::OnRefused;

/// Records in one transaction, at most.
const BATCH_RECORDS_MAX: usize = 512;
/// Records that may wait; more make their flights wait.
const QUEUE_RECORDS_MAX: usize = 8_192;
/// Pauses before a failed transaction is tried again: first and longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

/// What a flight has found out.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    Envelope(StoredEnvelope),
    Submitted(Holder),
    Committed(SettledCommand),
    Failed(Failed),
    VoidPending(Failed),
    Anew(Holder, EnvelopeFate),
    Release(Release),
    Dead(Dead),
}

/// The submitter ends; nothing more is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

type Waiting = (Record, oneshot::Sender<bool>);

/// The door to the recorder's task.
pub(crate) struct Recorder {
    queue: mpsc::Sender<Waiting>,
}

impl Recorder {
    /// Starts the task. It ends when the last recorder is dropped and everything handed in is written.
    pub(crate) fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        on_refused: OnRefused,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(QUEUE_RECORDS_MAX);
        let task = tokio::spawn(write_batches(store, clock, on_refused, waiting));
        (Self { queue }, task)
    }

    /// Writes a record and returns when it is durable. `false`: the command is no longer in this submitter's hands, and
    /// nothing was written.
    ///
    /// # Errors
    /// [`Stopped`] when the submitter ends first.
    pub(crate) async fn write(&self, record: Record) -> Result<bool, Stopped> {
        let (reply, answer) = oneshot::channel();
        self.queue.send((record, reply)).await.map_err(|_| Stopped)?;
        answer.await.map_err(|_| Stopped)
    }
}

/// Records by kind, as the functions of the outbox take them.
#[derive(Debug, Default)]
struct Batch {
    envelopes: Vec<StoredEnvelope>,
    submitted: Vec<Holder>,
    committed: Vec<SettledCommand>,
    failed: Vec<Failed>,
    void_pending: Vec<Failed>,
    anew: Vec<(Holder, EnvelopeFate)>,
    released: Vec<Release>,
    dead: Vec<Dead>,
}

impl Batch {
    /// Adds a record and returns whose it is.
    fn add(&mut self, record: Record) -> CommandId {
        match record {
            Record::Envelope(envelope) => {
                let id = envelope.holder.command_id;
                self.envelopes.push(envelope);
                id
            }
            Record::Submitted(holder) => {
                self.submitted.push(holder);
                holder.command_id
            }
            Record::Committed(settled) => {
                let id = settled.holder.command_id;
                self.committed.push(settled);
                id
            }
            Record::Failed(failed) => {
                let id = failed.holder.command_id;
                self.failed.push(failed);
                id
            }
            Record::VoidPending(failed) => {
                let id = failed.holder.command_id;
                self.void_pending.push(failed);
                id
            }
            Record::Anew(holder, fate) => {
                self.anew.push((holder, fate));
                holder.command_id
            }
            Record::Release(release) => {
                let id = release.holder.command_id;
                self.released.push(release);
                id
            }
            Record::Dead(dead) => {
                let id = dead.holder.command_id;
                self.dead.push(dead);
                id
            }
        }
    }

    async fn write(&self, tx: &Tx, now: Timestamp) -> Result<Written, StoreError> {
        let mut accepted = outbox::store_envelopes(tx, &self.envelopes, now).await?;
        accepted.extend(outbox::mark_submitted(tx, &self.submitted, now).await?);
        accepted.extend(outbox::mark_void_pending(tx, &self.void_pending, now).await?);
        accepted.extend(outbox::endorse_anew(tx, &self.anew, now).await?);
        accepted.extend(outbox::release(tx, &self.released, now).await?);
        accepted.extend(outbox::mark_dead(tx, &self.dead, now).await?);
        accepted.extend(outbox::mark_committed(tx, &self.committed, now).await?);
        let refused = outbox::mark_failed(tx, &self.failed, now).await?;
        accepted.extend(&refused);
        Ok(Written { accepted: accepted.into_iter().collect(), refused })
    }
}

#[derive(Debug)]
struct Written {
    accepted: HashSet<CommandId>,
    refused: Vec<CommandId>,
}

async fn write_batches(store: Store, clock: Arc<dyn Clock>, on_refused: OnRefused, mut queue: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, BATCH_RECORDS_MAX).await > 0 {
        let mut batch = Batch::default();
        let replies: Vec<_> = waiting.drain(..).map(|(record, reply)| (batch.add(record), reply)).collect();
        let batch = Arc::new(batch);
        let mut pause = PAUSE.0;
        let written = loop {
            let (unit, now) = (batch.clone(), clock.now());
            let write = store.write(move |tx| {
                let batch = unit.clone();
                Box::pin(async move { batch.write(tx, now).await })
            });
            match write.await {
                Ok(written) => break Some(written),
                // Nobody waits any more: the submitter was stopped.
                Err(_) if replies.iter().all(|(_, reply)| reply.is_closed()) => break None,
                Err(error) => {
                    // Leases may run out meanwhile; then the fences refuse this batch, and others finish the work.
                    tracing::error!(error = %error, records = replies.len(), "the outbox cannot be written; trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        };
        let Some(written) = written else { continue };
        if !written.refused.is_empty() {
            on_refused(&written.refused);
        }
        for (command_id, reply) in replies {
            // A flight that has ended needs no answer.
            let _ = reply.send(written.accepted.contains(&command_id));
        }
    }
}
