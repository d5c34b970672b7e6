//! Webhooks: made and changed by those who may, delivered to a real receiver on loopback, and to nobody else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use gx_base::Secret;
use gx_platform::outbound::signature;
use gx_platform::testing::{TestAnswer, TestApp, TestOptions};
use gx_store::audit::{self, AuditFilter};
use gx_store::repo::webhooks::{self, NewEvent};
use gx_types::{AdminRole, AuditEvent, WebhookEvent};
use serde_json::{Value, json};

use crate::world::World;

const BASE: &str = "/api/v1/admin/notifications/webhooks";

/// A request that reached the receiver.
#[derive(Clone)]
struct Got {
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver on loopback that answers with the given statuses, then 200.
#[derive(Clone)]
struct Receiver {
    port: u16,
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Self { port, got: Arc::default(), answers: Arc::default() };
        let (held, inside) = (receiver.clone(), receiver.clone());
        let router = Router::new()
            .route("/hook", post(async move |headers: HeaderMap, body: String| held.take(headers, body)))
            .route("/inside", post(async move |headers: HeaderMap, body: String| inside.take(headers, body)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn take(&self, headers: HeaderMap, body: String) -> Response {
        self.got.lock().unwrap().push(Got { headers, body });
        let status = self.answers.lock().unwrap().pop_front().unwrap_or(StatusCode::OK);
        (status, [(header::LOCATION, "/inside")], "so it is").into_response()
    }

    fn will_answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses.iter().map(|status| StatusCode::from_u16(*status).unwrap()));
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

fn open() -> TestOptions {
    TestOptions::default().set("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
}

/// The world on every database there is, with loopback allowed.
async fn worlds() -> Vec<World> {
    let mut worlds = vec![World::with(open()).await];
    if std::env::var("GX_TEST_POSTGRES_URL").is_ok() {
        worlds.push(World::with(TestOptions { postgres: true, ..open() }).await);
    }
    worlds
}

async fn send(world: &World, token: &str, method: &str, path: &str, body: &Value) -> TestAnswer {
    let request = world.api.request(method.parse().unwrap(), &format!("{BASE}{path}")).token(token);
    if body.is_null() { request.send().await } else { request.json(body).send().await }
}

/// Makes a webhook; its id and its secret.
async fn hook(world: &World, name: &str, url: &str, events: &[&str]) -> (String, Secret) {
    let body = json!({ "name": name, "url": url, "events": events, "headers": { "Authorization": "Bearer of-mine" } });
    let made = send(world, world.owner(), "POST", "", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let secret = made.body["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 70, "{secret}");
    (made.body["webhook"]["id"].as_str().unwrap().to_owned(), Secret::new(secret))
}

async fn deliver(world: &World) -> u64 {
    gx_admin::jobs::deliver_to_webhooks(&world.test.app).await.unwrap()
}

async fn deliveries(world: &World, id: &str, query: &str) -> Vec<Value> {
    let page = send(world, world.owner(), "GET", &format!("/{id}/deliveries{query}"), &Value::Null).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["items"].as_array().unwrap().clone()
}

/// Something happens so many times.
async fn happen(test: &TestApp, times: u64) {
    for number in 0..times {
        let event = NewEvent {
            key: format!("a test\n{number}\n{}", test.app.new_uuid()),
            event: WebhookEvent::TransferSettled,
            data: json!({ "number": number }),
            at: test.app.now(),
        };
        test.write(move |tx| {
            let event = event.clone();
            Box::pin(async move { webhooks::emit(tx, &[event]).await })
        })
        .await;
    }
}

#[tokio::test]
async fn an_event_reaches_its_receiver_signed_and_with_an_id_of_its_own() {
    for world in worlds().await {
        let receiver = Receiver::start().await;
        let (id, secret) =
            hook(&world, "office", &receiver.url(), &["ADMIN_APPROVAL_REQUESTED", "ADMIN_APPROVAL_EXECUTED"]).await;
        let approval = world.approved("system/pause", &json!({ "reason": "something is wrong" })).await;
        assert_eq!(deliver(&world).await, 2, "what was not subscribed is not sent");
        assert_eq!(deliver(&world).await, 0, "once");

        let mut got = receiver.got();
        got.sort_by_key(|one| one.header("x-gx-event").to_owned());
        for (one, event) in got.iter().zip(["ADMIN_APPROVAL_EXECUTED", "ADMIN_APPROVAL_REQUESTED"]) {
            let body = one.json();
            assert_eq!((one.header("x-gx-event"), &body["event"]), (event, &json!(event)));
            assert_eq!(one.header("content-type"), "application/json");
            assert_eq!(one.header("authorization"), "Bearer of-mine");
            assert_eq!(body["id"], one.header("x-gx-event-id"));
            assert_eq!(body["data"]["approvalId"], approval["id"]);
            let timestamp: i64 = one.header("x-gx-timestamp").parse().unwrap();
            assert_eq!(timestamp, world.test.app.now().micros() / 1_000_000);
            assert_eq!(one.header("x-gx-signature"), signature(&secret, timestamp, &one.body));
            let other = Secret::new("whsec_of_somebody_else");
            assert_ne!(one.header("x-gx-signature"), signature(&other, timestamp, &one.body));
        }
        assert_ne!(got[0].header("x-gx-event-id"), got[1].header("x-gx-event-id"));

        let listed = deliveries(&world, &id, "?state=DELIVERED").await;
        assert_eq!(listed.len(), 2);
        assert_eq!((&listed[0]["responseStatus"], &listed[0]["responseExcerpt"]), (&json!(200), &json!("so it is")));
        let view = send(&world, world.owner(), "GET", &format!("/{id}"), &Value::Null).await.body;
        assert!(view["lastSuccessAt"].is_string() && view["failureCount"] == 0, "{view}");
        assert!(!view.to_string().contains("of-mine") && !view.to_string().contains("whsec_"), "{view}");
        assert_eq!(view["headerNames"], json!(["authorization"]));

        // A new secret signs from now on, the old one nothing more.
        let replaced = send(&world, world.owner(), "POST", &format!("/{id}/regenerate-secret"), &Value::Null).await;
        assert_eq!((replaced.status, &replaced.body["webhook"]["secretVersion"]), (200, &json!(2)));
        let new = Secret::new(replaced.body["secret"].as_str().unwrap());
        assert_ne!(new.expose(), secret.expose());
        let test = send(&world, world.token(AdminRole::Admin), "POST", &format!("/{id}/test"), &Value::Null).await;
        assert_eq!(test.status, 202, "{}", test.body);
        assert_eq!(deliver(&world).await, 1);
        let last = receiver.got().pop().unwrap();
        assert_eq!(last.header("x-gx-event"), "WEBHOOK_TEST");
        assert_eq!(last.header("x-gx-delivery"), test.body["deliveryId"].as_str().unwrap());
        let timestamp = last.header("x-gx-timestamp").parse().unwrap();
        assert_eq!(last.header("x-gx-signature"), signature(&new, timestamp, &last.body));
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_later_each_time_until_it_is_given_up_and_replayed() {
    for world in worlds().await {
        let receiver = Receiver::start().await;
        let (id, _) = hook(&world, "ledger", &receiver.url(), &["TRANSFER_SETTLED"]).await;
        happen(&world.test, 1).await;
        receiver.will_answer(&[500, 404, 302]);
        for (attempt, error) in [(1, "answered 500"), (2, "answered 404"), (3, "redirect")] {
            assert_eq!(deliver(&world).await, 1);
            let waiting = deliveries(&world, &id, "").await.remove(0);
            assert_eq!((&waiting["state"], &waiting["attempts"]), (&json!("PENDING"), &json!(attempt)));
            assert!(waiting["error"].as_str().unwrap().contains(error), "{waiting}");
            assert_eq!(deliver(&world).await, 0, "not before its time");
            // The wait doubles: 30 s, 60 s, 120 s, a fifth more at most.
            world.test.advance(Duration::from_secs(36 << (attempt - 1)));
        }
        assert_eq!(deliver(&world).await, 1);
        let got = receiver.got();
        assert_eq!(got.len(), 4, "the redirect led nowhere");
        let ids: Vec<&str> = got.iter().map(|one| one.header("x-gx-event-id")).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "one event, however often it is told");
        assert_eq!(deliveries(&world, &id, "").await[0]["state"], "DELIVERED");

        // One that is never taken is given up after fifteen attempts, about two days later.
        happen(&world.test, 1).await;
        receiver.will_answer(&[503; 15]);
        for attempt in 0..15 {
            assert_eq!(deliver(&world).await, 1, "{attempt}");
            let longest = (30_u64 << attempt).min(6 * 3_600) * 6 / 5;
            world.test.advance(Duration::from_secs(longest));
        }
        assert_eq!(deliver(&world).await, 0);
        let owner = world.test.admin(AdminRole::SuperOwner).await.token;
        let page = send(&world, &owner, "GET", &format!("/{id}/deliveries?state=DEAD"), &Value::Null).await.body;
        let dead = page["items"][0].clone();
        assert_eq!((&dead["attempts"], &dead["nextAttemptAt"]), (&json!(15), &Value::Null), "{page}");
        let path = format!("/{id}/deliveries/{}", dead["id"].as_str().unwrap());
        let view = send(&world, &owner, "GET", &path, &Value::Null).await;
        assert_eq!(view.body["error"], dead["error"]);
        let again = send(&world, &owner, "POST", &format!("{path}/replay"), &Value::Null).await;
        assert_eq!((again.status, &again.body["state"]), (200, &json!("PENDING")), "{}", again.body);
        let twice = send(&world, &owner, "POST", &format!("{path}/replay"), &Value::Null).await;
        assert_eq!((twice.status, twice.code()), (409, "STATE_CONFLICT"));
        // Three days of failures alone, and the webhook is switched off: what waits, waits until somebody switches it on.
        happen(&world.test, 1).await;
        world.test.advance(Duration::from_secs(3 * 24 * 3_600));
        receiver.will_answer(&[503, 503]);
        assert_eq!(deliver(&world).await, 2);
        let owner = world.test.admin(AdminRole::SuperOwner).await.token;
        let hook = send(&world, &owner, "GET", &format!("/{id}"), &Value::Null).await.body;
        assert_eq!(hook["isActive"], false, "{hook}");
        assert!(hook["disabledReason"].as_str().unwrap().contains("three days"));
        world.test.advance(Duration::from_secs(60));
        assert_eq!(deliver(&world).await, 0);
        let on = send(&world, &owner, "PATCH", &format!("/{id}"), &json!({ "isActive": true })).await;
        assert_eq!((&on.body["failureCount"], &on.body["disabledReason"]), (&json!(0), &Value::Null), "{}", on.body);
        assert_eq!(deliver(&world).await, 2);
        let view = send(&world, &owner, "GET", &path, &Value::Null).await;
        assert_eq!((&view.body["state"], &view.body["attempts"]), (&json!("DELIVERED"), &json!(2)));
        let off = AuditFilter { events: vec![AuditEvent::WebhookDisabled], ..AuditFilter::default() };
        assert_eq!(audit::list(world.test.app.store().read(), &off, 10).await.unwrap().len(), 1);
    }
}

/// Several processes deliver at the same time; one of them loses its lease.
#[tokio::test]
async fn two_workers_send_nothing_twice_and_take_over_what_another_has_lost() {
    for world in worlds().await {
        let receiver = Receiver::start().await;
        let (id, _) = hook(&world, "ledger", &receiver.url(), &["TRANSFER_SETTLED"]).await;
        happen(&world.test, 40).await;
        let second = world.test.second().await;
        let mut made = 0;
        while made < 40 {
            let (one, other) = tokio::join!(
                gx_admin::jobs::deliver_to_webhooks(&world.test.app),
                gx_admin::jobs::deliver_to_webhooks(&second)
            );
            made += one.unwrap() + other.unwrap();
        }
        let mut ids: Vec<String> = receiver.got().iter().map(|one| one.header("x-gx-delivery").to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), receiver.got().len(), made), (40, 40, 40), "each once");

        // A process takes one and is gone: nobody else takes it before the lease is over, then somebody does.
        happen(&world.test, 1).await;
        let (hook, now) = (id.parse().unwrap(), world.test.app.now());
        let lease = Duration::from_secs(60);
        let taken = world.test.write(move |tx| Box::pin(webhooks::take(tx, hook, now, lease, 10))).await.unwrap().1;
        assert_eq!(taken.len(), 1);
        assert_eq!(deliver(&world).await, 0);
        world.test.advance(lease);
        assert_eq!(deliver(&world).await, 1);
        // The first comes back: what it has to say does not count any more.
        let late = webhooks::Attempted {
            state: gx_types::WebhookDeliveryState::Dead,
            next_at: now,
            response_status: None,
            response_excerpt: None,
            error: None,
        };
        let lost = taken[0].clone();
        let written = world
            .test
            .write(move |tx| {
                let (lost, late) = (lost.clone(), late.clone());
                Box::pin(async move { webhooks::attempted(tx, &lost, &late, now).await })
            })
            .await;
        assert_eq!(written, None);
        assert_eq!(deliveries(&world, &id, "?limit=1").await[0]["state"], "DELIVERED");
    }
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_when_a_webhook_is_made_changed_and_delivered() {
    // Without the setting nothing private is reached, not even what an earlier setting allowed.
    let receiver = Receiver::start().await;
    let world = World::new().await;
    let body = |url: &str| json!({ "name": "inside", "url": url, "events": ["TRANSFER_SETTLED"] });
    for url in [
        receiver.url().as_str(),
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://2130706433/hook",
        "https://[::ffff:192.168.0.1]/hook",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.8:8443/",
        "http://93.184.216.34/",
        "https://me:word@93.184.216.34/",
        "https://hooks.example.invalid/",
        "gopher://93.184.216.34/",
        "not an address",
    ] {
        let refused = send(&world, world.owner(), "POST", "", &body(url)).await;
        assert_eq!((refused.status, refused.code()), (422, "WEBHOOK_URL_REFUSED"), "{url}: {}", refused.body);
        assert_eq!(refused.field(), "url:WEBHOOK_URL_REFUSED");
    }
    assert_eq!(webhooks::count(world.test.app.store().read()).await.unwrap(), 0, "nothing was made");

    // A public address may be named, and changed into no private one.
    let made = send(&world, world.owner(), "POST", "", &body("https://93.184.216.34/hook?key=1")).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.body["webhook"]["id"].as_str().unwrap().to_owned();
    let change = json!({ "url": "https://192.168.1.1/" });
    let refused = send(&world, world.owner(), "PATCH", &format!("/{id}"), &change).await;
    assert_eq!((refused.status, refused.code()), (422, "WEBHOOK_URL_REFUSED"));

    // As if its name led inside by now: the very row of the table names this machine.
    let (hook, url) = (id.parse().unwrap(), receiver.url());
    world
        .test
        .write(move |tx| {
            let url = url.clone();
            Box::pin(async move {
                let row = webhooks::lock(tx, hook).await?.unwrap();
                webhooks::save(tx, webhooks::Webhook { url, ..row }).await
            })
        })
        .await;
    happen(&world.test, 1).await;
    assert_eq!(deliver(&world).await, 1);
    let waiting = deliveries(&world, &id, "").await.remove(0);
    assert_eq!((&waiting["state"], &waiting["responseStatus"]), (&json!("PENDING"), &Value::Null));
    assert!(waiting["error"].as_str().unwrap().contains("https"), "{waiting}");
    assert_eq!(receiver.got().len(), 0, "nothing reached it");
}

#[tokio::test]
async fn webhooks_are_made_changed_and_deleted_by_those_who_may_and_everything_is_kept() {
    let world = World::with(open()).await;
    let receiver = Receiver::start().await;
    let (id, _) = hook(&world, "one", &receiver.url(), &["TRANSFER_SETTLED"]).await;
    let make = async |body: Value| send(&world, world.owner(), "POST", "", &body).await;
    let body = json!({ "name": "two", "url": receiver.url(), "events": ["QSEND_PAID"] });
    let with = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    for (body, field) in [
        (with("name", json!("")), "name:FIELD_INVALID"),
        (with("name", json!("x".repeat(101))), "name:FIELD_INVALID"),
        (with("events", json!([])), "events:FIELD_INVALID"),
        (with("events", json!(["WEBHOOK_TEST"])), "events:FIELD_INVALID"),
        (with("events", json!(["QSEND_PAID", "QSEND_PAID"])), "events:FIELD_INVALID"),
        (with("events", json!(["EVERYTHING"])), "events[0]:FIELD_INVALID"),
        (with("headers", json!({ "host": "inside" })), "headers:FIELD_INVALID"),
        (with("headers", json!({ "X-GX-Signature": "sha256=0" })), "headers:FIELD_INVALID"),
        (with("headers", json!({ "a b": "c" })), "headers:FIELD_INVALID"),
        (with("headers", json!({ "x-key": "a\r\nhost: inside" })), "headers:FIELD_INVALID"),
        (with("secret", json!("mine")), "secret:FIELD_UNKNOWN"),
    ] {
        let refused = make(body.clone()).await;
        assert_eq!((refused.status, refused.field()), (422, field.to_owned()), "{body}: {}", refused.body);
    }
    let taken = make(with("name", json!("one"))).await;
    assert_eq!((taken.status, taken.field()), (409, "name:STATE_CONFLICT".to_owned()));

    // The same request with the same key is one webhook, with the same secret.
    let again = async || {
        let request = world.api.post(BASE).token(world.owner()).header("idempotency-key", "webhook-two-1");
        request.json(&body).send().await
    };
    let (first, second) = (again().await, again().await);
    assert_eq!((first.status, &first.body), (201, &second.body));
    assert_eq!(
        send(&world, world.owner(), "GET", "", &Value::Null).await.body["webhooks"].as_array().unwrap().len(),
        2
    );

    // Switched off: nothing is kept for it, and no test goes out.
    let changed =
        send(&world, world.token(AdminRole::Developer), "PATCH", &format!("/{id}"), &json!({ "isActive": false }))
            .await;
    assert_eq!((changed.status, &changed.body["isActive"]), (200, &json!(false)), "{}", changed.body);
    happen(&world.test, 1).await;
    assert_eq!(deliveries(&world, &id, "").await.len(), 0);
    let test = send(&world, world.owner(), "POST", &format!("/{id}/test"), &Value::Null).await;
    assert_eq!((test.status, test.code()), (409, "STATE_CONFLICT"));
    let change =
        json!({ "isActive": true, "name": "renamed", "events": ["QSEND_PAID", "TRANSFER_SETTLED"], "headers": {} });
    let changed = send(&world, world.owner(), "PATCH", &format!("/{id}"), &change).await.body;
    assert_eq!((&changed["name"], &changed["headerNames"]), (&json!("renamed"), &json!([])));
    assert_eq!(changed["events"], json!(["QSEND_PAID", "TRANSFER_SETTLED"]));
    happen(&world.test, 1).await;
    assert_eq!(deliveries(&world, &id, "").await.len(), 1);

    // Another webhook's delivery is not this one's; deleting takes what waits along.
    let other = first.body["webhook"]["id"].as_str().unwrap();
    let delivery = deliveries(&world, &id, "").await[0]["id"].as_str().unwrap().to_owned();
    let strange = send(&world, world.owner(), "GET", &format!("/{other}/deliveries/{delivery}"), &Value::Null).await;
    assert_eq!(strange.status, 404);
    let refused = send(&world, world.token(AdminRole::Developer), "DELETE", &format!("/{id}"), &Value::Null).await;
    assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN"));
    assert_eq!(send(&world, world.owner(), "DELETE", &format!("/{id}"), &Value::Null).await.status, 200);
    for (method, path) in
        [("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/test"), ("POST", "/regenerate-secret")]
    {
        let gone = send(&world, world.owner(), method, &format!("/{id}{path}"), &Value::Null).await;
        assert_eq!(gone.status, 404, "{method} {path}");
    }
    assert_eq!(deliver(&world).await, 0);

    let rows = audit::list(world.test.app.store().read(), &AuditFilter::default(), 50).await.unwrap();
    let events: Vec<&str> = rows.iter().rev().map(|row| row.event.0.as_str()).collect();
    let expected = ["WEBHOOK_CREATED", "WEBHOOK_CREATED", "WEBHOOK_CHANGED", "WEBHOOK_CHANGED", "WEBHOOK_DELETED"];
    assert_eq!(events, expected);
    assert!(rows.iter().all(|row| !row.body.contains("of-mine") && !row.body.contains("/hook")), "no secrets");
}

/// What administrators decide about a person is told, before and after.
#[tokio::test]
async fn a_persons_state_is_told_as_the_office_changes_it() {
    let world = World::with(open()).await;
    let receiver = Receiver::start().await;
    hook(&world, "people", &receiver.url(), &["PERSON_STATUS_CHANGED"]).await;
    let (person, _) = world.pending("Alice").await;
    let deny = json!({ "reason": "the picture cannot be read" });
    let denied =
        world.api.post(&format!("/api/v1/admin/users/{person}/deny")).token(world.owner()).json(&deny).send().await;
    assert_eq!(denied.status, 200, "{}", denied.body);
    assert_eq!(deliver(&world).await, 1);
    let told = receiver.got().remove(0);
    let data = told.json()["data"].clone();
    assert_eq!(data["profileId"], json!(person));
    assert_eq!(
        (&data["before"]["status"], &data["after"]["status"]),
        (&json!("PENDING_ADMIN_APPROVAL"), &json!("DENIED"))
    );
    assert!(!told.body.contains("Alice") && !told.body.contains("picture"), "no names, no reasons: {}", told.body);
}
