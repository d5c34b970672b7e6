//! Connecting, and the two doors: reading and writing.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr};
use tokio::sync::watch;

use crate::error::StoreError;
use crate::write::{Gatherings, SqliteWriter, Standing};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// How to connect.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Connections for reading, at most; they are opened when needed.
    pub read_connections_max: u32,
    /// Connections for writing on PostgreSQL, at most. SQLite has exactly one.
    pub write_connections_max: u32,
    /// How long a statement waits for a connection, or for another process's lock on an SQLite file.
    pub busy_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { read_connections_max: 6, write_connections_max: 8, busy_timeout: Duration::from_secs(5) }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) backend: Backend,
    pub(crate) read: DatabaseConnection,
    pub(crate) write: DatabaseConnection,
    /// Present on SQLite: every unit of the process goes through it.
    pub(crate) writer: Option<SqliteWriter>,
    /// Whether the last transaction could be written.
    pub(crate) standing: Standing,
    /// Counts commits, so that workers wake up without asking again and again.
    pub(crate) commits: watch::Sender<u64>,
    /// Units that are written together with others of their kind.
    pub(crate) gatherings: Gatherings,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.inner.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Connects to `url`: `sqlite:///path/to/file.db` (made when absent) or `postgres://…`. Must be called on a tokio
    /// runtime. Neither migrates nor checks the schema.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached or opened, or the URL is of another kind.
    pub async fn connect(url: &str, options: StoreOptions) -> Result<Self, StoreError> {
        let backend = if url.starts_with("sqlite:") {
            Backend::Sqlite
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Backend::Postgres
        } else {
            return Err(StoreError::Unavailable(DbErr::Custom(
                "DATABASE_URL begins with sqlite: or postgres:".to_owned(),
            )));
        };
        // The writer comes first: it makes the file and sets the journal mode.
        let write = match Database::connect(connect_options(url, backend, options, Door::Write)).await {
            Ok(write) => write,
            Err(error) => return Err(StoreError::Unavailable(why_not(url, backend, options, error).await)),
        };
        let read = Database::connect(connect_options(url, backend, options, Door::Read)).await?;
        let commits = watch::Sender::new(0);
        let standing = Standing::default();
        let writer = match backend {
            Backend::Sqlite => Some(
                SqliteWriter::start(write.clone(), commits.clone(), standing.clone())
                    .map_err(|error| StoreError::Unavailable(DbErr::Custom(format!("the writer's thread: {error}"))))?,
            ),
            Backend::Postgres => None,
        };
        let gatherings = Gatherings::default();
        Ok(Self { inner: Arc::new(Inner { backend, read, write, writer, standing, commits, gatherings }) })
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.inner.backend
    }

    /// The door for reading. Its connections refuse to write.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.inner.read
    }

    /// A receiver that changes whenever this process has committed a unit of work.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    /// Whether the database answers, and writes. After a transaction for which there was no room it writes something
    /// that changes nothing, to find out whether there is room again: nobody else may be writing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not answer, [`StoreError::NotWritable`] when it does not write.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read().execute_unprepared("SELECT 1").await?;
        if self.inner.standing.refusal().is_none() {
            return Ok(());
        }
        let tried: Result<(), StoreError> = self
            .write(|tx| {
                Box::pin(async move {
                    // The same value, and still a page that must find its place.
                    let sql =
                        "UPDATE schema_steps SET notes = notes WHERE version = (SELECT MAX(version) FROM schema_steps)";
                    tx.execute_unprepared(sql).await?;
                    Ok(())
                })
            })
            .await;
        match self.inner.standing.refusal() {
            Some(reason) => Err(StoreError::NotWritable(reason)),
            None => tried,
        }
    }

    /// Ends the writer after everything queued, and closes every connection.
    ///
    /// # Errors
    /// [`StoreError`] when a connection could not be closed.
    pub async fn close(&self) -> Result<(), StoreError> {
        if let Some(writer) = &self.inner.writer {
            writer.stop().await;
        }
        self.inner.read.close_by_ref().await?;
        self.inner.write.close_by_ref().await?;
        Ok(())
    }
}

/// Why there is no connection. The pool of PostgreSQL's connections tries again until its time is up and then says only
/// that; one connection alone says what is wrong.
async fn why_not(url: &str, backend: Backend, options: StoreOptions, error: DbErr) -> DbErr {
    use sea_orm::sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
    if backend == Backend::Sqlite {
        return error;
    }
    let Ok(alone) = url.parse::<PgConnectOptions>() else { return error };
    match tokio::time::timeout(options.busy_timeout, alone.connect()).await {
        Ok(Err(reason)) => DbErr::Conn(RuntimeErr::SqlxError(Arc::new(reason))),
        Ok(Ok(_)) | Err(_) => error,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Read,
    Write,
}

/// Prepared statements kept per connection. Batches come in nine sizes each, so the usual 100 would be too few.
const STATEMENTS_CACHED: usize = 400;
/// Memory for pages per SQLite connection that reads, and of the one that writes, KiB; taken when it is needed.
const SQLITE_CACHE_KIB: (i64, i64) = (8 * 1024, 32 * 1024);
/// Pages in the write-ahead log after which it is copied into the file, 4 KiB each. Pages that change all the time are
/// then copied once for many changes.
const SQLITE_CHECKPOINT_PAGES: u32 = 4_000;
/// Unused connections are closed after this long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

fn connect_options(url: &str, backend: Backend, options: StoreOptions, door: Door) -> ConnectOptions {
    let mut connect = ConnectOptions::new(url.to_owned());
    connect.sqlx_logging(false).acquire_timeout(options.busy_timeout).connect_timeout(options.busy_timeout);
    match (backend, door) {
        // The one writer stays for ever, so that its cache stays warm.
        (Backend::Sqlite, Door::Write) => {
            connect.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);
        }
        (_, Door::Read) => {
            connect.max_connections(options.read_connections_max).min_connections(0).idle_timeout(IDLE_TIMEOUT);
        }
        (Backend::Postgres, Door::Write) => {
            connect.max_connections(options.write_connections_max).min_connections(0).idle_timeout(IDLE_TIMEOUT);
        }
    }
    if backend == Backend::Sqlite {
        // A file does not hang up; asking each time whether it is there would double the way of a short query.
        connect.test_before_acquire(false);
    }
    let busy_timeout = options.busy_timeout;
    let cache_kib = if door == Door::Read { SQLITE_CACHE_KIB.0 } else { SQLITE_CACHE_KIB.1 };
    connect.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .create_if_missing(door == Door::Write)
            .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Full)
            .busy_timeout(busy_timeout)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS_CACHED)
            .pragma("cache_size", format!("-{cache_kib}"))
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES.to_string());
        if door == Door::Read { sqlite.pragma("query_only", "ON") } else { sqlite }
    });
    connect.map_sqlx_postgres_opts(move |postgres| {
        let postgres = postgres.application_name("gx").statement_cache_capacity(STATEMENTS_CACHED).options([
            ("timezone", "UTC"),
            ("lock_timeout", "10s"),
            ("statement_timeout", "60s"),
        ]);
        if door == Door::Read { postgres.options([("default_transaction_read_only", "on")]) } else { postgres }
    });
    connect
}

impl Backend {
    pub(crate) fn of(connection: &impl ConnectionTrait) -> Self {
        match connection.get_database_backend() {
            DbBackend::Postgres => Self::Postgres,
            _ => Self::Sqlite,
        }
    }
}
