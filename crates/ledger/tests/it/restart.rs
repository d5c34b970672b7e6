//! Opening, closing, opening again.

use std::time::Duration;

use futures::StreamExt;
use gx_base::{Clock, SeededEntropy};
use gx_ledger::{
    EmbeddedLedger, EmbeddedOptions, KeyState, Ledger, LedgerError, LedgerErrorClass, Outcome, Prepared, TxCode,
};
use gx_types::EnvName;
use std::sync::Arc;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_after_a_restart_and_the_chain_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), 1);
    populate(&ledger, 6).await;
    let paid = settle(&ledger, payment(0, 1, 200, "paid")).await;
    let before = ledger.info().await.unwrap();
    let balances = (balance(&ledger, 0).await.unwrap(), balance(&ledger, 1).await.unwrap());
    let Prepared::Envelope(kept) = ledger.prepare(proposal(payment(2, 3, 100, "kept"))).await.unwrap() else {
        panic!("no envelope");
    };
    ledger.close().unwrap();
    assert!(matches!(ledger.send(&kept).await, Err(LedgerError::Closed)));
    drop(ledger);

    let ledger = open(folder.path(), 2);
    assert_eq!(ledger.info().await.unwrap(), before);
    assert_eq!((balance(&ledger, 0).await.unwrap(), balance(&ledger, 1).await.unwrap()), balances);
    assert_eq!(ledger.outcome(&paid.tx_id, Duration::ZERO).await.unwrap(), Outcome::Committed(paid.clone()));
    assert_eq!(ledger.receipt_of(&"paid".parse().unwrap()).await.unwrap(), Some(KeyState::Receipt(paid)));
    // An envelope from before the restart is as good as ever.
    ledger.send(&kept).await.unwrap();
    assert!(matches!(ledger.outcome(&kept.tx_id, WAIT).await.unwrap(), Outcome::Committed(_)));
    let block = ledger.blocks(before.height + 1).next().await.unwrap().unwrap();
    assert_eq!(block.previous_hash, before.last_block_hash);
    ledger.verify(|_| {}).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_has_one_owner_and_one_environment() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), 1);
    assert!(matches!(open_with(folder.path(), small(), 2), Err(LedgerError::Locked { .. })));
    assert!(matches!(EmbeddedLedger::discard_state(folder.path()), Err(LedgerError::Locked { .. })));
    drop(ledger);
    let testnet = EmbeddedOptions::of(EnvName::Testnet);
    let refused = open_with(folder.path(), testnet, 2).unwrap_err();
    assert_eq!(refused.class(), LedgerErrorClass::Rejected);
    assert!(refused.to_string().contains("devnet"), "{refused}");
    open(folder.path(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_is_derived_anew_when_it_is_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), 1);
    suite(&ledger, 50).set_up().await.unwrap();
    gx_ledger::conformance::run(&suite(&ledger, 50)).await.unwrap();
    let info = ledger.info().await.unwrap();
    drop(ledger);
    EmbeddedLedger::discard_state(folder.path()).unwrap();
    let ledger = open(folder.path(), 2);
    assert_eq!(ledger.info().await.unwrap(), info);
    ledger.verify(|_| {}).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn block_times_never_go_back_though_the_clock_does() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let entropy = Arc::new(SeededEntropy::new(1));
    let ledger = EmbeddedLedger::open(folder.path(), small(), Arc::clone(&clock) as Arc<dyn Clock>, entropy).unwrap();
    populate(&ledger, 2).await;
    let first = ledger.info().await.unwrap().last_block_at;
    clock.set(first.minus(Duration::from_secs(3_600)));
    settle(&ledger, payment(0, 1, 100, "back")).await;
    assert_eq!(ledger.info().await.unwrap().last_block_at, first);
    clock.set(first.plus(Duration::from_secs(30 * 24 * 3_600)));
    settle(&ledger, payment(0, 1, 100, "onward")).await;
    assert!(ledger.info().await.unwrap().last_block_at > first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_cannot_be_written_settles_nothing_and_the_next_does() {
    let folder = tempfile::tempdir().unwrap();
    // Every block begins a segment, and folders stand where the next segments would be.
    let options = EmbeddedOptions { segment_bytes_max: 1, ..small() };
    let ledger = open_with(folder.path(), options.clone(), 1).unwrap();
    populate(&ledger, 4).await;
    let height = ledger.info().await.unwrap().height;
    let balances = (balance(&ledger, 0).await.unwrap(), balance(&ledger, 1).await.unwrap());
    let in_the_way: Vec<_> =
        (height + 1..height + 10).map(|number| folder.path().join(format!("blocks/{number:020}.blocks"))).collect();
    in_the_way.iter().for_each(|path| std::fs::create_dir(path).unwrap());

    let failed = ledger.submit(proposal(payment(0, 1, 100, "stuck")), WAIT).await.unwrap_err();
    assert_eq!(failed.class(), LedgerErrorClass::Storage, "{failed}");
    let Prepared::Envelope(envelope) = ledger.prepare(proposal(payment(2, 3, 100, "kept"))).await.unwrap() else {
        panic!("no envelope");
    };
    ledger.send(&envelope).await.unwrap();
    let failed = ledger.outcome(&envelope.tx_id, Duration::from_secs(1)).await;
    assert!(matches!(&failed, Ok(Outcome::Unknown) | Err(LedgerError::Storage { .. })), "{failed:?}");
    assert_eq!(ledger.info().await.unwrap().height, height);
    assert_eq!((balance(&ledger, 0).await.unwrap(), balance(&ledger, 1).await.unwrap()), balances);

    in_the_way.iter().for_each(|path| std::fs::remove_dir(path).unwrap());
    settle(&ledger, payment(0, 1, 100, "stuck")).await;
    ledger.send(&envelope).await.unwrap();
    assert!(matches!(ledger.outcome(&envelope.tx_id, WAIT).await.unwrap(), Outcome::Committed(_)));
    ledger.verify(|_| {}).unwrap();
    drop(ledger);
    open_with(folder.path(), options, 2).unwrap().verify(|_| {}).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_queue_holds_is_told_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { queue_max: 3, block_wait: Duration::from_millis(300), ..small() };
    let ledger = open_with(folder.path(), options, 1).unwrap();
    populate(&ledger, 2).await;
    let submits = (0..40).map(|number| {
        let ledger = Arc::clone(&ledger);
        async move { ledger.submit(proposal(payment(0, 1, 100, &format!("crowd-{number}"))), WAIT).await }
    });
    let results = futures::future::join_all(submits).await;
    let busy = results.iter().filter(|result| matches!(result, Err(LedgerError::Busy { .. }))).count();
    assert!(busy > 0 && busy < 40, "{busy} were told that the ledger is busy");
    assert!(results.iter().flatten().count() + busy == 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_from_before_a_restored_backup_does_not_pass_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (live, backup) = (folder.path().join("live"), folder.path().join("backup"));
    let ledger = open(&live, 1);
    populate(&ledger, 4).await;
    drop(ledger);
    copy(&live, &backup);

    // Blocks that the backup does not have, and an envelope on top of them.
    let ledger = open(&live, 2);
    settle(&ledger, payment(0, 1, 100, "lost")).await;
    let Prepared::Envelope(lost) = ledger.prepare(proposal(payment(0, 1, 200, "old"))).await.unwrap() else {
        panic!("no envelope");
    };
    // This one reads nothing that the lost blocks wrote, but it was prepared after them.
    let Prepared::Envelope(apart) = ledger.prepare(proposal(payment(2, 3, 200, "apart"))).await.unwrap() else {
        panic!("no envelope");
    };
    drop(ledger);

    // In the restored ledger the same versions are other values: the same block numbers, the same positions.
    let ledger = open(&backup, 3);
    settle(&ledger, payment(0, 1, 300, "instead")).await;
    settle(&ledger, payment(2, 1, 300, "later")).await;
    for envelope in [&lost, &apart] {
        ledger.send(envelope).await.unwrap();
        let outcome = ledger.outcome(&envelope.tx_id, WAIT).await.unwrap();
        assert!(matches!(outcome, Outcome::Invalid { code: TxCode::MvccReadConflict, .. }), "{outcome:?}");
    }
    ledger.verify(|_| {}).unwrap();
}
