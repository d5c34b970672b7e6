//! Several projectors on one database: each block once, and nobody's death stops the others.

use gx_contracts::testing::{create_user, pay};
use gx_types::Qirat;

use crate::support::*;

#[tokio::test]
async fn of_several_projectors_one_applies_each_block_and_another_takes_over() {
    for test in stores().await {
        let store = &test.store;
        let mut world = World::ready();
        let (alice, bob) = (gx_id("US", "1990-01-01", 1), gx_id("GB", "1985-07-22", 2));
        world.call(&create_user(&alice, 36, 0)).unwrap();
        world.call(&create_user(&bob, 40, 0)).unwrap();
        world.cut();
        // Each instance has a store of its own, as processes have.
        let mut others = Vec::new();
        for _ in 0..2 {
            others.push(gx_store::Store::connect(&test.url, gx_store::StoreOptions::default()).await.unwrap());
        }
        let mut running = vec![
            Running::start(store, &world.chain, "one"),
            Running::start(&others[0], &world.chain, "two"),
            Running::start(&others[1], &world.chain, "three"),
        ];
        for round in 0..3 {
            for number in 0..20 {
                let key = format!("transfer-{round}-{number}");
                world.call(&pay(alice.as_str(), bob.as_str(), Qirat::new(100 + number).unwrap(), &key)).unwrap();
                if number % 3 == 0 {
                    world.cut();
                }
            }
            world.cut();
            caught_up(store, &world.chain).await;
            until("exactly one leads", || async {
                running.iter().filter(|running| running.projector.standing().leading).count() == 1
            })
            .await;
            // The leader dies without a word; the next round needs another.
            if running.len() > 1 {
                let leader = running.iter().position(|running| running.projector.standing().leading).unwrap();
                running.remove(leader).die().await;
            }
        }
        let expected = i64::try_from(world.balance(alice.as_str()).get()).unwrap();
        assert_eq!(balances(store).await[&alice.to_string()], expected);
        for running in running {
            running.stop().await;
        }
        assert_eq!(count(store, "SELECT fence FROM projector_checkpoints").await, 3, "three holders in all");
        let findings = gx_projector::rebuild::check_now(store).await.unwrap();
        assert_eq!(findings.faults, Vec::<String>::new());
    }
}
