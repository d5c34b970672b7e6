//! Large payments need more than a session, and say what.

use std::sync::Arc;
use std::time::Duration;

use gx_platform::auth::{Judged, Pin};
use gx_platform::testing::{SignedInPerson, TestAnswer};
use gx_store::Col;
use gx_store::repo::{people, person_security};
use gx_types::{Actor, Qirat};
use serde_json::{Value, json};

use crate::world::{World, eventually};

/// 100 GX: the platform's amount.
const LARGE: u64 = 100_000_000;
const PIN: &str = "481516";

/// What a person protects payments with.
async fn protect(world: &World, person: &SignedInPerson, pin: Option<&str>, own_amount: Option<u64>) {
    let (id, now) = (person.profile_id, world.test.app.now());
    let hash = match pin {
        Some(pin) => Some(Pin::typed(pin).unwrap().hash(&world.test.app, id).await.unwrap()),
        None => None,
    };
    let own_amount = own_amount.map(|amount| Col(Qirat::new(amount).unwrap()));
    world
        .test
        .write(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                people::lock(tx, id).await?;
                person_security::change(tx, id, now, |row| {
                    row.pin_hash = hash;
                    row.step_up_amount = own_amount;
                })
                .await
            })
        })
        .await;
}

/// Two-step sign-in, without a PIN.
async fn with_totp(world: &World, person: &SignedInPerson) {
    let owner = Actor::Person(person.profile_id);
    let factors = world.test.app.second_factors().clone();
    let setup = Arc::new(factors.new_setup(owner, "x@devnet.gxcoin.test").unwrap());
    let (held, kept) = (factors.clone(), Arc::clone(&setup));
    world
        .test
        .app
        .store()
        .write(move |tx| {
            let (factors, setup) = (held.clone(), Arc::clone(&kept));
            Box::pin(async move { factors.begin(tx, owner, &setup).await })
        })
        .await
        .unwrap();
    let code = totp(world, person).await;
    let codes = factors.new_backup_codes(owner);
    let judged = world
        .test
        .app
        .store()
        .write(move |tx| {
            let (factors, code, codes) = (factors.clone(), code.clone(), codes.clone());
            Box::pin(async move { factors.confirm(tx, owner, &code, &codes).await })
        })
        .await
        .unwrap();
    assert!(matches!(judged, Judged::Passed(_)));
    world.test.advance(Duration::from_secs(30));
}

async fn totp(world: &World, person: &SignedInPerson) -> String {
    let owner = Actor::Person(person.profile_id);
    world.test.app.second_factors().current_code(world.test.app.store(), owner).await.unwrap().unwrap()
}

