//! The database goes away in the middle of everything.

use gx_tests::{Database, Platform, PostgresServer, SETTLE_LIMIT, wait_until};
use serde_json::json;

use super::{health, is_down};
use crate::load::{Load, everything_adds_up};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_under_load_is_named_and_nothing_is_lost_when_it_is_back() {
    let Some(server) = PostgresServer::start() else { return };
    let mut platform =
        Platform::on(Database::Postgres).database_url(&server.url()).env("OUTBOX_LEASE_SECONDS", "3").start().await;
    let load = Load::start(&platform).await;
    for round in 0..2 {
        let enough = load.accepted() + 12;
        wait_until("payments to be accepted", SETTLE_LIMIT, || async { load.accepted() >= enough }).await;

        server.stop();
        let api = load.api_of(0);
        let body = json!({ "toID": load.person(1).gx_id, "amount": "1", "reason": "now" });
        wait_until("a payment to be refused for now", SETTLE_LIMIT, || async {
            let key = format!("without-a-database-{round}");
            let reply = api.post_once("/api/v1/transfers", &key, &body).await;
            reply.status == 503 && reply.body["code"] == "DATABASE_UNAVAILABLE"
        })
        .await;
        // All at once: each of them waits some seconds for a database before it says so.
        futures::future::join_all(platform.components().into_iter().map(|component| {
            let platform = &platform;
            async move {
                wait_until(&format!("{component} to name the database"), SETTLE_LIMIT, || async {
                    !health(platform, &component).await.0 && is_down(platform, &component, "database", "").await
                })
                .await;
            }
        }))
        .await;
        assert!(!platform.has_ended(), "it waits");

        server.start_again();
        for component in platform.components() {
            let platform = &platform;
            wait_until(&format!("{component} to be ready again"), SETTLE_LIMIT, || async {
                health(platform, &component).await.0
            })
            .await;
        }
    }
    let enough = load.accepted() + 8;
    wait_until("payments to be accepted again", SETTLE_LIMIT, || async { load.accepted() >= enough }).await;
    load.stop().await;
    everything_adds_up(&mut platform, &load).await;
}
