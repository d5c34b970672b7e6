//! The projector stands before a block that it must not apply, names it, and goes on when it is right again; only
//! informational events are parked.

use std::sync::Arc;

use gx_contracts::testing::{call, create_user, pay};
use gx_contracts::{Event, EventBody, Function};
use gx_types::{AccountId, PersonState, Qirat};

use crate::support::*;

#[tokio::test]
async fn a_balance_that_does_not_follow_stops_the_projector_before_its_block() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = (gx_id("US", "1990-01-01", 1), gx_id("GB", "1985-07-22", 2));
        world.call(&create_user(&alice, 36, 0)).unwrap();
        world.call(&create_user(&bob, 40, 0)).unwrap();
        world.cut();
        world.call(&pay(alice.as_str(), bob.as_str(), Qirat::new(200).unwrap(), "transfer-1")).unwrap();
        let good = world.cut();
        let bad_tx = world.call(&pay(alice.as_str(), bob.as_str(), Qirat::new(300).unwrap(), "transfer-2")).unwrap();
        let bad = world.cut();
        world.call(&pay(bob.as_str(), alice.as_str(), Qirat::new(1).unwrap(), "transfer-3")).unwrap();
        world.cut();
        // The ledger's word is made to contradict itself.
        world.chain.tamper(bad, |block| {
            if let EventBody::TransferCompleted { from_balance_after, .. } = &mut block.transactions[0].events[0].body {
                *from_balance_after = Qirat::new(from_balance_after.get() + 1).unwrap();
            }
        });

        let running = Running::start(store, &world.chain, "one");
        until("it stands still", || async { running.projector.standing().stop.is_some() }).await;
        let stop = running.projector.standing().stop.unwrap();
        assert_eq!((stop.block, stop.tx_id, stop.event_index), (bad, Some(bad_tx.tx_id), Some(0)));
        assert!(stop.reason.starts_with("TransferCompleted: "), "{}", stop.reason);
        assert_eq!(next_block(store).await, i64::try_from(good).unwrap() + 1, "blocks before it are applied");
        let health = running.projector.health().check().await;
        assert!(!health.ready);
        let projection = health.dependencies.iter().find(|dependency| dependency.name == "projection").unwrap();
        let reason = projection.reason.clone().unwrap();
        assert!(reason.contains(&bad_tx.tx_id.to_string()) && reason.contains("event 0"), "{reason}");
        let sql = format!("SELECT stopped_reason FROM projector_checkpoints WHERE stopped_tx_id = '{}'", bad_tx.tx_id);
        assert_eq!(text(store, &sql).await.unwrap(), stop.reason);

        // Put right, it goes on by itself.
        world.chain.tamper(bad, |block| {
            if let EventBody::TransferCompleted { from_balance_after, .. } = &mut block.transactions[0].events[0].body {
                *from_balance_after = Qirat::new(from_balance_after.get() - 1).unwrap();
            }
        });
        caught_up(store, &world.chain).await;
        until("it says so", || async { running.projector.standing().stop.is_none() }).await;
        assert_eq!(text(store, "SELECT stopped_reason FROM projector_checkpoints").await, None);
        running.stop().await;
        let findings = gx_projector::rebuild::check_now(store).await.unwrap();
        assert_eq!(findings.faults, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_the_database_refuses_is_found_in_its_batch_and_named() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = (gx_id("US", "1990-01-01", 1), gx_id("GB", "1985-07-22", 2));
        world.call(&create_user(&alice, 36, 0)).unwrap();
        world.call(&create_user(&bob, 40, 0)).unwrap();
        let before = world.cut();
        let mut payments = Vec::new();
        for number in 0..7 {
            let key = format!("transfer-{number}");
            payments.push(world.call(&pay(alice.as_str(), bob.as_str(), Qirat::new(10).unwrap(), &key)).unwrap());
        }
        let refused = world.cut();
        world.cut();
        // A line that cannot be there yet: somebody wrote into the read model.
        let bad = &payments[4];
        let sql =
            "INSERT INTO transactions (account_id, tx_id, event_index, leg, kind, direction, amount, block_number,
                     tx_position, occurred_at) VALUES ($1, $2, 0, 0, 'SENT', 'OUT', 1, 1, 1, 1)";
        execute(store, sql, vec![alice.to_string().into(), bad.tx_id.to_string().into()]).await;

        let running = Running::start(store, &world.chain, "one");
        until("it stands still", || async { running.projector.standing().stop.is_some() }).await;
        let stop = running.projector.standing().stop.unwrap();
        assert_eq!((stop.block, stop.tx_id), (refused, Some(bad.tx_id)), "{}", stop.reason);
        assert_eq!(next_block(store).await, i64::try_from(before).unwrap() + 1);
        execute(store, "DELETE FROM transactions WHERE amount = 1", vec![]).await;
        caught_up(store, &world.chain).await;
        running.stop().await;
        let findings = gx_projector::rebuild::check_now(store).await.unwrap();
        assert_eq!(findings.faults, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_person_in_a_state_the_ledger_contradicts_stops_the_projector() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let store = &test.store;
    let mut world = World::ready();
    let alice = gx_id("US", "1990-01-01", 1);
    add_person(store, 1, "Alice Adams", &alice, PersonState::NEW).await;
    let tx = world.call(&create_user(&alice, 36, 0)).unwrap();
    let block = world.cut();
    let running = Running::start(store, &world.chain, "one");
    until("it stands still", || async { running.projector.standing().stop.is_some() }).await;
    let stop = running.projector.standing().stop.unwrap();
    assert_eq!((stop.block, stop.tx_id, stop.event_index), (block, Some(tx.tx_id), Some(0)));
    assert_eq!(count(store, "SELECT COUNT(*) FROM accounts WHERE kind = 'PERSON'").await, 0, "nothing of the block");
    running.stop().await;
}

