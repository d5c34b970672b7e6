//! A database for one test.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The two databases of GX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A file in the platform's data folder.
    Sqlite,
    /// A fresh database on the server of the test run.
    Postgres,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// Both, or only SQLite (with a word about it) where no PostgreSQL is at hand.
    #[must_use]
    pub fn all() -> Vec<Self> {
        if std::env::var_os("GX_TEST_POSTGRES_URL").is_some() {
            vec![Self::Sqlite, Self::Postgres]
        } else {
            eprintln!("skipped on PostgreSQL: GX_TEST_POSTGRES_URL is not set (`cargo xtask test` sets it)");
            vec![Self::Sqlite]
        }
    }

    /// The address of a fresh database; `None` for SQLite, whose file the platform makes itself.
    #[must_use]
    pub fn create(self) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => {
                let server = std::env::var("GX_TEST_POSTGRES_URL").expect("GX_TEST_POSTGRES_URL");
                let name = format!("gx_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::SeqCst));
                let status = Command::new("/usr/lib/postgresql/15/bin/psql")
                    .args([&server, "--quiet", "-c", &format!("CREATE DATABASE {name}")])
                    .status()
                    .expect("psql runs");
                assert!(status.success(), "CREATE DATABASE {name}");
                let (base, _) = server.rsplit_once('/').expect("a URL with a database");
                Some(format!("{base}/{name}"))
            }
        }
    }
}
