//! The application with an embedded ledger, a submitter and a projector.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gx_base::{SystemClock, SystemEntropy};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger};
use gx_outbox_submitter::{Submitter, SubmitterOptions};
use gx_platform::testing::test_settings;
use gx_platform::{App, AppParts};
use gx_projector::Projector;
use gx_store::testing::TestStore;
use gx_types::EnvName;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long anything on the ledger may take in a test.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A running platform.
pub struct Running {
    pub app: App,
    ledger: Arc<EmbeddedLedger>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    _store: TestStore,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts on every database there is, with the countries on the ledger.
    pub async fn each() -> Vec<Self> {
        let mut all = Vec::new();
        for store in TestStore::each().await.unwrap() {
            all.push(Self::start(store).await);
        }
        all
    }

    async fn start(store: TestStore) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stop = CancellationToken::new();
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let settings = test_settings(&store.url, &folder, &BTreeMap::new());
        let parts = AppParts {
            settings,
            clock: clock.clone(),
            entropy: entropy.clone(),
            store: store.store.clone(),
            stop: stop.clone(),
        };
        let app = App::start(parts).await.unwrap();
        let options = EmbeddedOptions::of(EnvName::Devnet);
        let embedded = Arc::new(
            EmbeddedLedger::open(&folder.path().join("ledger"), options, clock.clone(), entropy.clone()).unwrap(),
        );
        let ledger: Arc<dyn Ledger> = embedded.clone();
        let mut tasks = JoinSet::new();
        let submitter = Submitter::new(
            store.store.clone(),
            ledger.clone(),
            clock,
            entropy,
            SubmitterOptions::default(),
            Arc::new(|_| {}),
        );
        let token = stop.clone();
        tasks.spawn(async move { submitter.run(token).await.unwrap() });
        let (projector, token) = (Projector::of(&app, ledger), stop.clone());
        tasks.spawn(async move { projector.run(token).await.unwrap() });
        gx_ops::bootstrap(&app, LIMIT).await.unwrap();
        Self { app, ledger: embedded, stop, tasks, _store: store, _folder: folder }
    }

    /// Stops everything in order.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(done) = self.tasks.join_next().await {
            done.unwrap();
        }
        self.ledger.close().unwrap();
    }
}
