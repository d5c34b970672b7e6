//! Repeated requests.

use std::time::Duration;

use gx_store::idempotency::{self, Answer, Begun};
use gx_store::testing::TestStore;
use gx_store::{Store, StoreError};
use gx_types::{Actor, ProfileId, Sha256Hex, Timestamp};
use uuid::Uuid;

use crate::outbox::NOW;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn actor(number: u128) -> Actor {
    Actor::Person(ProfileId::from_uuid(Uuid::from_u128(number)))
}

fn body(byte: u8) -> Sha256Hex {
    Sha256Hex::from_bytes([byte; 32])
}

fn answer() -> Answer {
    Answer { status: 202, body: "{\"commandId\":\"1\"}".to_owned() }
}

async fn begin(store: &Store, who: Actor, key: &'static str, hash: Sha256Hex, now: Timestamp) -> Begun {
    store
        .write(move |tx| Box::pin(async move { idempotency::begin(tx, who, "POST /t", key, hash, now).await }))
        .await
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
}

async fn finish(store: &Store, who: Actor, key: &'static str, answer: Answer) {
    store
        .write(move |tx| {
            let answer = answer.clone();
            Box::pin(async move { idempotency::finish(tx, who, "POST /t", key, &answer).await })
        })
        .await
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
}

#[tokio::test]
async fn the_first_answer_is_replayed_for_a_day_and_to_its_actor_alone() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        assert_eq!(begin(store, actor(1), "k", body(1), NOW).await, Begun::Fresh);
        assert_eq!(begin(store, actor(1), "k", body(1), NOW).await, Begun::InFlight);
        assert_eq!(begin(store, actor(1), "k", body(2), NOW).await, Begun::Reused);
        finish(store, actor(1), "k", answer()).await;
        assert_eq!(begin(store, actor(1), "k", body(1), NOW).await, Begun::Replay(answer()));
        assert_eq!(begin(store, actor(1), "k", body(2), NOW).await, Begun::Reused);
        assert_eq!(begin(store, actor(2), "k", body(1), NOW).await, Begun::Fresh, "another's key is another key");
        let settled = Answer { status: 200, body: "{}".to_owned() };
        finish(store, actor(1), "k", settled.clone()).await;
        let almost = Timestamp::from_micros(NOW.plus(DAY).micros() - 1);
        assert_eq!(begin(store, actor(1), "k", body(1), almost).await, Begun::Replay(settled));
        assert_eq!(begin(store, actor(1), "k", body(2), NOW.plus(DAY)).await, Begun::Fresh);
    }
}

#[tokio::test]
async fn a_key_taken_in_a_unit_that_fails_is_free_again() {
    for test in TestStore::each().await.unwrap() {
        let refused = test
            .store
            .write(|tx| {
                Box::pin(async move {
                    idempotency::begin(tx, actor(1), "POST /t", "k", body(1), NOW).await?;
                    Err::<(), _>(StoreError::GivenUp("on purpose"))
                })
            })
            .await;
        assert!(refused.is_err());
        assert_eq!(begin(&test.store, actor(1), "k", body(2), NOW).await, Begun::Fresh);
    }
}

#[tokio::test]
async fn of_many_at_the_same_time_one_is_the_first() {
    for test in TestStore::each().await.unwrap() {
        let mut requests = Vec::new();
        for _ in 0..20 {
            let store = test.store.clone();
            requests.push(tokio::spawn(async move {
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            let begun = idempotency::begin(tx, actor(1), "POST /t", "k", body(1), NOW).await?;
                            if begun == Begun::Fresh {
                                idempotency::finish(tx, actor(1), "POST /t", "k", &answer()).await?;
                            }
                            Ok::<_, StoreError>(begun)
                        })
                    })
                    .await
                    .unwrap()
            }));
        }
        let mut fresh = 0;
        for request in requests {
            match request.await.unwrap() {
                Begun::Fresh => fresh += 1,
                other => assert_eq!(other, Begun::Replay(answer())),
            }
        }
        assert_eq!(fresh, 1);
    }
}

#[tokio::test]
async fn the_sweep_takes_what_is_over_and_nothing_else() {
    for test in TestStore::each().await.unwrap() {
        let store = &test.store;
        begin(store, actor(1), "old", body(1), NOW).await;
        begin(store, actor(2), "old", body(1), NOW).await;
        begin(store, actor(1), "new", body(1), NOW.plus(DAY)).await;
        let sweep = |limit: u32| {
            let store = store.clone();
            async move {
                store
                    .write(move |tx| Box::pin(async move { idempotency::sweep(tx, NOW.plus(DAY), limit).await }))
                    .await
                    .unwrap_or_else(|error: StoreError| panic!("{error}"))
            }
        };
        assert_eq!(sweep(1).await, 1);
        assert_eq!(sweep(10).await, 1);
        assert_eq!(sweep(10).await, 0);
        assert_eq!(begin(store, actor(1), "new", body(1), NOW.plus(DAY)).await, Begun::InFlight);
    }
}
