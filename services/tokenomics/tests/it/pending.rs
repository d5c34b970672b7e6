//! What waits is spoken for, and a repeated request is the same request.

use gx_store::repo::wallets as rows;
use gx_types::{OnchainStatus, PersonStatus};
use serde_json::{Value, json};

use crate::still::{Someone, Still};
use crate::world::balance;

async fn send(still: &Still, from: &Someone, key: &str, body: &Value) -> gx_platform::testing::TestAnswer {
    still.api.post("/api/v1/transfers").token(&from.person.token).header("idempotency-key", key).json(body).send().await
}

fn transfer(to: &Someone, amount: u64) -> Value {
    json!({ "toID": to.id.to_string(), "amount": amount.to_string(), "reason": "for you" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amount_and_fee_of_what_waits_cannot_be_spent_again() {
    for still in Still::each().await {
        let (amina, ben) = (still.holder("US", 1_000).await, still.holder("GB", 0).await);
        let first = send(&still, &amina, "payment-1", &transfer(&ben, 500)).await;
        assert_eq!((first.status, &first.body["status"]), (202, &json!("PENDING")), "{:?}", first.body);
        assert_eq!(balance(&still.api, &amina.person).await, (1_000, 502));
        // 498 are left: 497 with a fee of 2 are too much, 496 are not.
        let refused = send(&still, &amina, "payment-2", &transfer(&ben, 497)).await;
        assert_eq!((refused.status, refused.code()), (409, "INSUFFICIENT_FUNDS"));
        assert_eq!(send(&still, &amina, "payment-3", &transfer(&ben, 496)).await.status, 202);
        assert_eq!(balance(&still.api, &amina.person).await, (1_000, 1_000));
        assert_eq!(send(&still, &amina, "payment-4", &transfer(&ben, 1)).await.code(), "INSUFFICIENT_FUNDS");
        // The receiver has nothing yet.
        assert_eq!(balance(&still.api, &ben.person).await, (0, 0));

        let path = format!("/api/v1/wallets/{}/transactions?status=PENDING", amina.person.profile_id);
        let waiting = still.api.get(&path).token(&amina.person.token).send().await.body;
        let amounts: Vec<&str> =
            waiting["transactions"].as_array().unwrap().iter().map(|line| line["amount"].as_str().unwrap()).collect();
        assert_eq!(amounts, ["496", "500"]);
        assert_eq!(waiting["transactions"][0]["counterpartyName"], "Alice Johnson");
        let status = format!("/api/v1/transfers/{}/status", first.body["commandId"].as_str().unwrap());
        assert_eq!(first.body["statusUrl"], status);
        assert_eq!(still.api.get(&status).token(&amina.person.token).send().await.body["status"], "PENDING");
        assert_eq!(still.api.get(&status).token(&ben.person.token).send().await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_at_the_same_time_cannot_spend_the_same_coins() {
    for still in Still::each().await {
        let (amina, ben) = (still.holder("US", 1_000).await, still.holder("US", 0).await);
        let body = transfer(&ben, 300);
        let keys: Vec<String> = (0..16).map(|number| format!("payment-{number}")).collect();
        let tries = keys.iter().map(|key| send(&still, &amina, key, &body));
        let statuses: Vec<u16> =
            futures::future::join_all(tries).await.into_iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 3, "{statuses:?}");
        assert_eq!(balance(&still.api, &amina.person).await, (1_000, 900));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_come_at_once_each_is_answered_by_itself() {
    for still in Still::each().await {
        let (amina, ben, clara) =
            (still.holder("US", 1_000).await, still.holder("US", 10).await, still.holder("GB", 1_000).await);
        let nobody = json!({ "toID": "01890a5d-ac96-774b-bcce-b302099a8057", "amount": "1", "reason": "r" });
        let by_profile = json!({ "toID": amina.person.profile_id, "amount": "100", "reason": "r" });
        let (to_ben, to_clara) = (transfer(&ben, 100), transfer(&clara, 20));
        let mut tries = Vec::new();
        for round in 0..8 {
            tries.push((202, "", &amina, "the-same-one".to_owned(), &to_ben));
            tries.push((422, "ACCOUNT_NOT_FOUND", &amina, format!("to-nobody-{round}"), &nobody));
            tries.push((409, "INSUFFICIENT_FUNDS", &ben, format!("poor-payer-{round}"), &to_clara));
            tries.push((202, "", &clara, format!("rich-payer-{round}"), &by_profile));
        }
        let answers = tries.iter().map(|(_, _, who, key, body)| send(&still, who, key, body));
        let mut same = std::collections::BTreeSet::new();
        for ((status, code, _, key, _), answer) in tries.iter().zip(futures::future::join_all(answers).await) {
            assert_eq!((answer.status, *status == 202 || answer.code() == *code), (*status, true), "{:?}", answer.body);
            if key == "the-same-one" {
                same.insert(answer.body["commandId"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(same.len(), 1, "one payment, told eight times");
        assert_eq!(balance(&still.api, &amina.person).await, (1_000, 100));
        assert_eq!(balance(&still.api, &ben.person).await, (10, 0));
        // 100 and a fee of 1 each, across the border.
        assert_eq!(balance(&still.api, &clara.person).await, (1_000, 808));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_changes_nothing_and_another_body_is_refused() {
    for still in Still::each().await {
        let (amina, ben) = (still.holder("US", 1_000).await, still.holder("US", 0).await);
        let body = transfer(&ben, 100);
        let (first, again) =
            tokio::join!(send(&still, &amina, "payment-1", &body), send(&still, &amina, "payment-1", &body));
        for answer in [&first, &again] {
            assert!(answer.status == 202 || answer.code() == "IDEMPOTENCY_IN_FLIGHT", "{:?}", answer.body);
        }
        let third = send(&still, &amina, "payment-1", &transfer(&ben, 100)).await;
        assert_eq!(third.status, 202);
        assert_eq!(balance(&still.api, &amina.person).await, (1_000, 100));
        let other = send(&still, &amina, "payment-1", &transfer(&ben, 101)).await;
        assert_eq!((other.status, other.code()), (409, "IDEMPOTENCY_KEY_REUSED"));

        // Another person's key is another key.
        let clara = still.holder("US", 1_000).await;
        let theirs = send(&still, &clara, "payment-1", &transfer(&ben, 100)).await;
        assert_eq!(theirs.status, 202);
        assert_ne!(theirs.body["commandId"], third.body["commandId"]);

        // The ledger remembers keys longer than the service.
        still.test.advance(std::time::Duration::from_secs(25 * 3600));
        still.test.bind_ledger().await;
        let late = still.test.sign_in(amina.person.profile_id).await;
        let late = Someone { person: late, id: amina.id, email: amina.email.clone() };
        let refused = send(&still, &late, "payment-1", &transfer(&ben, 100)).await;
        assert_eq!(
            refused.status,
            if refused.code() == "LEDGER_UNAVAILABLE" { 503 } else { 409 },
            "{:?}",
            refused.body
        );
        assert_eq!(rows::pending_of(still.test.app.store().read(), amina.person.profile_id).await.unwrap().get(), 100);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_active_pay_and_only_the_registered_are_paid() {
    let still = Still::start().await;
    let (amina, ben) = (still.holder("US", 1_000).await, still.holder("US", 0).await);
    let waiting = still.person("US", PersonStatus::ApprovedPendingOnchain, OnchainStatus::Pending).await;
    let registered = still.person("US", PersonStatus::Registered, OnchainStatus::NotRegistered).await;
    for payer in [&waiting, &registered] {
        let refused = send(&still, payer, "payment-1", &transfer(&ben, 1)).await;
        assert_eq!((refused.status, refused.code()), (409, "ACCOUNT_NOT_ACTIVE"));
        let path = format!("/api/v1/wallets/{}/balance", payer.person.profile_id);
        assert_eq!(still.api.get(&path).token(&payer.person.token).send().await.status, 404);
        let request = json!({ "amount": "50" });
        let refused = still.api.post("/api/v1/qsend").token(&payer.person.token).json(&request).send().await;
        assert_eq!((refused.status, refused.code()), (409, "ACCOUNT_NOT_ACTIVE"));
    }
    let by_profile = |someone: &Someone| json!({ "toID": someone.person.profile_id, "amount": "1", "reason": "r" });
    for receiver in [&waiting, &registered] {
        let refused = send(&still, &amina, "payment-2", &by_profile(receiver)).await;
        assert_eq!((refused.code(), refused.field().as_str()), ("ACCOUNT_NOT_ACTIVE", "toID:ACCOUNT_NOT_ACTIVE"));
    }
    let oneself = send(&still, &amina, "payment-3", &transfer(&amina, 1)).await;
    assert_eq!((oneself.status, oneself.field().as_str()), (422, "toID:SELF_TRANSFER"));
    let nobody = json!({ "toID": "01890a5d-ac96-774b-bcce-b302099a8057", "amount": "1", "reason": "r" });
    let nobody = send(&still, &amina, "payment-4", &nobody).await;
    assert_eq!((nobody.status, nobody.field().as_str()), (422, "toID:ACCOUNT_NOT_FOUND"));
    assert_eq!(balance(&still.api, &amina.person).await, (1_000, 0));
    // Refused requests leave their keys free.
    assert_eq!(send(&still, &amina, "payment-4", &by_profile(&ben)).await.status, 202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_ledger_nothing_is_accepted() {
    let test = gx_platform::testing::TestApp::start().await;
    let api = test.serve([gx_tokenomics::routes()]);
    let person = test.person(gx_platform::testing::TestPerson::default()).await;
    let body = json!({ "toID": person.profile_id, "amount": "1", "reason": "r" });
    let answer = api
        .post("/api/v1/transfers")
        .token(&person.token)
        .header("idempotency-key", "payment-1")
        .json(&body)
        .send()
        .await;
    assert_eq!((answer.status, answer.code()), (503, "FEATURE_UNAVAILABLE"));
    assert_eq!(
        api.post("/api/v1/transfers").token(&person.token).json(&body).send().await.code(),
        "IDEMPOTENCY_KEY_REQUIRED"
    );
    assert_eq!(api.post("/api/v1/transfers").json(&body).send().await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_account_can_spend_nothing() {
    use gx_store::Col;
    use gx_store::entity::accounts;
    use gx_store::sea_orm::{EntityTrait, Set};
    let still = Still::start().await;
    let amina = still.holder("US", 1_000).await;
    let account = Col(gx_types::AccountId::Holder(amina.id));
    still
        .test
        .write(move |tx| {
            Box::pin(async move {
                let row = accounts::ActiveModel { account_id: Set(account), frozen: Set(true), ..Default::default() };
                accounts::Entity::update(row).exec(tx).await?;
                Ok(())
            })
        })
        .await;
    let path = format!("/api/v1/wallets/{}/balance", amina.person.profile_id);
    let told = still.api.get(&path).token(&amina.person.token).send().await.body["balance"].clone();
    let figures = ["balance", "available", "frozen"].map(|name| told[name].clone());
    assert_eq!(json!(figures), json!(["1000", "0", true]));
}
