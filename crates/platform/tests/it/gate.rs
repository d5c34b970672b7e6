//! What every request meets before its handler.

use std::time::Duration;

use gx_platform::http::openapi;
use gx_platform::testing::{TestApi, TestApp, TestOptions, TestPerson};
use gx_types::ErrorCode;
use serde_json::{Value, json};

use crate::wishes::routes;

const KEY: &str = "wish-0001";

#[tokio::test]
async fn every_answer_carries_its_correlation_id_and_is_not_kept() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let own = "01890a5d-ac96-774b-bcce-b302099a8057";
    let echoed = api.get("/api/v1/wishes/who").header("x-correlation-id", own).send().await;
    assert_eq!(echoed.header("x-correlation-id"), own);
    for nonsense in ["", "7", "01890a5dac96774bbcceb302099a8057", "x".repeat(5_000).as_str()] {
        let answer = api.get("/api/v1/nothing").header("x-correlation-id", nonsense).send().await;
        let made = answer.header("x-correlation-id");
        assert_eq!(made.len(), 36, "{nonsense}");
        assert_eq!(answer.body["correlationId"], made);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
    }
}

#[tokio::test]
async fn bodies_are_refused_by_kind_size_form_and_field() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let wish = |content_type: &str, body: Vec<u8>| {
        api.post("/api/v1/wishes").token(&person.token).header("idempotency-key", KEY).body(content_type, body).send()
    };
    for (content_type, body, status, code) in [
        ("text/plain", b"{}".to_vec(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("application/x-www-form-urlencoded", b"amount=1".to_vec(), 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("application/json", vec![b' '; 64 * 1024 + 1], 413, "BODY_TOO_LARGE"),
        ("application/json", b"".to_vec(), 400, "MALFORMED_REQUEST"),
        ("application/json", b"{\"amount\":".to_vec(), 400, "MALFORMED_REQUEST"),
        ("application/json", b"\xff\xfe".to_vec(), 400, "MALFORMED_REQUEST"),
        ("application/json", b"{\"amount\":\"1\",\"what\":\"\xff\"}".to_vec(), 400, "MALFORMED_REQUEST"),
        ("application/json", "[".repeat(10_000).into_bytes(), 400, "MALFORMED_REQUEST"),
        ("application/json", b"[]".to_vec(), 422, "VALIDATION_FAILED"),
    ] {
        let answer = wish(content_type, body.clone()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{}",
            String::from_utf8_lossy(&body[..body.len().min(40)])
        );
    }
    for (body, field) in [
        (json!({}), "amount:FIELD_REQUIRED"),
        (json!({ "amount": "1.5" }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": 1.5 }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": "-1" }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": -1 }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": "1e3" }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": "007" }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": "" }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": "1250000000000000001" }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": "99999999999999999999999999" }), "amount:AMOUNT_INVALID"),
        (json!({ "amount": null }), "amount:FIELD_INVALID"),
        (json!({ "amount": ["1"] }), "amount:FIELD_INVALID"),
        (json!({ "amount": "1", "what": 7 }), "what:FIELD_INVALID"),
        (json!({ "amount": "1", "what": "a\0b" }), "what:FIELD_INVALID"),
        (json!({ "amount": "1", "extra": true }), "extra:FIELD_UNKNOWN"),
    ] {
        let answer = wish("application/json", body.to_string().into_bytes()).await;
        assert_eq!((answer.status, answer.field()), (422, field.to_owned()), "{body}: {}", answer.body);
    }
}

