//! SQLite: one writer, many units to one `fsync`.
//!
//! Units queue at one task. It opens a transaction with `BEGIN IMMEDIATE`, runs every queued unit in a savepoint of its
//! own, commits once, and only then tells the callers. A unit that fails is rolled back to its savepoint without
//! touching the others; a commit that fails fails them all.

use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::Unit;
use crate::error::StoreError;

/// Units that may wait; more make their callers wait.
const QUEUE_UNITS_MAX: usize = 4096;
/// Units in one transaction at most.
const GROUP_UNITS_MAX: usize = 512;
/// A transaction that has run this long takes no further unit, so that nobody waits long for its `fsync`.
const GROUP_TIME_MAX: Duration = Duration::from_millis(20);

/// The door to the writer task.
pub(crate) struct SqliteWriter {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Unit(Box<dyn Queued>),
    Stop(oneshot::Sender<()>),
}

/// A unit with its types erased.
trait Queued: Send {
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;

    /// Runs it; `true` when it succeeded and waits for the commit.
    fn run<'a>(&'a mut self, tx: &'a DatabaseTransaction) -> BoxFuture<'a, bool>;

    /// Tells its caller.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Waiting<F, T, E> {
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Queued for Waiting<F, T, E>
where
    F: Unit<T, E>,
    T: Send,
    E: From<StoreError> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run<'a>(&'a mut self, tx: &'a DatabaseTransaction) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            // A panic in a unit is that unit's failure; the writer must outlive it.
            let result = std::panic::AssertUnwindSafe((self.work)(tx)).catch_unwind().await;
            self.result = Some(result.unwrap_or_else(|_| Err(StoreError::GivenUp("the unit of work panicked").into())));
            matches!(self.result, Some(Ok(_)))
        })
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.result, committed) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::GivenUp("the unit of work did not run").into()),
        };
        // A caller that has gone needs no answer.
        let _ = self.reply.send(answer);
    }
}

impl SqliteWriter {
    pub(crate) fn start(connection: DatabaseConnection, commits: watch::Sender<u64>) -> Self {
        let (queue, units) = mpsc::channel(QUEUE_UNITS_MAX);
        tokio::spawn(run_groups(connection, units, commits));
        Self { queue }
    }

    pub(crate) async fn run<F, T, E>(&self, work: F) -> Result<T, E>
    where
        F: Unit<T, E>,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let unit = Box::new(Waiting { work, result: None, reply });
        if self.queue.send(Message::Unit(unit)).await.is_err() {
            return Err(StoreError::GivenUp("the store is closed").into());
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::GivenUp("the writer ended").into()))
    }

    /// Returns when everything queued before has been committed and the writer has ended.
    pub(crate) async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.queue.send(Message::Stop(done)).await.is_ok() {
            // An error means the writer has ended already.
            let _ = stopped.await;
        }
    }
}

async fn run_groups(connection: DatabaseConnection, mut units: mpsc::Receiver<Message>, commits: watch::Sender<u64>) {
    while let Some(message) = units.recv().await {
        let first = match message {
            Message::Unit(unit) => unit,
            Message::Stop(done) => {
                let _ = done.send(());
                return;
            }
        };
        let (stop, any) = run_group(&connection, first, &mut units).await;
        if any {
            commits.send_modify(|commits| *commits = commits.wrapping_add(1));
        }
        if let Some(done) = stop {
            let _ = done.send(());
            return;
        }
    }
}

/// Runs `first` and whatever else waits in one transaction. Returns a stop request met on the way, and whether anything
/// was committed.
async fn run_group(
    connection: &DatabaseConnection,
    first: Box<dyn Queued>,
    units: &mut mpsc::Receiver<Message>,
) -> (Option<oneshot::Sender<()>>, bool) {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let group = match connection.begin_with_options(immediate).await {
        Ok(group) => group,
        Err(error) => {
            first.finish(Err(error.into()));
            return (None, false);
        }
    };
    let began = Instant::now();
    let mut stop = None;
    let mut committing: Vec<Box<dyn Queued>> = Vec::new();
    let mut next = Some(first);
    while let Some(mut unit) = next.take() {
        if !unit.is_abandoned() {
            match run_in_savepoint(&group, unit.as_mut()).await {
                Ok(true) => committing.push(unit),
                Ok(false) => unit.finish(Ok(())),
                Err(error) => {
                    // SQLite has undone the whole transaction (disk full, I/O error) or lost the connection.
                    committing.push(unit);
                    drop(group);
                    fail_all(committing, &error);
                    return (None, false);
                }
            }
        }
        if committing.len() < GROUP_UNITS_MAX && began.elapsed() < GROUP_TIME_MAX {
            match units.try_recv() {
                Ok(Message::Unit(unit)) => next = Some(unit),
                Ok(Message::Stop(done)) => stop = Some(done),
                Err(_) => {}
            }
        }
    }
    match group.commit().await {
        Ok(()) => {
            let any = !committing.is_empty();
            for unit in committing {
                unit.finish(Ok(()));
            }
            (stop, any)
        }
        Err(error) => {
            fail_all(committing, &error);
            (stop, false)
        }
    }
}

async fn run_in_savepoint(group: &DatabaseTransaction, unit: &mut dyn Queued) -> Result<bool, DbErr> {
    let savepoint = group.begin().await?;
    let succeeded = unit.run(&savepoint).await;
    if succeeded {
        savepoint.commit().await?
    } else {
        savepoint.rollback().await?
    }
    Ok(succeeded)
}

fn fail_all(units: Vec<Box<dyn Queued>>, error: &DbErr) {
    tracing::error!(error = %error, units = units.len(), "a group of units could not be committed; nothing of it was written");
    for unit in units {
        unit.finish(Err(error.clone().into()));
    }
}
