//! The platform inside the measuring process: database, embedded ledger, both workers and the tokenomics service on a
//! port of its own, wired as `gx up` wires them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use gx_base::{Component, SystemClock, SystemEntropy};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger};
use gx_outbox_submitter::SubmitterOptions;
use gx_platform::http::RateClass;
use gx_platform::{App, AppParts};
use gx_types::EnvName;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::Place;
use crate::place::{Home, WALLET_PORT};
use crate::{compose, connection, workers};

/// How long a fresh ledger may take until the countries are projected.
const BOOTSTRAP_LIMIT: Duration = Duration::from_secs(60);
/// One account pays more often than people do: a limit that is never reached.
const RATE: &str = "1000000/1";

/// A running platform.
pub struct Running {
    /// The application.
    pub app: App,
    /// The ledger.
    pub ledger: Arc<EmbeddedLedger>,
    /// Where the tokenomics service listens.
    pub address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<Result<()>>,
    folder: Folder,
}

/// Where the data is: kept when it was named, else gone at the end.
pub(super) enum Folder {
    Kept(PathBuf),
    Temporary(PathBuf),
}

impl Folder {
    pub(super) fn of(data: Option<PathBuf>) -> Self {
        match data {
            Some(folder) => Self::Kept(folder),
            None => Self::Temporary(std::env::temp_dir().join(format!("gx-bench-{}", std::process::id()))),
        }
    }

    pub(super) const fn path(&self) -> &PathBuf {
        match self {
            Self::Kept(path) | Self::Temporary(path) => path,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Temporary(path) = self
            && let Err(error) = std::fs::remove_dir_all(&path)
        {
            eprintln!("{} could not be removed: {error}", path.display());
        }
    }
}

impl Running {
    /// Starts it in `data`, or in a temporary folder. The database is `DATABASE_URL` when that is set.
    ///
    /// # Errors
    /// What cannot be started, with its name.
    pub async fn start(data: Option<PathBuf>) -> Result<Self> {
        let folder = Folder::of(data);
        let home = Home::open(&Place { env: EnvName::Devnet, data: Some(folder.path().clone()) })?;
        let limits: BTreeMap<String, String> =
            RateClass::ALL.iter().map(|class| (class.setting().to_owned(), RATE.to_owned())).collect();
        let settings = home.settings_with(WALLET_PORT, limits)?;
        gx_platform::logging::install("warn", settings.log_format);
        let stop = CancellationToken::new();
        let parts = AppParts::connect(settings, Arc::new(SystemClock), Arc::new(SystemEntropy), stop.clone())
            .await
            .context("the database")?;
        parts.store.migrate(&SystemClock).await.context("the schema of the database")?;
        let app = App::start(parts).await?;

        let options = EmbeddedOptions::of(EnvName::Devnet);
        let ledger = EmbeddedLedger::open(&home.ledger(), options, Arc::new(SystemClock), Arc::new(SystemEntropy))
            .context("the ledger")?;
        let ledger = Arc::new(ledger);
        let shared: Arc<dyn Ledger> = ledger.clone();
        let mut tasks = JoinSet::new();
        let options = SubmitterOptions::from_settings(|name| std::env::var(name).ok()).map_err(anyhow::Error::msg)?;
        let crew = workers::Crew {
            submitters: 1,
            projectors: 1,
            options,
            ledger: connection::EMBEDDED.to_owned(),
            is_outside: false,
            preflight: None,
        };
        // Their health is served on ports that nobody here asks.
        drop(workers::submitters(&app, &shared, &crew, &stop, &mut tasks));
        drop(workers::projectors(&app, &shared, &crew, &stop, &mut tasks));

        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let served = compose::service(Component::Tokenomics, &app)?;
        compose::start_jobs(Component::Tokenomics, &app);
        let stopped = stop.clone();
        tasks.spawn(async move { served.serve(listener, stopped).await.context("the tokenomics service") });
        gx_ops::bootstrap(&app, BOOTSTRAP_LIMIT).await?;
        Ok(Self { app, ledger, address, stop, tasks, folder })
    }

    /// The ledger as its port.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.ledger) as Arc<dyn Ledger>
    }

    /// Where the data is.
    #[must_use]
    pub fn folder(&self) -> &PathBuf {
        self.folder.path()
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// When database or ledger could not be closed.
    pub async fn end(mut self) -> Result<()> {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.app.store().close().await?;
        self.ledger.close()?;
        Ok(())
    }
}
