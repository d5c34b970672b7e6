//! A database that goes away or is full: 503 with a stable code, and nothing changed.

use gx_platform::testing::{TestApp, TestPerson};
use gx_store::sea_orm::ConnectionTrait;
use serde_json::json;

use crate::wishes::routes;

#[tokio::test]
async fn without_a_database_everything_answers_503() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    test.app.store().close().await.unwrap();
    let wish = async || {
        api.post("/api/v1/wishes")
            .token(&person.token)
            .header("idempotency-key", "wish-0001")
            .json(&json!({ "amount": "1" }))
            .send()
            .await
    };
    let answer = wish().await;
    assert_eq!((answer.status, answer.code()), (503, "DATABASE_UNAVAILABLE"), "{}", answer.body);
    assert!(!answer.header("retry-after").is_empty());
    assert!(answer.body.get("detail").is_none(), "what is wrong inside is not told: {}", answer.body);
    // What needs no database goes on.
    assert_eq!(api.get("/api/v1/wishes/numbers").send().await.status, 200);
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_keeps_reading() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let wish = async |key: &str| {
        api.post("/api/v1/wishes")
            .token(&person.token)
            .header("idempotency-key", key)
            .json(&json!({ "amount": "1", "what": "x".repeat(60_000) }))
            .send()
            .await
    };
    assert_eq!(wish("wish-0001").await.status, 200);
    // SQLite's own word for «no room»: a limit on the pages of the file.
    set_pages_max(&test, 1).await;
    let mut refused = None;
    for number in 0..2_000 {
        let answer = wish(&format!("fill-{number:06}")).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the file is full at some point");
    assert_eq!((refused.status, refused.code()), (503, "DATABASE_UNAVAILABLE"), "{}", refused.body);
    assert_eq!(api.get("/api/v1/wishes/who").token(&person.token).send().await.status, 200);
    // Room again: what was refused was not done, and is done now, once.
    set_pages_max(&test, 1_000_000).await;
    let answer = wish("wish-0001").await;
    assert_eq!((answer.status, &answer.body["replayed"]), (200, &json!(true)), "{}", answer.body);
    assert_eq!(wish("wish-0002").await.body["replayed"], json!(false));
}

/// Below the present size the limit is the present size.
async fn set_pages_max(test: &TestApp, pages: u64) {
    test.write(move |tx| {
        Box::pin(async move {
            tx.execute_unprepared(&format!("PRAGMA max_page_count = {pages}")).await?;
            Ok(())
        })
    })
    .await;
}
