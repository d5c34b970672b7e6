//! Ready, not ready, and why.

use std::sync::Arc;
use std::time::Duration;

use gx_contracts::testing::create_user;
use gx_platform::health::{ComponentHealth, HealthState};
use gx_projector::Projector;

use crate::support::*;

async fn check(projector: &Projector) -> ComponentHealth {
    // Each look is a new one: answers are believed for a second.
    projector.health().check().await
}

fn down(health: &ComponentHealth) -> Vec<(String, String)> {
    health
        .dependencies
        .iter()
        .filter(|dependency| dependency.state == HealthState::Down)
        .map(|dependency| (dependency.name.clone(), dependency.reason.clone().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn thirty_days_on_an_idle_chain_leave_it_ready() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let world = World::ready();
    let clock = manual_clock();
    let running = Running::start_with(&test.store, &world.chain, "one", clock.clone(), FAST);
    caught_up(&test.store, &world.chain).await;
    clock.advance(Duration::from_secs(30 * 24 * 3600));
    // The lease has run out by that clock; nobody else wants it, and it is renewed.
    until("it is ready", || async { check(&running.projector).await.ready }).await;
    let standing = running.projector.standing();
    assert_eq!((standing.lag_blocks, standing.oldest_age), (0, Duration::ZERO));
    running.stop().await;
}

#[tokio::test]
async fn a_stalled_projection_is_not_ready_within_its_threshold_and_named() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let mut world = World::ready();
    let clock = manual_clock();
    let running = Running::start_with(&test.store, &world.chain, "one", clock.clone(), FAST);
    caught_up(&test.store, &world.chain).await;
    until("it is ready", || async { check(&running.projector).await.ready }).await;

    // The writer of the database is held by somebody for as long as the test wants: nothing can be projected.
    let (hold, held) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let holder = tokio::spawn({
        let (store, hold, held) = (test.store.clone(), Arc::clone(&hold), Arc::clone(&held));
        async move {
            store
                .write(move |_| {
                    let (hold, held) = (Arc::clone(&hold), Arc::clone(&held));
                    Box::pin(async move {
                        held.notify_one();
                        hold.notified().await;
                        Ok::<_, gx_store::StoreError>(())
                    })
                })
                .await
        }
    });
    held.notified().await;
    world.call(&create_user(&gx_id("US", "1990-01-01", 1), 36, 0)).unwrap();
    world.now = START;
    let block = world.cut();
    until("the block is seen", || async { running.projector.standing().lag_blocks == 1 }).await;
    assert!(down(&check(&running.projector).await).is_empty(), "within the threshold");
    clock.advance(FAST.lag_threshold + Duration::from_secs(1));
    until("it is not ready, and says which block", || async {
        let health = check(&running.projector).await;
        let wanted = format!("block {block} is ");
        !health.ready && down(&health).iter().any(|(name, why)| name == "projection" && why.starts_with(&wanted))
    })
    .await;

    hold.notify_one();
    holder.await.unwrap().unwrap();
    caught_up(&test.store, &world.chain).await;
    until("it is ready again", || async { check(&running.projector).await.ready }).await;
    running.stop().await;
}

#[tokio::test]
async fn a_ledger_that_is_away_is_named_and_nothing_is_lost_when_it_is_back() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let store = &test.store;
    let mut world = World::ready();
    let running = Running::start(store, &world.chain, "one");
    caught_up(store, &world.chain).await;
    world.chain.set_away(true);
    until("it is named", || async {
        let health = check(&running.projector).await;
        !health.ready && down(&health).iter().any(|(name, why)| name == "ledger" && why.contains("it is away"))
    })
    .await;
    until("services can see it", || async {
        text(store, "SELECT reason FROM ledger_binding WHERE reachable = FALSE").await.is_some()
    })
    .await;
    world.call(&create_user(&gx_id("US", "1990-01-01", 1), 36, 0)).unwrap();
    world.cut();
    world.chain.set_away(false);
    caught_up(store, &world.chain).await;
    until("the binding is fresh", || async {
        let height = i64::try_from(world.chain.height()).unwrap();
        count(store, "SELECT height FROM ledger_binding WHERE reachable OR reachable IS NULL UNION ALL SELECT -1").await
            == height
    })
    .await;
    until("it is ready again", || async { check(&running.projector).await.ready }).await;
    running.stop().await;
}

#[tokio::test]
async fn the_nightly_check_finds_a_coin_too_many_and_names_it_without_stopping() {
    let test = gx_store::testing::TestStore::sqlite().await.unwrap();
    let store = &test.store;
    let mut world = World::ready();
    world.call(&create_user(&gx_id("US", "1990-01-01", 1), 36, 0)).unwrap();
    world.cut();
    let clock = manual_clock();
    let running = Running::start_with(store, &world.chain, "one", clock.clone(), FAST);
    caught_up(store, &world.chain).await;
    execute(store, "UPDATE accounts SET settled_balance = settled_balance + 1 WHERE kind = 'PERSON'", vec![]).await;
    until("it leads", || async { running.projector.standing().leading }).await;
    clock.advance(Duration::from_secs(24 * 3600));
    until("it is named", || async {
        let health = check(&running.projector).await;
        health.ready && down(&health).iter().any(|(name, why)| name == "conservation" && why.contains("not conserved"))
    })
    .await;
    running.stop().await;
}
