//! The ledger is away, or was never there.

use std::time::Duration;

use gx_tests::{Admin, Database, Inside, NewPerson, Platform, SETTLE_LIMIT, wait_until};
use reqwest::Method;
use serde_json::json;

use super::{health, is_down};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_out_of_reach_is_waited_for_ten_minutes_and_nothing_is_lost() {
    let inside = Inside::default();
    let platform = Platform::on(Database::Sqlite).inside(&inside).start().await;
    let admin = Admin::of(&platform).await;
    let mut ann = NewPerson::of("Ann", "US", "1990-03-15").settle(&platform, &admin).await;
    let bob = NewPerson::of("Bob", "US", "1985-07-22").settle(&platform, &admin).await;

    // 1. Nobody answers: named, and no reason to refuse anything yet.
    inside.line.cut();
    let mut accepted = vec![ann.send(&bob.gx_id, 1_000, "waiting-0").await];
    wait_until("the workers to name the ledger", SETTLE_LIMIT, || async {
        let mut all = true;
        for worker in ["outbox-submitter", "projector"] {
            all &= is_down(&platform, worker, "ledger", "the line is cut").await;
            all &= !health(&platform, worker).await.0;
        }
        all && is_down(&platform, "tokenomics", "ledger", "the line is cut").await
    })
    .await;
    assert!(health(&platform, "tokenomics").await.0, "services take what they can");
    inside.advance(5 * MINUTE);
    accepted.push(ann.send(&bob.gx_id, 2_000, "waiting-5").await);
    assert_eq!(ann.balance().await, (500_000_000, 3_000));

    // 2. The oldest has waited for ten minutes: nothing more is taken, and who asks is told when to come back.
    inside.advance(5 * MINUTE + Duration::from_secs(1));
    let body = json!({ "toID": bob.gx_id, "amount": "4000", "reason": "too late" });
    let request =
        ann.api.request(Method::POST, "/api/v1/transfers").header("idempotency-key", "waiting-10").json(&body);
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 503);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait > 0);
    let problem: serde_json::Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(problem["code"], "LEDGER_UNAVAILABLE");
    let asked = bob.api.post("/api/v1/qsend", &json!({ "amount": "50", "description": "Tea" })).await;
    assert_eq!(asked.refused(503), "LEDGER_UNAVAILABLE");
    assert_eq!(ann.balance().await, (500_000_000, 3_000), "what was refused holds nothing");

    // 3. It is back: everything that was accepted settles, once, and new payments are taken.
    inside.line.mend();
    for command in &accepted {
        assert_eq!(ann.settled(command).await["status"], "CONFIRMED");
    }
    assert_eq!((ann.balance().await, bob.balance().await), ((499_997_000, 0), (500_003_000, 0)));
    wait_until("the workers to be ready again", SETTLE_LIMIT, || async {
        health(&platform, "outbox-submitter").await.0 && health(&platform, "projector").await.0
    })
    .await;
    // The key of the refused one was not used up.
    ann.api = ann.sign_in(&platform.api()).await.unwrap();
    ann.pay(&bob.gx_id, 4_000, "waiting-10").await;
    assert_eq!(bob.balance().await, (500_007_000, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ledger_what_needs_one_is_unavailable_and_the_rest_works() {
    let only = ["--only", "identity,admin,tokenomics,messaging,tax,wallet"];
    let platform = Platform::on(Database::Sqlite).args(&only).start().await;
    let admin = Admin::of(&platform).await;
    let pause = json!({ "reason": "There is nothing to pause yet." });
    let refused = admin.api.post("/api/v1/admin/system/pause", &pause).await;
    assert_eq!(refused.refused(503), "FEATURE_UNAVAILABLE");
    // What needs no ledger goes on, and health says what is missing.
    admin.api.get("/api/v1/admin/users").await.expect(200);
    for page in ["/", "/login", "/status"] {
        platform.api().get(page).await.expect(200);
    }
    let nora = NewPerson::of("Nora", "US", "1990-03-15").register(&platform.api()).await;
    nora.hand_in().await;
    let body = json!({ "toID": nora.id, "amount": "1", "reason": "nothing" });
    let refused = nora.api.post_once("/api/v1/transfers", "without-a-ledger", &body).await;
    assert_eq!(refused.refused(503), "FEATURE_UNAVAILABLE");
    let asked = nora.api.post("/api/v1/qsend", &json!({ "amount": "50", "description": "Tea" })).await;
    assert_eq!(asked.refused(503), "FEATURE_UNAVAILABLE");
    assert!(health(&platform, "tokenomics").await.0);
    assert!(is_down(&platform, "tokenomics", "ledger", "no ledger was ever bound").await);
}