async fn pay(
    world: &World,
    from: &SignedInPerson,
    to: &SignedInPerson,
    amount: u64,
    key: &str,
    proof: Value,
) -> TestAnswer {
    let mut body = json!({ "toID": to.profile_id, "amount": amount.to_string(), "reason": "for you" });
    if !proof.is_null() {
        body["stepUp"] = proof;
    }
    world
        .api
        .post("/api/v1/transfers")
        .token(&from.token)
        .header("idempotency-key", key)
        .header("prefer", "wait=20")
        .json(&body)
        .send()
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_transfer_asks_for_the_pin_and_says_so() {
    for world in World::each().await {
        let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "US").await);
        // 1. Below the amount a session is enough; from it on there must be something to confirm with.
        assert_eq!(pay(&world, &amina, &ben, LARGE - 1, "payment-a1", Value::Null).await.status, 200);
        let nothing = pay(&world, &amina, &ben, LARGE, "payment-a2", Value::Null).await;
        assert_eq!((nothing.status, nothing.code()), (403, "STEP_UP_SETUP_REQUIRED"));
        let before = world.balance(&amina).await;

        // 2. With a PIN it is asked for; other proofs are none.
        protect(&world, &amina, Some(PIN), None).await;
        for (proof, status, code) in [
            (Value::Null, 403, "STEP_UP_PIN_REQUIRED"),
            (json!({ "code": "123456" }), 403, "STEP_UP_PIN_REQUIRED"),
            (json!({ "grant": format!("gxt_{}", "0".repeat(64)) }), 403, "STEP_UP_INVALID"),
            (json!({ "pin": "12345" }), 400, "PIN_INVALID_FORMAT"),
            (json!({ "pin": "481517" }), 400, "PIN_INVALID"),
            (json!({ "pin": PIN, "code": "123456" }), 422, "VALIDATION_FAILED"),
            (json!({}), 422, "VALIDATION_FAILED"),
        ] {
            let answer = pay(&world, &amina, &ben, LARGE, "payment-a2", proof).await;
            assert_eq!((answer.status, answer.code()), (status, code));
        }
        assert_eq!(world.balance(&amina).await, before, "nothing was changed, nothing is held");

        // 3. Right: paid. Repeated, also with a proof that is no good any more: the same payment.
        let paid = pay(&world, &amina, &ben, LARGE, "payment-a2", json!({ "pin": PIN })).await;
        assert_eq!((paid.status, &paid.body["status"]), (200, &json!("CONFIRMED")), "{}", paid.body);
        let after = world.balance(&amina).await;
        for proof in [Value::Null, json!({ "pin": "999990" })] {
            let again = pay(&world, &amina, &ben, LARGE, "payment-a2", proof).await;
            assert_eq!((again.status, &again.body["commandId"]), (200, &paid.body["commandId"]));
        }
        assert_eq!(world.balance(&amina).await, after);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_wrong_pins_keep_even_the_right_one_from_paying() {
    for world in World::each().await {
        let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "US").await);
        protect(&world, &amina, Some(PIN), None).await;
        let before = world.balance(&amina).await;
        for _ in 0..5 {
            let answer = pay(&world, &amina, &ben, LARGE, "payment-b1", json!({ "pin": "481517" })).await;
            assert_eq!(
                (answer.status, answer.code(), answer.field().as_str()),
                (400, "PIN_INVALID", "stepUp.pin:PIN_INVALID")
            );
        }
        let locked = pay(&world, &amina, &ben, LARGE, "payment-b1", json!({ "pin": PIN })).await;
        assert_eq!((locked.status, locked.code()), (429, "PIN_LOCKED"));
        assert_eq!(world.balance(&amina).await, before);
        // Small payments go on.
        assert_eq!(pay(&world, &amina, &ben, 1_000, "payment-b2", Value::Null).await.status, 200);
        world.test.advance(Duration::from_secs(30 * 60));
        let amina = world.test.sign_in(amina.profile_id).await;
        // Half an hour without a sign of the ledger: it is taken for gone until its next one.
        eventually("the ledger is seen and the payment settled", async || {
            pay(&world, &amina, &ben, LARGE, "payment-b1", json!({ "pin": PIN })).await.status == 200
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_pin_a_code_of_the_app_confirms_and_is_good_once() {
    for world in World::each().await {
        let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "US").await);
        with_totp(&world, &amina).await;
        let asked = pay(&world, &amina, &ben, LARGE, "payment-c1", Value::Null).await;
        assert_eq!((asked.status, asked.code()), (403, "STEP_UP_CODE_REQUIRED"));
        let pin = pay(&world, &amina, &ben, LARGE, "payment-c1", json!({ "pin": PIN })).await;
        assert_eq!(pin.code(), "STEP_UP_CODE_REQUIRED");
        let code = totp(&world, &amina).await;
        let paid = pay(&world, &amina, &ben, LARGE, "payment-c1", json!({ "code": code })).await;
        assert_eq!(paid.status, 200, "{}", paid.body);
        // The same request again is the same payment; another payment needs another code.
        let again = pay(&world, &amina, &ben, LARGE, "payment-c1", json!({ "code": code })).await;
        assert_eq!((again.status, &again.body["commandId"]), (200, &paid.body["commandId"]));
        let other = pay(&world, &amina, &ben, LARGE, "payment-c2", json!({ "code": code })).await;
        assert_eq!(
            (other.status, other.code(), other.field().as_str()),
            (400, "SECOND_FACTOR_INVALID", "stepUp.code:SECOND_FACTOR_INVALID")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_can_have_every_payment_confirmed_and_none_can_have_fewer() {
    let world = World::start().await;
    let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "US").await);
    protect(&world, &amina, Some(PIN), Some(0)).await;
    let asked = pay(&world, &amina, &ben, 1, "payment-d1", Value::Null).await;
    assert_eq!((asked.status, asked.code()), (403, "STEP_UP_PIN_REQUIRED"));
    assert_eq!(pay(&world, &amina, &ben, 1, "payment-d1", json!({ "pin": PIN })).await.status, 200);
    // An amount above the platform's, however it came into the database, does not count.
    protect(&world, &amina, Some(PIN), Some(10 * LARGE)).await;
    assert_eq!(pay(&world, &amina, &ben, LARGE, "payment-d2", Value::Null).await.code(), "STEP_UP_PIN_REQUIRED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_request_is_paid_with_the_pin_and_stays_open_until_then() {
    for world in World::each().await {
        let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "US").await);
        protect(&world, &amina, Some(PIN), None).await;
        let request = world.request(&ben, LARGE).await;
        let code =
            request["requestCode"].as_str().unwrap_or_else(|| request["request"]["requestCode"].as_str().unwrap());
        let path = format!("/api/v1/qsend/{code}/pay");
        let pay = async |body: Value| {
            world.api.post(&path).token(&amina.token).header("prefer", "wait=20").json(&body).send().await
        };
        assert_eq!(pay(json!({})).await.code(), "STEP_UP_PIN_REQUIRED");
        assert_eq!(pay(json!({ "stepUp": { "pin": "481517" } })).await.code(), "PIN_INVALID");
        let shown = world.api.get(&format!("/api/v1/qsend/{code}")).token(&amina.token).send().await;
        assert!(shown.body.to_string().contains("\"ACTIVE\""), "{}", shown.body);
        let paid = pay(json!({ "stepUp": { "pin": PIN } })).await;
        assert_eq!((paid.status, &paid.body["status"]), (200, &json!("PAID")), "{}", paid.body);
        // The code of the request is the idempotency key: no proof is needed to hear how it stands.
        assert_eq!(pay(json!({})).await.status, 200);
    }
}
