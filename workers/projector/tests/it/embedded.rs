//! The embedded ledger and the projector together, through a restart of both.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gx_base::{Clock, SeededEntropy, SystemClock};
use gx_contracts::testing::{all_countries, create_user, pay};
use gx_contracts::{Call, Command};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger, Proposal, Settled};
use gx_platform::Bus;
use gx_projector::rebuild::rebuild_and_compare;
use gx_projector::{Projector, ProjectorParts};
use gx_types::{EnvName, Qirat};
use tokio_util::sync::CancellationToken;

use crate::support::*;

fn open(folder: &Path, seed: u64) -> Arc<EmbeddedLedger> {
    let options = EmbeddedOptions::of(EnvName::Devnet);
    let entropy = Arc::new(SeededEntropy::new(seed));
    Arc::new(EmbeddedLedger::open(folder, options, Arc::new(SystemClock), entropy).unwrap())
}

async fn submit(ledger: &EmbeddedLedger, call: Call) {
    let proposal = Proposal { call, timestamp: SystemClock.now() };
    let settled = ledger.submit(proposal, LIMIT).await.unwrap();
    assert!(matches!(settled, Settled::Committed(_)), "{settled:?}");
}

async fn project_all(ledger: &Arc<EmbeddedLedger>, store: &gx_store::Store, instance: &str) {
    let projector = Projector::new(ProjectorParts {
        ledger: ledger.clone(),
        store: store.clone(),
        clock: Arc::new(SystemClock),
        bus: Bus::local(),
        instance: instance.to_owned(),
        settings: FAST,
    });
    let stop = CancellationToken::new();
    let goal = i64::try_from(ledger.info().await.unwrap().height + 1).unwrap();
    let reached = async {
        until("everything is projected", || async { next_block(store).await == goal }).await;
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(projector.run(stop.clone()), reached);
    ran.unwrap();
}

#[tokio::test]
async fn the_embedded_ledger_is_projected_and_goes_on_after_a_restart_of_both() {
    for test in stores().await {
        let folder = tempfile::tempdir().unwrap();
        let (alice, bob) = (gx_id("US", "1990-01-01", 1), gx_id("GB", "1985-07-22", 2));
        let ledger = open(folder.path(), 1);
        submit(&ledger, Command::BootstrapSystem.call()).await;
        submit(&ledger, all_countries().call()).await;
        submit(&ledger, create_user(&alice, 36, 0)).await;
        submit(&ledger, create_user(&bob, 40, 0)).await;
        project_all(&ledger, &test.store, "one").await;
        ledger.close().unwrap();
        drop(ledger);

        let ledger = open(folder.path(), 2);
        submit(&ledger, pay(alice.as_str(), bob.as_str(), Qirat::new(200).unwrap(), "transfer-1")).await;
        project_all(&ledger, &test.store, "two").await;
        let balances = balances(&test.store).await;
        assert_eq!((balances[alice.as_str()], balances[bob.as_str()]), (499_999_798, 500_000_200));

        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let scratch = tempfile::tempdir().unwrap();
        let rebuilding = rebuild_and_compare(&*ledger, &test.store, &test.url, scratch.path(), &clock);
        let report = tokio::time::timeout(Duration::from_secs(60), rebuilding).await.unwrap().unwrap();
        assert_eq!(report.faults().collect::<Vec<_>>(), Vec::<String>::new());
    }
}
