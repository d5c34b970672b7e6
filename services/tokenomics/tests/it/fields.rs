//! Every field, wrong in every way, is refused by name and changes nothing.

use gx_store::entity::{outbox_commands, qsend_requests};
use gx_store::sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::still::Still;

/// Ways to write an amount that are none.
fn bad_amounts() -> Vec<Value> {
    vec![
        json!("0"),
        json!(0),
        json!(""),
        json!("1.5"),
        json!("1.0"),
        json!(1.5),
        json!(1.0),
        json!("-1"),
        json!(-1),
        json!("+1"),
        json!("1e3"),
        json!("007"),
        json!(" 1"),
        json!("1 "),
        json!("1,000"),
        json!("٣"),
        json!("1250000000000000001"),
        json!(1_250_000_000_000_000_001_u64),
        json!("99999999999999999999999999"),
        json!("NaN"),
        json!(null),
        json!(true),
        json!([]),
        json!({}),
    ]
}

async fn nothing_was_stored(still: &Still) {
    let db = still.test.app.store().read();
    assert!(outbox_commands::Entity::find().all(db).await.unwrap().is_empty());
    assert!(qsend_requests::Entity::find().all(db).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_with_a_wrong_field_is_refused_by_its_name() {
    let still = Still::start().await;
    let (amina, ben) = (still.holder("US", 1_000_000).await, still.holder("GB", 0).await);
    let good = json!({ "toID": ben.id.to_string(), "amount": "1", "reason": "r" });
    let mut cases: Vec<(&str, Value)> = bad_amounts().into_iter().map(|amount| ("amount", amount)).collect();
    cases.extend(
        bad_amounts()
            .into_iter()
            .filter(|fee| *fee != json!("0") && *fee != json!(0) && !fee.is_null())
            .map(|fee| ("expectedFee", fee)),
    );
    cases.extend([
        ("toID", json!("")),
        ("toID", json!("nobody")),
        ("toID", json!("US A08 ABK524 0ABCD 1234")),
        ("toID", json!("SYSTEM_OPERATIONS_FUND")),
        ("toID", json!("treasury_US")),
        ("toID", json!(7)),
        ("toID", json!("x".repeat(10_000))),
        ("reason", json!("")),
        ("reason", json!("   ")),
        ("reason", json!("a\nb")),
        ("reason", json!("a\u{0}b")),
        ("reason", json!("x".repeat(201))),
        ("reason", json!("pay \u{202e}001")),
        ("reason", json!(null)),
        ("unknown", json!(1)),
        ("remark", json!("x")),
    ]);
    for (field, value) in cases {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = still
            .api
            .post("/api/v1/transfers")
            .token(&amina.person.token)
            .header("idempotency-key", "payment-1")
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.status, 422, "{field} {value}: {:?}", answer.body);
        assert!(answer.field().starts_with(&format!("{field}:")), "{field} {value}: {:?}", answer.body);
    }
    for field in ["toID", "amount", "reason"] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(field);
        let answer = still
            .api
            .post("/api/v1/transfers")
            .token(&amina.person.token)
            .header("idempotency-key", "payment-1")
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.field(), format!("{field}:FIELD_REQUIRED"));
    }
    for key in ["", "short", "with space", &"x".repeat(129)] {
        let answer = still
            .api
            .post("/api/v1/transfers")
            .token(&amina.person.token)
            .header("idempotency-key", key)
            .json(&good)
            .send()
            .await;
        assert_eq!((answer.status, answer.code()), (400, "IDEMPOTENCY_KEY_INVALID"), "{key}");
    }
    nothing_was_stored(&still).await;
    // Raw numbers that JSON libraries would have rounded.
    for raw in ["1e3", "1E0", "0.1e1", "9007199254740993.0"] {
        let body = format!(r#"{{"toID":"{}","amount":{raw},"reason":"r"}}"#, ben.id);
        let answer = still
            .api
            .post("/api/v1/transfers")
            .token(&amina.person.token)
            .header("idempotency-key", "payment-1")
            .body("application/json", body)
            .send()
            .await;
        assert_eq!(answer.field(), "amount:AMOUNT_INVALID", "{raw}: {:?}", answer.body);
    }
    nothing_was_stored(&still).await;
    let exact = json!({ "toID": ben.id.to_string(), "amount": 1, "reason": "r" });
    let answer = still
        .api
        .post("/api/v1/transfers")
        .token(&amina.person.token)
        .header("idempotency-key", "payment-1")
        .json(&exact)
        .send()
        .await;
    assert_eq!(answer.status, 202, "an exact integer is an amount");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_with_a_wrong_field_is_refused_by_its_name() {
    let still = Still::start().await;
    let amina = still.holder("US", 0).await;
    let mut cases: Vec<(&str, Value)> = bad_amounts().into_iter().map(|amount| ("amount", amount)).collect();
    cases.extend([
        ("validitySeconds", json!(59)),
        ("validitySeconds", json!(601)),
        ("validitySeconds", json!(0)),
        ("validitySeconds", json!(-1)),
        ("validitySeconds", json!(60.5)),
        ("validitySeconds", json!("300")),
        ("validitySeconds", json!(4_294_967_296_u64)),
        ("description", json!("x".repeat(201))),
        ("description", json!("a\tb")),
        ("description", json!(1)),
        ("reference", json!("x".repeat(65))),
        ("reference", json!("a\u{7f}")),
        ("status", json!("PAID")),
    ]);
    for (field, value) in cases {
        let mut body = json!({ "amount": "50" });
        body[field] = value.clone();
        let answer = still.api.post("/api/v1/qsend").token(&amina.person.token).json(&body).send().await;
        assert_eq!(answer.status, 422, "{field} {value}: {:?}", answer.body);
        assert!(answer.field().starts_with(&format!("{field}:")), "{field} {value}: {:?}", answer.body);
    }
    nothing_was_stored(&still).await;
    for validity in [60, 600] {
        let body =
            json!({ "amount": "50", "validitySeconds": validity, "description": "語".repeat(200), "reference": null });
        let answer = still.api.post("/api/v1/qsend").token(&amina.person.token).json(&body).send().await;
        assert_eq!((answer.status, &answer.body["validitySeconds"]), (201, &json!(validity)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_parameters_are_refused_by_their_names() {
    let still = Still::start().await;
    let amina = still.holder("US", 0).await;
    let history = format!("/api/v1/wallets/{}/transactions", amina.person.profile_id);
    let quote = "/api/v1/fees/quote";
    for (path, field) in [
        (format!("{history}?limit=0"), "limit"),
        (format!("{history}?limit=101"), "limit"),
        (format!("{history}?limit=-1"), "limit"),
        (format!("{history}?type=GIFT"), "type"),
        (format!("{history}?direction=UP"), "direction"),
        (format!("{history}?status=DONE"), "status"),
        (format!("{history}?from=yesterday"), "from"),
        (format!("{history}?to=2026-02-30"), "to"),
        (format!("{history}?counterparty=x"), "counterparty"),
        (format!("{history}?cursor=AAAA"), "cursor"),
        (format!("{history}?offset=1"), "offset"),
        ("/api/v1/wallets/x/balance".to_owned(), "profileId"),
        ("/api/v1/transfers/x/status".to_owned(), "commandId"),
        ("/api/v1/commands/x".to_owned(), "commandId"),
        (format!("{quote}?to={}", amina.id.to_string().replace(' ', "%20")), "amount"),
        (format!("{quote}?amount=1"), "to"),
        (format!("{quote}?amount=1&to=x"), "to"),
        (format!("{quote}?amount=0&to={}", amina.person.profile_id), "amount"),
        (format!("{quote}?amount=1.5&to={}", amina.person.profile_id), "amount"),
        (format!("{quote}?amount=1&to={}", amina.person.profile_id), "to"),
        (format!("{quote}?amount=1&to={}&type=GIFT", amina.person.profile_id), "type"),
        ("/api/v1/qsend?role=owner".to_owned(), "role"),
        ("/api/v1/qsend?status=OPEN".to_owned(), "status"),
        ("/api/v1/qsend?startDate=x".to_owned(), "startDate"),
        ("/api/v1/qsend?startDate=2026-11-28&endDate=2026-11-27".to_owned(), "endDate"),
        ("/api/v1/qsend?limit=1000".to_owned(), "limit"),
        ("/api/v1/qsend/QS-OOOOOOOO".to_owned(), "code"),
        ("/api/v1/qsend/x/qr".to_owned(), "code"),
        ("/api/v1/people/lookup".to_owned(), "q"),
        ("/api/v1/people/lookup?q=".to_owned(), "q"),
        ("/api/v1/people/lookup?q=amina".to_owned(), "q"),
    ] {
        let answer = still.api.get(&path).token(&amina.person.token).send().await;
        assert_eq!(answer.status, 422, "{path}: {:?}", answer.body);
        assert!(answer.field().starts_with(&format!("{field}:")), "{path}: {:?}", answer.body);
    }
    for (body, field) in
        [(json!({}), "qrData"), (json!({ "qrData": "" }), "qrData"), (json!({ "qrData": "x".repeat(5_000) }), "qrData")]
    {
        let answer = still.api.post("/api/v1/qsend/verify").token(&amina.person.token).json(&body).send().await;
        assert!(answer.status == 422 && answer.field().starts_with(field), "{:?}", answer.body);
    }
}
