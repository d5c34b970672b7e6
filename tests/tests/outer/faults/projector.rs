//! The projection stands still.

use std::time::Duration;

use gx_tests::{Admin, Api, Database, Inside, NewPerson, Platform, SETTLE_LIMIT, wait_for, wait_until};

use super::health;

const THRESHOLD: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_projection_is_not_ready_within_its_threshold_and_says_why() {
    let inside = Inside::default();
    let threshold = THRESHOLD.as_millis().to_string();
    let platform =
        Platform::on(Database::Sqlite).inside(&inside).env("PROJECTION_LAG_THRESHOLD_MS", &threshold).start().await;
    let admin = Admin::of(&platform).await;
    let ann = NewPerson::of("Ann", "US", "1990-03-15").settle(&platform, &admin).await;
    let bob = NewPerson::of("Bob", "GB", "1985-07-22").settle(&platform, &admin).await;

    inside.line.stall_blocks();
    let height = inside.ledger().info().await.unwrap().height;
    let command = ann.send(&bob.gx_id, 1_000, "while-it-stalls").await;
    wait_until("the ledger to have it", SETTLE_LIMIT, || async {
        inside.ledger().info().await.unwrap().height > height
    })
    .await;
    // Younger than the threshold: late, and within what is allowed.
    wait_until("the projector to know that a block waits", SETTLE_LIMIT, || async {
        let health = Api::at(platform.address("projector")).get("/health").await.expect(200);
        let projection = health["dependencies"].as_array().unwrap().iter().find(|part| part["name"] == "projection");
        !projection.unwrap()["reason"].as_str().unwrap_or_default().contains(" 0 blocks wait")
    })
    .await;
    assert!(health(&platform, "projector").await.0);

    inside.advance(THRESHOLD);
    let named = wait_for("the projector to name the block", SETTLE_LIMIT, || async {
        let (ready, down) = health(&platform, "projector").await;
        let why = down.into_iter().find(|(name, why)| name == "projection" && why.contains("not projected"));
        why.filter(|_| !ready)
    })
    .await;
    let number: u64 = named.1.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(number <= height + 1, "{named:?}");
    // It alone: who is asked for something else answers.
    assert!(health(&platform, "tokenomics").await.0);

    inside.line.let_blocks_flow();
    wait_until("the projector to be ready again", SETTLE_LIMIT, || async { health(&platform, "projector").await.0 })
        .await;
    let mut ann = ann;
    ann.api = ann.sign_in(&platform.api()).await.unwrap();
    assert_eq!(ann.settled(&command).await["status"], "CONFIRMED");
}
