//! The projector with its parts: how it is made, started and asked.

use std::sync::Arc;
use std::time::Duration;

use gx_base::{Clock, EntropyExt};
use gx_ledger::Ledger;
use gx_platform::health::{Health, HealthBuilder};
use gx_platform::{App, Bus};
use gx_store::Store;
use gx_types::Sha256Hex;
use tokio_util::sync::CancellationToken;

use crate::status::{Standing, Status};

/// Name of the checkpoint. There is one read model, so there is one.
pub(crate) use gx_store::projection::checkpoint::PROJECTOR;

/// Limits of a projector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectorSettings {
    /// `PROJECTION_LAG_THRESHOLD_MS`: an unprojected block older than this makes the projector not ready.
    pub lag_threshold: Duration,
    /// Transactions that one database transaction applies at most (a block is never divided).
    pub batch_transactions_max: usize,
    /// How long a projector that has vanished keeps the others waiting.
    pub lease: Duration,
    /// How often ledger and checkpoint are looked at.
    pub watch_every: Duration,
    /// How often the heartbeat of the ledger is written.
    pub heartbeat_every: Duration,
    /// Pause before something that failed is tried again.
    pub retry_after: Duration,
}

impl Default for ProjectorSettings {
    fn default() -> Self {
        Self {
            lag_threshold: Duration::from_secs(15),
            // One batch holds the writer of SQLite for well under a tenth of a second.
            batch_transactions_max: 250,
            lease: Duration::from_secs(5),
            watch_every: Duration::from_secs(1),
            heartbeat_every: Duration::from_secs(5),
            retry_after: Duration::from_secs(1),
        }
    }
}

/// What a projector is made of.
#[derive(Clone)]
pub struct ProjectorParts {
    /// The ledger it reads.
    pub ledger: Arc<dyn Ledger>,
    /// The database it writes.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where it tells what it has projected.
    pub bus: Bus,
    /// Its name among several; unique per instance.
    pub instance: String,
    /// Limits.
    pub settings: ProjectorSettings,
}

/// Why a projector refuses to work.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    /// The database belongs to another ledger. Projecting this one into it would mix two worlds.
    #[error("this environment is bound to the ledger {bound}, and this is the ledger {found}")]
    ForeignLedger {
        /// Fingerprint in the database.
        bound: Sha256Hex,
        /// Fingerprint of the ledger at hand.
        found: Sha256Hex,
    },
}

/// A projector.
pub struct Projector {
    pub(crate) parts: ProjectorParts,
    pub(crate) status: Arc<Status>,
}

impl Projector {
    /// A projector made of parts.
    #[must_use]
    pub fn new(parts: ProjectorParts) -> Self {
        Self { parts, status: Arc::new(Status::default()) }
    }

    /// A projector of the application. Each call makes another instance.
    #[must_use]
    pub fn of(app: &App, ledger: Arc<dyn Ledger>) -> Self {
        let lag_threshold = app.settings().projection_lag_threshold;
        Self::new(ProjectorParts {
            ledger,
            store: app.store().clone(),
            clock: app.clock().clone(),
            bus: app.bus().clone(),
            instance: format!("projector-{}", app.entropy().token(8)),
            settings: ProjectorSettings { lag_threshold, ..ProjectorSettings::default() },
        })
    }

    /// Projects until `stop`. Ledger and database may come and go; it waits for them and says so in its health.
    ///
    /// # Errors
    /// [`ProjectorError::ForeignLedger`]: only an operator can put that right.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), ProjectorError> {
        // The binding is checked before the first block is applied, and again with every heartbeat.
        if !self.bind(&stop).await? {
            return Ok(());
        }
        tokio::select! {
            watched = self.watch(&stop) => watched?,
            () = self.lead(&stop) => {}
        }
        self.give_up_lease().await;
        Ok(())
    }

    /// Notes why the ledger is none for this projector, before it runs; gone with the first answer that it takes.
    pub fn turned_away(&self, reason: String) {
        self.status.ledger_failed(reason);
    }

    /// Where it stands now.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.status.standing(self.parts.clock.now())
    }

    /// Its health: ledger and database are required, and so is the projection's being up to date.
    #[must_use]
    pub fn health(&self) -> Health {
        let (status, clock) = (Arc::clone(&self.status), Arc::clone(&self.parts.clock));
        let ledger = move || {
            let answer = status.probe_ledger(clock.now());
            async move { answer }
        };
        let (status, clock) = (Arc::clone(&self.status), Arc::clone(&self.parts.clock));
        let lag_threshold = self.parts.settings.lag_threshold;
        let projection = move || {
            let answer = status.probe_projection(clock.now(), lag_threshold);
            async move { answer }
        };
        let status = Arc::clone(&self.status);
        let conservation = move || {
            let answer = status.probe_conservation();
            async move { answer }
        };
        let store = self.parts.store.clone();
        let database = move || {
            let store = store.clone();
            async move { store.ping().await.map(|()| None).map_err(|error| error.to_string()) }
        };
        HealthBuilder::new("projector", Arc::clone(&self.parts.clock))
            .require("database", database)
            .require("ledger", ledger)
            .require("projection", projection)
            .degrade("conservation", conservation)
            .build()
    }
}
