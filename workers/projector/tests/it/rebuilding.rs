//! A rebuild finds equality, and finds every difference.

use std::sync::Arc;

use gx_base::{Clock, SystemClock};
use gx_contracts::testing::{create_user, pay};
use gx_projector::rebuild::{RebuildReport, rebuild_and_compare};
use gx_store::testing::TestStore;
use gx_types::Qirat;

use crate::support::*;

async fn compare(test: &TestStore, world: &World) -> RebuildReport {
    let folder = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ledger = ChainLedger(Arc::clone(&world.chain));
    rebuild_and_compare(&ledger, &test.store, &test.url, folder.path(), &clock).await.unwrap()
}

#[tokio::test]
async fn a_rebuild_equals_the_live_read_model_and_names_what_was_changed_by_hand() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = (gx_id("US", "1990-01-01", 1), gx_id("GB", "1985-07-22", 2));
        world.call(&create_user(&alice, 36, 0)).unwrap();
        world.call(&create_user(&bob, 40, 0)).unwrap();
        world.cut();
        let paid = world.call(&pay(alice.as_str(), bob.as_str(), Qirat::new(10_000).unwrap(), "transfer-1")).unwrap();
        let last = world.cut();
        project(store, &world.chain).await;

        let report = compare(&test, &world).await;
        assert_eq!(report.faults().collect::<Vec<_>>(), Vec::<String>::new());
        assert_eq!(report.last_block, last);
        let accounts = report.tables.iter().find(|table| table.table == "accounts").unwrap();
        assert_eq!(accounts.rows, 6 + 234 + 2);

        // A coin too many, a line too few, a parameter that nobody set.
        execute(
            store,
            "UPDATE accounts SET settled_balance = settled_balance + 1 WHERE account_id = $1",
            vec![bob.to_string().into()],
        )
        .await;
        execute(
            store,
            "DELETE FROM transactions WHERE tx_id = $1 AND kind = 'FEE'",
            vec![paid.tx_id.to_string().into()],
        )
        .await;
        execute(store, "INSERT INTO system_parameters VALUES ('made', 'up', 1, 1)", vec![]).await;
        let faults: Vec<String> = compare(&test, &world).await.faults().collect();
        for expected in [
            format!("accounts: {bob}: settled_balance is 500010001, 500010000 in the rebuilt one"),
            format!("transactions: {alice} / {} / 0 / 1 is missing in the live one", paid.tx_id),
            "system_parameters: made is missing in the rebuilt one".to_owned(),
        ] {
            assert!(faults.contains(&expected), "{expected} is not in {faults:#?}");
        }
        assert!(faults.iter().any(|fault| fault.starts_with("live: money is not conserved")), "{faults:#?}");
        assert_eq!(faults.len(), 4, "{faults:#?}");
    }
}
