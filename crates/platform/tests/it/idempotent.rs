//! Writes that are repeated.

use gx_platform::testing::{TestApp, TestOptions, TestPerson};
use gx_store::entity::environment_facts::{Column, Entity};
use gx_store::sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::wishes::routes;

async fn wishes(test: &TestApp) -> u64 {
    Entity::find().filter(Column::FactName.starts_with("wish:")).count(test.app.store().read()).await.unwrap()
}

async fn repeated(test: TestApp) {
    let api = test.serve([routes()]);
    let (alice, bob) = (test.person(TestPerson::default()).await, test.person(TestPerson::default()).await);
    let wish = |token: &str, key: &str, body: Value| {
        api.post("/api/v1/wishes").token(token).header("idempotency-key", key).json(&body).send()
    };
    let first = wish(&alice.token, "wish-0001", json!({ "amount": "50" })).await;
    assert_eq!((first.status, &first.body["replayed"]), (200, &json!(false)), "{}", first.body);
    // The same request: a number is the same amount as its decimal string.
    let again = wish(&alice.token, "wish-0001", json!({ "amount": 50 })).await;
    assert_eq!((again.status, &again.body["replayed"], &again.body["count"]), (200, &json!(true), &json!(50)));
    let other = wish(&alice.token, "wish-0001", json!({ "amount": "51" })).await;
    assert_eq!((other.status, other.code()), (409, "IDEMPOTENCY_KEY_REUSED"));
    let bobs = wish(&bob.token, "wish-0001", json!({ "amount": "51" })).await;
    assert_eq!((bobs.status, &bobs.body["replayed"]), (200, &json!(false)), "keys belong to their actor");
    assert_eq!(wishes(&test).await, 2);

    // A refusal keeps nothing: neither the row of the business nor the key.
    for _ in 0..2 {
        let refused = wish(&alice.token, "wish-0002", json!({ "amount": "13000000" })).await;
        assert_eq!(refused.code(), "STATE_CONFLICT");
    }
    assert_eq!(wishes(&test).await, 2);

    // Twenty at once: one does it, all hear the same.
    let at_once: Vec<_> = (0..20).map(|_| wish(&alice.token, "wish-0003", json!({ "amount": "7" }))).collect();
    let answers = futures_join(at_once).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.body["replayed"] == false).count(), 1);
    assert_eq!(wishes(&test).await, 3);

    // After a day the key is free again.
    test.advance(std::time::Duration::from_secs(24 * 3600 + 1));
    let fresh = test.sign_in(alice.profile_id).await;
    let later = wish(&fresh.token, "wish-0001", json!({ "amount": "51" })).await;
    assert_eq!((later.status, &later.body["replayed"]), (200, &json!(false)), "{}", later.body);
}

async fn futures_join<F: Future + Send + 'static>(futures: Vec<F>) -> Vec<F::Output>
where
    F::Output: Send + 'static,
{
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut outputs = Vec::new();
    for task in tasks {
        outputs.push(task.await.unwrap());
    }
    outputs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_done_once_on_sqlite() {
    repeated(TestApp::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_done_once_on_postgres() {
    if let Some(test) = TestApp::start_with(TestOptions { postgres: true, ..TestOptions::default() }).await {
        repeated(test).await;
    }
}