#[tokio::test]
async fn addresses_are_refused_when_two_readers_could_differ() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    for path in ["/api/v1/wishes/who?a=%", "/api/v1/wishes/%ff/of", "/api/v1/wishes/%00/of", "/%zz", "/?x=%c3%28"] {
        let answer = api.get(path).send().await;
        assert_eq!((answer.status, answer.code()), (400, "MALFORMED_REQUEST"), "{path}");
    }
    let long = api.get(&format!("/api/v1/wishes/numbers?cursor={}", "a".repeat(9_000))).send().await;
    assert_eq!(long.status, 400);
    for (path, field) in [
        ("/api/v1/wishes/7/of", "profileId:FIELD_INVALID"),
        ("/api/v1/wishes/%C3%A9/of", "profileId:FIELD_INVALID"),
        ("/api/v1/wishes/0190b6e0-0000-7000-8000-000000000000/of?limit=2", "limit:FIELD_UNKNOWN"),
        ("/api/v1/wishes/numbers?limit=0", "limit:FIELD_INVALID"),
        ("/api/v1/wishes/numbers?limit=1&limit=2", "limit:FIELD_INVALID"),
        ("/api/v1/wishes/numbers?offset=5", "offset:FIELD_UNKNOWN"),
        ("/api/v1/wishes/numbers?cursor=AAAA", "cursor:FIELD_INVALID"),
        ("/api/v1/wishes/numbers?cursor=", "cursor:FIELD_INVALID"),
    ] {
        let answer = api.get(path).send().await;
        assert_eq!((answer.status, answer.field()), (422, field.to_owned()), "{path}: {}", answer.body);
    }
    let wrong = api.request("PUT".parse().unwrap(), "/api/v1/wishes").send().await;
    assert_eq!((wrong.status, wrong.code()), (401, "UNAUTHORIZED"), "what it takes is told to whom is signed in");
    let person = test.person(TestPerson::default()).await;
    let wrong = api.request("PUT".parse().unwrap(), "/api/v1/wishes").token(&person.token).send().await;
    assert_eq!((wrong.status, wrong.code(), wrong.header("allow")), (405, "METHOD_NOT_ALLOWED", "POST"));
    let odd = api.request("BREW".parse().unwrap(), "/api/v1/wishes/numbers").send().await;
    assert_eq!((odd.status, odd.header("allow")), (405, "GET,HEAD"));
}

#[tokio::test]
async fn a_list_is_read_to_its_end_once() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let body = api.get(&format!("/api/v1/wishes/numbers?limit=20{cursor}")).send().await.body;
        seen.extend(body["items"].as_array().unwrap().iter().map(|item| item["count"].as_u64().unwrap()));
        match body["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (1..=50).collect::<Vec<_>>());
}

#[tokio::test]
async fn idempotency_keys_have_a_form_and_are_needed_where_declared() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let wish = || api.post("/api/v1/wishes").token(&person.token).json(&json!({ "amount": "1" }));
    assert_eq!(wish().send().await.code(), "IDEMPOTENCY_KEY_REQUIRED");
    for bad in ["", "short", "with space in it", "a/b/c/d/e", "x".repeat(129).as_str()] {
        assert_eq!(wish().header("idempotency-key", bad).send().await.code(), "IDEMPOTENCY_KEY_INVALID", "{bad}");
    }
    let twice = wish().header("idempotency-key", "wish-0001").header("idempotency-key", "wish-0002").send().await;
    assert_eq!(twice.code(), "IDEMPOTENCY_KEY_INVALID");
}

#[tokio::test]
async fn what_the_ledger_shall_decide_needs_a_ledger_that_decides() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let ask = async || api.post("/api/v1/wishes/ledger").token(&person.token).send().await;
    let unbound = ask().await;
    assert_eq!((unbound.status, unbound.code(), unbound.header("retry-after")), (503, "FEATURE_UNAVAILABLE", "30"));
    test.bind_ledger().await;
    test.advance(Duration::from_secs(1));
    assert_eq!(ask().await.status, 204);
}

#[tokio::test]
async fn limits_count_accounts_and_addresses() {
    let options = TestOptions::default().set("RATE_LIMIT_READ", "2/60").set("RATE_LIMIT_PEER", "6/60");
    let test = TestApp::start_with(options).await.unwrap();
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let signed_in = async || api.get("/api/v1/wishes/who").token(&person.token).send().await;
    let anyone = async || api.get("/api/v1/wishes/who").send().await;
    assert_eq!((signed_in().await.status, signed_in().await.status, signed_in().await.status), (200, 200, 429));
    assert_eq!((anyone().await.status, anyone().await.status, anyone().await.status), (200, 200, 429), "by address");
    let flood = api.get("/api/v1/wishes/who").token("guess").send().await;
    assert_eq!(flood.code(), "RATE_LIMITED", "guesses of tokens are counted by address");
    test.advance(Duration::from_secs(60));
    assert_eq!(signed_in().await.status, 200);
}

