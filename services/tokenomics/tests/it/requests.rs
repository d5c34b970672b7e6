//! Q Send without a ledger's decision: time, forgery, states.

use std::time::Duration;

use gx_store::Col;
use gx_store::entity::{notifications, outbox_commands, qsend_requests};
use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use gx_types::{Actor, CorrelationId, NotificationKind, OutboxState};
use serde_json::{Value, json};

use crate::still::{Someone, Still};
use crate::world::balance;

async fn create(still: &Still, creator: &Someone, body: Value) -> Value {
    let answer = still.api.post("/api/v1/qsend").token(&creator.person.token).json(&body).send().await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    answer.body
}

async fn post(still: &Still, who: &Someone, code: &str, what: &str) -> gx_platform::testing::TestAnswer {
    let path = format!("/api/v1/qsend/{code}/{what}");
    still.api.post(&path).token(&who.person.token).header("prefer", "wait=0").send().await
}

async fn verify(still: &Still, who: &Someone, qr_data: &str) -> Value {
    let body = json!({ "qrData": qr_data });
    let answer = still.api.post("/api/v1/qsend/verify").token(&who.person.token).json(&body).send().await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_and_altered_codes_are_recognised() {
    let still = Still::start().await;
    let (amina, ben) = (still.holder("US", 0).await, still.holder("GB", 1_000).await);
    let request = create(&still, &amina, json!({ "amount": "50", "description": "Lunch", "reference": "R-1" })).await;
    let text = request["qrData"].as_str().unwrap();
    let good = verify(&still, &ben, text).await;
    assert_eq!((&good["valid"], &good["request"]["reference"]), (&json!(true), &json!("R-1")));

    let (body, signature) = text.split_once('.').unwrap();
    let altered = format!("{}A.{signature}", &body[..body.len() - 1]);
    for (text, error) in [
        (altered.as_str(), "SIGNATURE_INVALID"),
        (&format!("{body}.{}", "A".repeat(43)), "SIGNATURE_INVALID"),
        ("hello", "NOT_Q_SEND"),
        ("https://example.org/pay", "NOT_Q_SEND"),
    ] {
        let seen = verify(&still, &ben, text).await;
        let error_seen = seen["error"].as_str().unwrap();
        // An altered body may also stop being readable.
        assert!(
            error_seen == error || (error == "SIGNATURE_INVALID" && error_seen == "NOT_Q_SEND"),
            "{text}: {seen:?}"
        );
        assert_eq!((&seen["valid"], &seen["request"]), (&json!(false), &Value::Null));
    }
    let read = still
        .api
        .get(&format!("/api/v1/qsend/{}", request["requestCode"].as_str().unwrap()))
        .token(&amina.person.token)
        .send()
        .await;
    assert_eq!(read.body["scannedCount"], 1, "only a code of ours counts");

    let path = format!("/api/v1/qsend/{}/qr", request["requestCode"].as_str().unwrap());
    let picture = still.api.get(&path).token(&ben.person.token).send().await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
    assert!(picture.bytes.starts_with(b"<svg "));
    assert_eq!(still.api.get(&path).send().await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_expires_on_time_and_its_creator_is_told_once() {
    for still in Still::each().await {
        let (amina, ben) = (still.holder("US", 0).await, still.holder("GB", 1_000).await);
        let short = create(&still, &amina, json!({ "amount": "50", "validitySeconds": 60 })).await;
        let long = create(&still, &amina, json!({ "amount": "50", "validitySeconds": 600 })).await;
        let code = short["requestCode"].as_str().unwrap();
        let read = async |who: &Someone| {
            still.api.get(&format!("/api/v1/qsend/{code}")).token(&who.person.token).send().await.body
        };
        still.test.advance(Duration::from_secs(59));
        assert_eq!((&read(&ben).await["status"], &read(&ben).await["remainingSeconds"]), (&json!("ACTIVE"), &json!(1)));
        still.test.advance(Duration::from_secs(1));
        assert_eq!(
            (&read(&ben).await["status"], &read(&ben).await["remainingSeconds"]),
            (&json!("EXPIRED"), &json!(0))
        );
        assert_eq!(post(&still, &ben, code, "pay").await.code(), "QSEND_EXPIRED");
        assert_eq!(post(&still, &amina, code, "cancel").await.code(), "QSEND_EXPIRED");
        let scanned = verify(&still, &ben, short["qrData"].as_str().unwrap()).await;
        assert_eq!((&scanned["valid"], &scanned["error"]), (&json!(false), &json!("EXPIRED")));

        // Two replicas sweep at the same time, and once more afterwards.
        let other = still.test.second().await;
        let (first, second) = tokio::join!(
            gx_tokenomics::qsend::sweep::expire_due(&still.test.app),
            gx_tokenomics::qsend::sweep::expire_due(&other)
        );
        assert_eq!(first.unwrap() + second.unwrap(), 1);
        assert_eq!(gx_tokenomics::qsend::sweep::expire_due(&still.test.app).await.unwrap(), 0);
        let told = notifications::Entity::find()
            .filter(notifications::Column::Kind.eq(Col(NotificationKind::QSendRequestExpired)))
            .all(still.test.app.store().read())
            .await
            .unwrap();
        assert_eq!(told.iter().map(|notice| notice.profile_id.0).collect::<Vec<_>>(), [amina.person.profile_id]);
        let expired = still.api.get("/api/v1/qsend?status=EXPIRED").token(&amina.person.token).send().await.body;
        assert_eq!(expired["requests"].as_array().unwrap().len(), 1);
        assert_eq!(post(&still, &ben, long["requestCode"].as_str().unwrap(), "pay").await.status, 202);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transition_that_is_not_allowed_is_refused() {
    for still in Still::each().await {
        let (amina, ben, clara) =
            (still.holder("US", 500).await, still.holder("GB", 1_000).await, still.holder("GB", 1_000).await);
        let code = |request: &Value| request["requestCode"].as_str().unwrap().to_owned();

        let taken_back = code(&create(&still, &amina, json!({ "amount": "50" })).await);
        assert_eq!(post(&still, &ben, &taken_back, "cancel").await.status, 404);
        assert_eq!(post(&still, &amina, &taken_back, "cancel").await.body["status"], "CANCELLED");
        assert_eq!(post(&still, &amina, &taken_back, "cancel").await.status, 200);
        assert_eq!(post(&still, &ben, &taken_back, "pay").await.code(), "QSEND_CANCELLED");

        let request = code(&create(&still, &amina, json!({ "amount": "50" })).await);
        assert_eq!(post(&still, &amina, &request, "pay").await.code(), "SELF_TRANSFER");
        let dear = json!({ "expectedFee": "0" });
        let path = format!("/api/v1/qsend/{request}/pay");
        assert_eq!(still.api.post(&path).token(&ben.person.token).json(&dear).send().await.code(), "FEE_CHANGED");
        let paying = post(&still, &ben, &request, "pay").await;
        assert_eq!(
            (paying.status, &paying.body["status"], &paying.body["payerName"]),
            (202, &json!("PAYING"), &json!("Alice Johnson"))
        );
        assert_eq!(balance(&still.api, &ben.person).await, (1_000, 51));
        // Whoever pays already is told how it stands; nobody else gets in, and it cannot be taken back or swept.
        let again = post(&still, &ben, &request, "pay").await;
        assert_eq!((again.status, &again.body["commandId"]), (202, &paying.body["commandId"]));
        assert_eq!(post(&still, &clara, &request, "pay").await.code(), "QSEND_ALREADY_PAID");
        assert_eq!(post(&still, &amina, &request, "cancel").await.code(), "QSEND_ALREADY_PAID");
        still.test.advance(Duration::from_secs(301));
        assert_eq!(gx_tokenomics::qsend::sweep::expire_due(&still.test.app).await.unwrap(), 0);
        assert_eq!(balance(&still.api, &ben.person).await, (1_000, 51));

        assert_eq!(post(&still, &ben, "QS-AAAAAAAA", "pay").await.status, 404);
        let poor = code(&create(&still, &ben, json!({ "amount": "100000" })).await);
        assert_eq!(post(&still, &amina, &poor, "pay").await.code(), "INSUFFICIENT_FUNDS");
        let stored = qsend_requests::Entity::find()
            .filter(qsend_requests::Column::RequestCode.eq(&poor))
            .one(still.test.app.store().read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((stored.status.0.as_str(), stored.payment_attempts), ("ACTIVE", 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_what_the_ledger_needs_and_a_request_is_created_once_per_key() {
    let still = Still::start().await;
    let (amina, ben) = (still.holder("US", 0).await, still.holder("GB", 1_000).await);
    let body = json!({ "amount": "50", "description": "Lunch" });
    let keyed = async || {
        let request = still.api.post("/api/v1/qsend").token(&amina.person.token).header("idempotency-key", "request-1");
        request.json(&body).send().await.body["requestCode"].as_str().unwrap().to_owned()
    };
    let code = keyed().await;
    assert_eq!(keyed().await, code);

    let correlation = "01890a5d-ac96-774b-bcce-b302099a8057";
    let path = format!("/api/v1/qsend/{}/pay", code.to_lowercase());
    let request = still
        .api
        .post(&path)
        .token(&ben.person.token)
        .header("prefer", "wait=0")
        .header("x-correlation-id", correlation);
    assert_eq!(request.send().await.status, 202);
    let row = outbox_commands::Entity::find().one(still.test.app.store().read()).await.unwrap().unwrap();
    assert_eq!((row.command_type.as_str(), row.state.0), ("Q_SEND_PAY", OutboxState::Pending));
    assert_eq!(row.ledger_key.0.to_string(), format!("qsend-{code}"));
    assert_eq!((row.actor.0, row.hold_amount.0.get()), (Actor::Person(ben.person.profile_id), 51));
    assert_eq!(row.correlation_id.0, correlation.parse::<CorrelationId>().unwrap());
    let command: gx_contracts::Command = serde_json::from_str(&row.payload).unwrap();
    let (from, to) = (ben.id.to_string(), amina.id.to_string());
    let key = format!("qsend-{code}");
    assert_eq!(command.call().args, [&from, &to, "50", "P2P", "Lunch", &key].map(str::to_owned));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_has_only_so_many_requests_open() {
    let still = Still::start().await;
    let amina = still.holder("US", 0).await;
    for _ in 0..200 {
        create(&still, &amina, json!({ "amount": "1", "validitySeconds": 60 })).await;
    }
    let refused =
        still.api.post("/api/v1/qsend").token(&amina.person.token).json(&json!({ "amount": "1" })).send().await;
    assert_eq!((refused.status, refused.code()), (409, "QSEND_TOO_MANY_OPEN"));
    still.test.advance(Duration::from_secs(60));
    create(&still, &amina, json!({ "amount": "1" })).await;
    let stats = still.api.get("/api/v1/qsend/dashboard").token(&amina.person.token).send().await.body;
    assert_eq!((&stats["stats"]["expiredRequests"], &stats["stats"]["activeRequests"]), (&json!(200), &json!(1)));
    assert_eq!(stats["recentRequests"].as_array().unwrap().len(), 10);
    assert_eq!(gx_tokenomics::qsend::sweep::expire_due(&still.test.app).await.unwrap(), 200);
}
