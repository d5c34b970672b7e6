//! Databases for tests: one of its own for every test, thrown away afterwards.

use std::sync::atomic::{AtomicU64, Ordering};

use gx_base::SystemClock;
use sea_orm::{ConnectionTrait, Database};

use crate::connect::{Backend, Store, StoreOptions};
use crate::error::StoreError;

/// A database that is gone when this is dropped.
pub struct TestStore {
    /// The store, migrated.
    pub store: Store,
    /// Where it is, for a second connection.
    pub url: String,
    _place: Place,
}

/// What is thrown away.
enum Place {
    Folder { _folder: tempfile::TempDir },
    Database { _database: TestDatabase },
}

/// A database on the test server.
struct TestDatabase {
    server: String,
    name: String,
}

impl Drop for TestDatabase {
    /// Hundreds of databases would fill the disk of the test machine, so each goes as soon as its test is over.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own, because this may run inside of a runtime, which must not be blocked by another.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.is_ok_and(|runtime| {
                runtime.block_on(async {
                    let Ok(admin) = Database::connect(&server).await else { return false };
                    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    let dropped = admin.execute_unprepared(&sql).await.is_ok();
                    dropped && admin.close().await.is_ok()
                })
            })
        });
        if !dropped.join().unwrap_or(false) {
            tracing::warn!(database = self.name, "a test database could not be dropped");
        }
    }
}

static DATABASES: AtomicU64 = AtomicU64::new(0);

/// The server of the test runner: a superuser URL on which tests make databases of their own.
pub const POSTGRES_URL_VARIABLE: &str = "GX_TEST_POSTGRES_URL";

impl TestStore {
    /// An empty SQLite database, not migrated.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be made.
    pub async fn empty_sqlite() -> Result<Self, StoreError> {
        let folder = folder().map_err(|why| StoreError::Corrupt(format!("no temporary folder: {why}")))?;
        let url = format!("sqlite://{}/gx.db", folder.path().display());
        let store = Store::connect(&url, patient()).await?;
        Ok(Self { store, url, _place: Place::Folder { _folder: folder } })
    }

    /// An empty PostgreSQL database, not migrated; `None` without a server.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be made.
    pub async fn empty_postgres() -> Result<Option<Self>, StoreError> {
        let Ok(server) = std::env::var(POSTGRES_URL_VARIABLE) else { return Ok(None) };
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("gx_test_{}_{number}", std::process::id());
        let admin = Database::connect(&server).await?;
        admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        admin.close().await?;
        let place = Place::Database { _database: TestDatabase { server: server.clone(), name: name.clone() } };
        let url = with_database(&server, &name);
        let options = StoreOptions { read_connections_max: 3, write_connections_max: 4, ..patient() };
        let store = Store::connect(&url, options).await?;
        Ok(Some(Self { store, url, _place: place }))
    }

    /// An empty database of the given kind; `None` for PostgreSQL without a server.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be made.
    pub async fn empty(backend: Backend) -> Result<Option<Self>, StoreError> {
        match backend {
            Backend::Sqlite => Self::empty_sqlite().await.map(Some),
            Backend::Postgres => Self::empty_postgres().await,
        }
    }

    /// A migrated database of the given kind; `None` for PostgreSQL without a server.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be made.
    pub async fn migrated(backend: Backend) -> Result<Option<Self>, StoreError> {
        let Some(test) = Self::empty(backend).await? else { return Ok(None) };
        test.store.migrate(&SystemClock).await?;
        Ok(Some(test))
    }

    /// A migrated SQLite database.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be made.
    pub async fn sqlite() -> Result<Self, StoreError> {
        let test = Self::empty_sqlite().await?;
        test.store.migrate(&SystemClock).await?;
        Ok(test)
    }

    /// A migrated database on every server there is: SQLite always, PostgreSQL when the runner gives one.
    ///
    /// # Errors
    /// [`StoreError`] when one cannot be made.
    pub async fn each() -> Result<Vec<Self>, StoreError> {
        let mut stores = vec![Self::sqlite().await?];
        stores.extend(Self::migrated(Backend::Postgres).await?);
        Ok(stores)
    }
}

/// Patient, because many suites share a machine and being late is no fault here.
fn patient() -> StoreOptions {
    StoreOptions { busy_timeout: std::time::Duration::from_secs(60), ..StoreOptions::default() }
}

/// A temporary folder, in memory where the system has such: every unit of work ends with an `fsync`, and thousands of
/// them on a busy disk are what tests would spend their time on.
fn folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// Replaces the database in a URL, keeping its parameters.
fn with_database(server: &str, name: &str) -> String {
    let (address, parameters) = server.split_once('?').map_or((server, ""), |(a, p)| (a, p));
    let host_end = address.find("://").map_or(0, |at| at + 3);
    let base = match address[host_end..].find('/') {
        Some(slash) => &address[..host_end + slash],
        None => address,
    };
    if parameters.is_empty() { format!("{base}/{name}") } else { format!("{base}/{name}?{parameters}") }
}