#[tokio::test]
async fn processes_count_together_over_redis_and_alone_without() {
    let Ok(redis) = std::env::var("GX_TEST_REDIS_URL") else { return };
    for (url, together) in [(redis.as_str(), true), ("redis://127.0.0.1:1/", false)] {
        let options = TestOptions::default().set("RATE_LIMIT_READ", "3/60").set("REDIS_URL", url);
        let test = TestApp::start_with(options).await.unwrap();
        let second = test.second().await;
        let (here, there) = (test.serve([routes()]), TestApp::serve_of(&second, [routes()]));
        // Another run has asked at the same time of another clock.
        test.advance(Duration::from_secs(60 * u64::from(std::process::id())));
        let person = test.person(TestPerson::default()).await;
        let ask = async |api: &TestApi| api.get("/api/v1/wishes/who").token(&person.token).send().await;
        assert_eq!((ask(&here).await.status, ask(&there).await.status, ask(&here).await.status), (200, 200, 200));
        let fourth = ask(&there).await;
        if together {
            assert_eq!((fourth.status, fourth.code()), (429, "RATE_LIMITED"));
            assert!(fourth.header("retry-after").parse::<u64>().unwrap() <= 60);
        } else {
            assert_eq!(fourth.status, 200, "a Redis that is away stops nobody");
            assert_eq!(ask(&there).await.status, 200);
            assert_eq!(ask(&there).await.code(), "RATE_LIMITED", "and switches no limit off");
        }
    }
}

#[tokio::test]
async fn wishes_to_wait_are_read_and_capped() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    for (prefer, seconds) in [
        ("wait=3", json!(3)),
        ("respond-async, wait=7", json!(7)),
        ("wait=100000", json!(30)),
        ("wait=0", json!(0)),
        ("wait=soon", Value::Null),
        ("wait=-1", Value::Null),
        ("", Value::Null),
    ] {
        let answer = api.get("/api/v1/wishes/who").header("prefer", prefer).send().await;
        assert_eq!(answer.body["waitSeconds"], seconds, "{prefer}");
    }
}

#[tokio::test]
async fn a_panic_is_our_fault_and_says_nothing() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let answer = api.get("/api/v1/wishes/panic").send().await;
    assert_eq!((answer.status, answer.code()), (500, "INTERNAL_ERROR"));
    assert!(!String::from_utf8(answer.bytes).unwrap().contains("secret"));
}

#[tokio::test]
async fn the_document_says_what_the_gate_does() {
    let document = openapi(&[&routes()]).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let make = &document["paths"]["/api/v1/wishes"]["post"];
    let statuses: Vec<&String> = make["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["200", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503"]);
    assert_eq!(make["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Wish");
    assert_eq!(make["security"], json!([{ "personToken": [] }, { "personCookie": [] }]));
    let key = &make["parameters"][0];
    assert_eq!((&key["name"], &key["required"]), (&json!("Idempotency-Key"), &json!(true)));
    let list = &document["paths"]["/api/v1/wishes/numbers"]["get"];
    assert_eq!(list["security"], json!([]));
    assert_eq!(
        list["responses"]["200"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/PageOfGranted"
    );
    let limit = list["parameters"].as_array().unwrap().iter().find(|parameter| parameter["name"] == "limit").unwrap();
    assert_eq!(
        (&limit["required"], &limit["schema"]["$ref"]),
        (&json!(false), &json!("#/components/schemas/PageLimit"))
    );
    assert_eq!(document["components"]["schemas"]["PageLimit"]["maximum"], 100);
    let of = &document["paths"]["/api/v1/wishes/{profileId}/of"]["get"];
    assert_eq!(of["parameters"][0]["schema"]["format"], "uuid");
    assert!(document["components"]["schemas"]["Problem"].is_object());
    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(document["components"]["schemas"]["ErrorCode"]["enum"], json!(codes), "words as they travel");
}

#[tokio::test]
async fn a_route_without_a_body_takes_none() {
    let test = TestApp::start().await;
    test.bind_ledger().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let ask = async |body: &str| {
        api.post("/api/v1/wishes/ledger").token(&person.token).body("application/json", body).send().await
    };
    // What carries nothing is no matter.
    for nothing in ["", "{}", " {} "] {
        assert_eq!(ask(nothing).await.status, 204, "{nothing:?}");
    }
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(10_000));
    for (body, status, field) in [
        (r#"{"surplus":1}"#, 422, "surplus:FIELD_UNKNOWN"),
        (r#"["surplus"]"#, 422, "body:FIELD_INVALID"),
        ("{", 400, ""),
        ("surplus", 400, ""),
        (&long, 422, "body:FIELD_UNKNOWN"),
    ] {
        let answer = ask(body).await;
        assert_eq!((answer.status, answer.field()), (status, field.to_owned()), "{body:.40}: {}", answer.body);
    }
    let read = api.get("/api/v1/wishes/who").body("application/json", r#"{"a":1}"#).send().await;
    assert_eq!((read.status, read.field()), (422, "a:FIELD_UNKNOWN".to_owned()));
}