#[tokio::test]
async fn money_from_nowhere_stops_the_projector() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let store = &test.store;
    let mut world = World::ready();
    let (alice, bob) = (gx_id("US", "1990-01-01", 1), gx_id("GB", "1985-07-22", 2));
    world.call(&create_user(&alice, 36, 0)).unwrap();
    world.cut();
    let body = EventBody::DeltasSwept {
        account: AccountId::Holder(bob),
        delta_keys: vec!["nothing".to_owned()],
        amount: Qirat::new(1).unwrap(),
        balance_after: Qirat::new(1).unwrap(),
    };
    let tx = world.forge(vec![Event { key: "sweep-1".parse().unwrap(), body }]);
    world.cut();
    let running = Running::start(store, &world.chain, "one");
    until("it stands still", || async { running.projector.standing().stop.is_some() }).await;
    let stop = running.projector.standing().stop.unwrap();
    assert_eq!(stop.tx_id, Some(tx.tx_id));
    assert!(stop.reason.contains("there is no entry nothing"), "{}", stop.reason);
    running.stop().await;
}

#[tokio::test]
async fn a_chain_that_does_not_link_and_a_ledger_that_lost_blocks_are_refused_by_name() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let store = &test.store;
    let mut world = World::ready();
    world.cut();
    let last = world.cut();
    world.chain.tamper(last, |block| block.previous_hash = block.data_hash);
    let running = Running::start(store, &world.chain, "one");
    until("it stands still", || async { running.projector.standing().stop.is_some() }).await;
    let stop = running.projector.standing().stop.unwrap();
    assert_eq!((stop.block, stop.tx_id), (last, None));
    assert!(stop.reason.contains("previous hash"), "{}", stop.reason);
    assert_eq!(next_block(store).await, i64::try_from(last).unwrap(), "what links is applied");
    running.stop().await;

    // A ledger that was restored from an older copy: same genesis, fewer blocks than were projected.
    let shorter = Chain::new("genesis");
    let running = Running::start(store, &shorter, "two");
    until("it stands still", || async {
        running.projector.standing().stop.is_some_and(|stop| stop.reason.contains("ends at block 0"))
    })
    .await;
    running.stop().await;
}

#[tokio::test]
async fn a_foreign_ledger_is_refused() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let store = &test.store;
    let world = World::ready();
    project(store, &world.chain).await;
    let before = next_block(store).await;
    let foreign = Running::start(store, &Chain::new("another world"), "two").ended().await;
    assert!(matches!(foreign, Err(gx_projector::ProjectorError::ForeignLedger { .. })), "{foreign:?}");
    assert_eq!(next_block(store).await, before);
}

#[tokio::test]
async fn only_informational_events_are_parked_and_they_are_replayed_in_order() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let appoint = |name: &str, key: &str| call(Function::AppointAdmin, &[name, key]);
        let (first, second) = (uuid::Uuid::from_u128(1).to_string(), uuid::Uuid::from_u128(2).to_string());
        add_admin(store, &second).await;
        world.call(&appoint(&first, "appoint-1")).unwrap();
        world.call(&appoint(&second, "appoint-2")).unwrap();
        world.cut();
        project(store, &world.chain).await;
        assert_eq!(count(store, "SELECT COUNT(*) FROM parked_events WHERE replayed_at IS NULL").await, 2);
        let sql = "SELECT COUNT(*) FROM admin_users WHERE appointed_block IS NOT NULL";
        assert_eq!(count(store, sql).await, 0, "the second waits behind the first");

        add_admin(store, &first).await;
        let clock = Arc::new(gx_base::SystemClock);
        let running = Running::start_with(store, &world.chain, "two", clock, FAST);
        until("both are replayed", || async { count(store, sql).await == 2 }).await;
        until("none waits", || async {
            count(store, "SELECT COUNT(*) FROM parked_events WHERE replayed_at IS NULL").await == 0
        })
        .await;
        running.stop().await;
    }
}

async fn add_admin(store: &gx_store::Store, id: &str) {
    let sql = "INSERT INTO admin_users (admin_id, username, email, display_name, password_hash, role, created_by,
                 created_at, updated_at)
               VALUES ($1, $1, $1, 'Admin', 'hash', 'ADMIN', 'test', 0, 0)";
    execute(store, sql, vec![id.into()]).await;
}
