//! The disk is full: ledger and database lie on it.

use std::sync::atomic::{AtomicU64, Ordering};

use gx_tests::{Database, Platform, SETTLE_LIMIT, SmallDisk, wait_until};
use serde_json::json;

use super::health;
use crate::load::{Load, everything_adds_up};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_payments_and_loses_none() {
    let Some(disk) = SmallDisk::of(256) else { return };
    let mut platform = Platform::on(Database::Sqlite)
        .data_in(&disk.path().join("data"))
        .env("OUTBOX_LEASE_SECONDS", "3")
        .start()
        .await;
    let load = Load::start(&platform).await;
    for round in 0..2 {
        let enough = load.accepted() + 12;
        wait_until("payments to be accepted", SETTLE_LIMIT, || async { load.accepted() >= enough }).await;

        disk.fill();
        let api = load.api_of(0);
        let tries = AtomicU64::new(0);
        let body = json!({ "toID": load.person(1).gx_id, "amount": "1", "reason": "now" });
        wait_until("a payment to be refused for now", SETTLE_LIMIT, || async {
            // Another payment each time: one that was accepted answers the same from then on.
            let key = format!("without-room-{round}-{}", tries.fetch_add(1, Ordering::Relaxed));
            let reply = api.post_once("/api/v1/transfers", &key, &body).await;
            // What still finds room in the file is accepted, and lost just as little.
            assert!([200, 202, 503].contains(&reply.status), "{reply:?}");
            if let Some(command) = reply.body["commandId"].as_str() {
                load.also(&key, (0, 1), 1, command);
            }
            reply.status == 503 && reply.body["code"] == "DATABASE_UNAVAILABLE"
        })
        .await;
        // Reading goes on.
        let person = load.person(0);
        api.get(&format!("/api/v1/wallets/{}/balance", person.id)).await.expect(200);
        assert!(!platform.has_ended(), "it waits");
        // Nobody is told that all is well: every component that needs the database says why it is not ready.
        for component in ["identity", "admin", "tokenomics", "messaging", "outbox-submitter", "projector"] {
            wait_until(&format!("{component} to say that the disk is full"), SETTLE_LIMIT, || async {
                let (ready, down) = health(&platform, component).await;
                !ready && down.iter().any(|(name, why)| name == "database" && why.contains("nothing can be written"))
            })
            .await;
        }
        wait_until("the status page to say so", SETTLE_LIMIT, || async {
            let page = api.get("/status").await.expect(200);
            !page.as_str().unwrap_or_default().contains("Everything answers and is ready")
        })
        .await;

        disk.make_room();
        let enough = load.accepted() + 8;
        wait_until("payments to be accepted again", SETTLE_LIMIT, || async { load.accepted() >= enough }).await;
        for component in ["identity", "projector"] {
            wait_until(&format!("{component} to be ready again"), SETTLE_LIMIT, || async {
                health(&platform, component).await.0
            })
            .await;
        }
    }
    load.stop().await;
    everything_adds_up(&mut platform, &load).await;
}
