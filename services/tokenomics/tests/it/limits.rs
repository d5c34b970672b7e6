//! Limits that people put on their own payments: lower at once, higher after a day, in the payment's own transaction.

use std::time::Duration;

use gx_platform::testing::TestAnswer;
use gx_store::audit::{self, AuditFilter};
use gx_store::entity::notifications;
use gx_store::repo::people;
use gx_store::sea_orm::EntityTrait;
use gx_types::AuditEvent;
use serde_json::{Value, json};

use crate::still::{Someone, Still};
use crate::world::World;

const PATH: &str = "/api/v1/limits";

async fn set(still: &Still, who: &Someone, body: Value) -> TestAnswer {
    still.api.patch(PATH).token(&who.person.token).json(&body).send().await
}

async fn send(still: &Still, from: &Someone, to: &Someone, key: &str, amount: u64) -> TestAnswer {
    let body = json!({ "toID": to.id.to_string(), "amount": amount.to_string(), "reason": "for you" });
    still
        .api
        .post("/api/v1/transfers")
        .token(&from.person.token)
        .header("idempotency-key", key)
        .json(&body)
        .send()
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_bounds_transfers_and_requests_alike() {
    for still in Still::each().await {
        let (amina, ben) = (still.holder("US", 10_000).await, still.holder("US", 0).await);
        let none = still.api.get(PATH).token(&amina.person.token).send().await;
        assert_eq!(none.status, 200, "{}", none.body);
        assert_eq!((&none.body["perPayment"]["amount"], &none.body["left"]), (&Value::Null, &Value::Null));

        let lowered = set(&still, &amina, json!({ "perPayment": "500", "perDay": "1200" })).await;
        assert_eq!(lowered.status, 200, "{}", lowered.body);
        assert_eq!(
            (&lowered.body["perPayment"]["amount"], &lowered.body["perDay"]["amount"]),
            (&json!("500"), &json!("1200"))
        );
        assert_eq!((&lowered.body["spent"], &lowered.body["left"]), (&json!("0"), &json!("1200")));

        // One payment. Nothing costs a fee here: local, below three GX.
        let refused = send(&still, &amina, &ben, "payment-1", 501).await;
        assert_eq!((refused.status, refused.code()), (409, "LIMIT_PER_PAYMENT_EXCEEDED"));
        assert!(refused.body["detail"].as_str().unwrap().contains("500 Q"), "{}", refused.body);
        assert_eq!(send(&still, &amina, &ben, "payment-1", 500).await.status, 202, "a refused one leaves its key free");
        assert_eq!(send(&still, &amina, &ben, "payment-2", 400).await.status, 202);

        // A day: what is on its way counts.
        let refused = send(&still, &amina, &ben, "payment-3", 301).await;
        assert_eq!((refused.status, refused.code()), (409, "LIMIT_PER_DAY_EXCEEDED"));
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains("1,200 Q") && detail.contains("300 Q are left"), "{detail}");
        let body = json!({ "amount": "301" });
        let request = still.api.post("/api/v1/qsend").token(&ben.person.token).json(&body).send().await.body;
        let pay = async |code: &Value| {
            let path = format!("/api/v1/qsend/{}/pay", code.as_str().unwrap());
            still.api.post(&path).token(&amina.person.token).header("prefer", "wait=0").send().await
        };
        assert_eq!(pay(&request["requestCode"]).await.code(), "LIMIT_PER_DAY_EXCEEDED");
        let read = format!("/api/v1/qsend/{}", request["requestCode"].as_str().unwrap());
        assert_eq!(still.api.get(&read).token(&ben.person.token).send().await.body["status"], "ACTIVE");
        let body = json!({ "amount": "300" });
        let request = still.api.post("/api/v1/qsend").token(&ben.person.token).json(&body).send().await.body;
        assert_eq!(pay(&request["requestCode"]).await.status, 202);
        let full = still.api.get(PATH).token(&amina.person.token).send().await.body;
        assert_eq!((&full["spent"], &full["left"]), (&json!("1200"), &json!("0")));
        // Others are not limited.
        let clara = still.holder("US", 10_000).await;
        assert_eq!(send(&still, &clara, &ben, "payment-1", 5_000).await.status, 202);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_at_the_same_time_cannot_pass_a_limit_together() {
    for still in Still::each().await {
        let (amina, ben) = (still.holder("US", 10_000).await, still.holder("US", 0).await);
        assert_eq!(set(&still, &amina, json!({ "perDay": "1000" })).await.status, 200);
        let keys: Vec<String> = (0..12).map(|number| format!("payment-{number}")).collect();
        let tries = keys.iter().map(|key| send(&still, &amina, &ben, key, 300));
        let answers = futures::future::join_all(tries).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 202).count(), 3);
        assert!(answers.iter().all(|answer| answer.status == 202 || answer.code() == "LIMIT_PER_DAY_EXCEEDED"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raise_waits_a_day_and_can_be_taken_back() {
    for still in Still::each().await {
        let mut amina = still.holder("US", 10_000).await;
        let ben = still.holder("US", 0).await;
        set(&still, &amina, json!({ "perPayment": "100" })).await;
        let raised = set(&still, &amina, json!({ "perPayment": "2000" })).await;
        assert_eq!(raised.status, 200, "{}", raised.body);
        assert_eq!(raised.body["perPayment"]["amount"], "100");
        assert_eq!(raised.body["perPayment"]["next"]["amount"], "2000");
        let from = raised.body["perPayment"]["next"]["from"].clone();
        assert_eq!(send(&still, &amina, &ben, "payment-1", 101).await.code(), "LIMIT_PER_PAYMENT_EXCEEDED");
        // The person is told, for it may be somebody else's doing.
        let notices = notifications::Entity::find().all(still.test.app.store().read()).await.unwrap();
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].kind.0, gx_types::NotificationKind::SecurityAlert);
        let address =
            people::find(still.test.app.store().read(), amina.person.profile_id).await.unwrap().unwrap().email;
        let mails = still.test.mailbox(&address).await;
        assert!(mails.len() == 1 && mails[0].contains("higher limit on your payments"), "{mails:?}");
        let filter = AuditFilter { events: vec![AuditEvent::PersonLimitRaised], ..AuditFilter::default() };
        let entries = audit::list(still.test.app.store().read(), &filter, 10).await.unwrap();
        assert_eq!(entries.len(), 1);
        let entry = entries[0].entry().unwrap();
        let facts = |facts: &audit::Facts| facts.values().cloned().collect::<Vec<_>>();
        assert_eq!((facts(&entry.before), facts(&entry.after)), (vec!["100".to_owned()], vec!["2000".to_owned()]));

        // Asking again later does not begin anew; the limit that holds takes it back.
        let later = async |still: &Still, who: &mut Someone, hours: u64| {
            still.test.advance(Duration::from_secs(hours * 3600));
            still.test.bind_ledger().await;
            who.person = still.test.sign_in(who.person.profile_id).await;
        };
        later(&still, &mut amina, 12).await;
        let again = set(&still, &amina, json!({ "perPayment": "2000" })).await.body;
        assert_eq!(again["perPayment"]["next"]["from"], from);
        let back = set(&still, &amina, json!({ "perPayment": "100" })).await.body;
        assert_eq!(back["perPayment"], json!({ "amount": "100", "next": null }));
        later(&still, &mut amina, 13).await;
        assert_eq!(send(&still, &amina, &ben, "payment-2", 101).await.code(), "LIMIT_PER_PAYMENT_EXCEEDED");

        // Taking a limit away is a raise.
        let away = set(&still, &amina, json!({ "perPayment": null })).await.body;
        assert_eq!(
            (&away["perPayment"]["amount"], &away["perPayment"]["next"]["amount"]),
            (&json!("100"), &Value::Null)
        );
        assert!(away["perPayment"]["next"]["from"].is_string());
        later(&still, &mut amina, 24).await;
        let gone = still.api.get(PATH).token(&amina.person.token).send().await.body;
        assert_eq!(gone["perPayment"], json!({ "amount": null, "next": null }));
        assert_eq!(send(&still, &amina, &ben, "payment-3", 101).await.status, 202);
        // And lower again, at once.
        assert_eq!(set(&still, &amina, json!({ "perPayment": "50" })).await.body["perPayment"]["amount"], "50");
        assert_eq!(send(&still, &amina, &ben, "payment-4", 51).await.code(), "LIMIT_PER_PAYMENT_EXCEEDED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_settled_counts_for_a_day_with_its_fee() {
    for world in World::each().await {
        let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "GB").await);
        let ask = async || world.api.get(PATH).token(&amina.token).send().await.body;
        world.api.patch(PATH).token(&amina.token).json(&json!({ "perDay": "20000" })).send().await;
        world.pay(&amina, &ben, 10_000).await;
        let spent = ask().await;
        assert_eq!((&spent["spent"], &spent["left"]), (&json!("10015"), &json!("9985")));
        // What comes in does not count.
        world.pay(&ben, &amina, 50_000).await;
        assert_eq!(ask().await["spent"], "10015");
        let body = json!({ "toID": ben.profile_id, "amount": "9985", "reason": "r" });
        let request = world.api.post("/api/v1/transfers").token(&amina.token).header("idempotency-key", "too-much-1");
        assert_eq!(request.json(&body).send().await.code(), "LIMIT_PER_DAY_EXCEEDED");
        world.pay(&amina, &ben, 9_970).await;
        assert_eq!(ask().await["left"], "0");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_refused_by_name() {
    let still = Still::start().await;
    let amina = still.holder("US", 0).await;
    for (body, field) in [
        (json!({ "perDay": "0" }), "perDay:AMOUNT_INVALID"),
        (json!({ "perDay": "1.5" }), "perDay:AMOUNT_INVALID"),
        (json!({ "perPayment": "-1" }), "perPayment:AMOUNT_INVALID"),
        (json!({ "perPayment": "007" }), "perPayment:AMOUNT_INVALID"),
        (json!({ "perPayment": "1250000000000000001" }), "perPayment:AMOUNT_INVALID"),
        (json!({ "perWeek": "1" }), "perWeek:FIELD_UNKNOWN"),
    ] {
        let answer = set(&still, &amina, body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.body);
        let (named, expected) = (answer.field(), field.split(':').next().unwrap());
        assert!(named.starts_with(&format!("{expected}:")), "{body}: {named}");
    }
    let untouched = still.api.get(PATH).token(&amina.person.token).send().await.body;
    assert_eq!(untouched["perDay"], json!({ "amount": null, "next": null }));
    assert_eq!(set(&still, &amina, json!({})).await.status, 200);
}
