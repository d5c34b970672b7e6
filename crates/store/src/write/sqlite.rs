//! SQLite: one writer, many units to one `fsync`.
//!
//! Units queue at one thread. It opens a transaction with `BEGIN IMMEDIATE`, runs every queued unit, commits once, and
//! only then tells the callers. When a unit fails, all of them are undone and run again, each in a savepoint of its own,
//! so that the others do not suffer; a commit that fails fails them all.
//!
//! When a transaction could not be ended as asked, its connection goes with it. On a full disk SQLite itself may have
//! ended it or not, and a driver that guesses wrong would put everything that follows into a transaction that never ends,
//! told to its callers as written.
//!
//! The thread is the writer's own: every payment passes it several times, and must not wait there behind requests that
//! are being read or answered.

use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::{Standing, Unit};
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
    /// Starts the thread. It ends when it is stopped, or when the writer is dropped.
    pub(crate) fn start(
        connection: DatabaseConnection,
        commits: watch::Sender<u64>,
        standing: Standing,
    ) -> std::io::Result<Self> {
        let (queue, units) = mpsc::channel(QUEUE_UNITS_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        std::thread::Builder::new()
            .name("gx-store-write".to_owned())
            .spawn(move || runtime.block_on(run_groups(connection, units, commits, standing)))?;
        Ok(Self { queue })
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

async fn run_groups(
    connection: DatabaseConnection,
    mut units: mpsc::Receiver<Message>,
    commits: watch::Sender<u64>,
    standing: Standing,
) {
    while let Some(message) = units.recv().await {
        let first = match message {
            Message::Unit(unit) => unit,
            Message::Stop(done) => {
                let _ = done.send(());
                return;
            }
        };
        let (stop, end) = standing.watch(run_group(&connection, first, &mut units, &standing)).await;
        match end {
            End::Committed => commits.send_modify(|commits| *commits = commits.wrapping_add(1)),
            End::Empty => {}
            End::Broken => renew(&connection).await,
        }
        if let Some(done) = stop {
            let _ = done.send(());
            return;
        }
    }
}

/// How a group ended.
enum End {
    /// Something was committed.
    Committed,
    /// Every unit had failed by itself, and all is undone.
    Empty,
    /// Nothing was committed, and what the connection holds is not known.
    Broken,
}

/// Closes the writer's connection, which undoes whatever is open in it; the next group opens another.
async fn renew(connection: &DatabaseConnection) {
    let closed = match connection.get_sqlite_connection_pool().acquire().await {
        Ok(connection) => connection.close().await,
        Err(error) => Err(error),
    };
    if let Err(error) = closed {
        tracing::warn!(%error, "the writer's connection could not be closed");
    }
}

/// Runs `first` and whatever else waits in one transaction. Returns a stop request met on the way, and how it ended.
async fn run_group(
    connection: &DatabaseConnection,
    first: Box<dyn Queued>,
    units: &mut mpsc::Receiver<Message>,
    standing: &Standing,
) -> (Option<oneshot::Sender<()>>, End) {
    let group = match begin(connection).await {
        Ok(group) => group,
        Err(error) => {
            standing.failed(&error);
            first.finish(Err(error.into()));
            return (None, End::Broken);
        }
    };
    let began = Instant::now();
    let mut stop = None;
    let mut ran: Vec<Box<dyn Queued>> = Vec::new();
    let mut next = Some(first);
    while let Some(mut unit) = next.take() {
        if !unit.is_abandoned() {
            let succeeded = unit.run(&group).await;
            ran.push(unit);
            if !succeeded {
                return (stop, undo_and_run_apart(connection, group, ran, standing).await);
            }
        }
        if ran.len() < GROUP_UNITS_MAX && began.elapsed() < GROUP_TIME_MAX {
            match units.try_recv() {
                Ok(Message::Unit(unit)) => next = Some(unit),
                Ok(Message::Stop(done)) => stop = Some(done),
                Err(_) => {}
            }
        }
    }
    (stop, commit(group, ran, standing).await)
}

/// After a unit that failed: everything is undone, and what succeeded before it runs again, each unit in a savepoint of
/// its own. Units that fail are few; savepoints for all of them would be a third of all statements.
async fn undo_and_run_apart(
    connection: &DatabaseConnection,
    group: DatabaseTransaction,
    mut units: Vec<Box<dyn Queued>>,
    standing: &Standing,
) -> End {
    let undone = group.rollback().await;
    if units.len() == 1 {
        // It was alone, and what it answered stands.
        units.into_iter().for_each(|unit| unit.finish(Ok(())));
        return if undone.is_ok() { End::Empty } else { End::Broken };
    }
    let group = match undone {
        Ok(()) => begin(connection).await,
        Err(error) => Err(error),
    };
    let group = match group {
        Ok(group) => group,
        Err(error) => {
            standing.failed(&error);
            fail_all(units, &error);
            return End::Broken;
        }
    };
    let mut committing: Vec<Box<dyn Queued>> = Vec::new();
    let mut left = units.drain(..);
    while let Some(mut unit) = left.next() {
        match run_in_savepoint(&group, unit.as_mut()).await {
            Ok(true) => committing.push(unit),
            Ok(false) => unit.finish(Ok(())),
            Err(error) => {
                // SQLite has undone the whole transaction (disk full, I/O error) or lost the connection.
                committing.push(unit);
                committing.extend(left);
                drop(group);
                standing.failed(&error);
                fail_all(committing, &error);
                return End::Broken;
            }
        }
    }
    commit(group, committing, standing).await
}

async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    connection.begin_with_options(immediate).await
}

/// Makes the units durable and tells their callers.
async fn commit(group: DatabaseTransaction, units: Vec<Box<dyn Queued>>, standing: &Standing) -> End {
    match group.commit().await {
        Ok(()) => {
            let end = if units.is_empty() { End::Empty } else { End::Committed };
            if !units.is_empty() {
                // Before anyone is told: whoever asks after that finds it so.
                standing.written();
            }
            units.into_iter().for_each(|unit| unit.finish(Ok(())));
            end
        }
        Err(error) => {
            standing.failed(&error);
            fail_all(units, &error);
            End::Broken
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
