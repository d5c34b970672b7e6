//! How many payments a second go through the projector, the database included.

use std::sync::Arc;
use std::time::Instant;

use gx_base::SystemClock;
use gx_contracts::testing::{create_user, pay};
use gx_types::{GxId, OnchainStatus, PersonState, PersonStatus, Qirat};

use crate::support::*;

const PEOPLE: u64 = 400;
const PAYMENTS: u64 = 20_000;
const BLOCK: u64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; run it by name, in a release build"]
async fn payments_per_second() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let people: Vec<GxId> =
            (0..PEOPLE).map(|number| gx_id(if number % 2 == 0 { "US" } else { "GB" }, "1990-01-01", number)).collect();
        let state = PersonState { status: PersonStatus::ApprovedPendingOnchain, onchain: OnchainStatus::Pending };
        for (number, id) in (0..).zip(&people) {
            add_person(store, number, "Some Body", id, state).await;
            world.call(&create_user(id, 36, 0)).unwrap();
        }
        world.cut();
        project(store, &world.chain).await;
        for number in 0..PAYMENTS {
            let from = usize::try_from(number % PEOPLE).unwrap();
            let to = usize::try_from((number * 7 + 1) % PEOPLE).unwrap();
            if from != to {
                let amount = Qirat::new(100 + number % 900).unwrap();
                world.call(&pay(people[from].as_str(), people[to].as_str(), amount, &format!("transfer-{number}")));
            }
            if number % BLOCK == BLOCK - 1 {
                world.cut();
            }
        }
        world.cut();
        let began = Instant::now();
        let running = Running::start_with(store, &world.chain, "timed", Arc::new(SystemClock), FAST);
        caught_up(store, &world.chain).await;
        let took = began.elapsed();
        running.stop().await;
        println!("{:?}: {} payments/s", store.backend(), u128::from(PAYMENTS) * 1_000 / took.as_millis().max(1));
    }
}
