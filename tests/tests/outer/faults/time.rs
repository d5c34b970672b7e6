//! Time passes.

use std::time::Duration;

use gx_tests::{Admin, Database, Inside, NewPerson, Platform, SETTLE_LIMIT, wait_until};

use super::health;

#[tokio::test(flavor = "multi_thread")]
async fn thirty_days_on_an_idle_chain_leave_every_component_ready() {
    let inside = Inside::default();
    let platform = Platform::on(Database::Sqlite).inside(&inside).start().await;
    let admin = Admin::of(&platform).await;
    let ann = NewPerson::of("Ann", "US", "1990-03-15").settle(&platform, &admin).await;
    let bob = NewPerson::of("Bob", "GB", "1985-07-22").settle(&platform, &admin).await;
    let old_height = inside.ledger().info().await.unwrap().height;

    inside.advance(Duration::from_secs(30 * 24 * 3600));
    for component in platform.components() {
        wait_until(&format!("{component} to be well after thirty days"), SETTLE_LIMIT, || async {
            health(&platform, &component).await == (true, Vec::new())
        })
        .await;
    }
    assert_eq!(inside.ledger().info().await.unwrap().height, old_height, "nobody did anything meanwhile");

    // Sessions have ended; who signs in again pays as before.
    assert_eq!(ann.api.get(&format!("/api/v1/users/{}", ann.id)).await.status, 401);
    let mut ann = ann;
    ann.api = ann.sign_in(&platform.api()).await.unwrap();
    ann.pay(&bob.gx_id, 1_000, "after-thirty-days").await;
}
