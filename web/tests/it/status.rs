//! The status page over components that answer, answer badly, or do not answer; and the forwarder in front of services.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use axum::routing::get;
use axum::{Json, Router};
use gx_base::{ManualClock, SeededEntropy};
use gx_platform::http::{BodyLimit, BodyLimits};
use gx_types::{EnvName, ErrorCode, Problem, Timestamp};
use gx_web::forward::{self, Socket, Upstream};
use gx_web::probe::Target;
use gx_web::{EdgeOptions, edge};
use serde_json::json;
use tower::ServiceExt;

use crate::site::{ME, NOW};

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// An address where nobody listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn upstream(component: &'static str, url: String, path: &'static str) -> Upstream {
    Upstream { component, url, paths: vec![path], socket: None, limits: BodyLimits::default() }
}

/// An edge before one service, on a port of its own.
async fn edge_before(service: Router) -> String {
    let upstreams = [upstream("tokenomics", serve(service).await, "/api/v1/qsend/{code}/pay")];
    let clock = Arc::new(ManualClock::at(NOW.parse::<Timestamp>().unwrap()));
    serve(forward::routes(&upstreams, clock, Arc::new(SeededEntropy::new(1))).unwrap()).await
}

fn component(ready: bool, database: &str, ledger: &str) -> Router {
    told(ready, database, ledger, None)
}

fn told(ready: bool, database: &str, ledger: &str, paused: Option<&str>) -> Router {
    let dependency = |name: &str, need: &str, state: &str| {
        json!({ "name": name, "need": need, "state": state, "since": NOW, "checkedAt": NOW,
            "reason": if state == "down" { Some("connection refused") } else { None } })
    };
    let health = json!({ "component": "x", "ready": ready, "paused": paused,
        "dependencies": [dependency("database", "required", database), dependency("ledger", "degrading", ledger)] });
    let version = json!({ "version": "1.2.3", "commit": "0123456789abcdef", "builtAt": NOW, "schema": "7" });
    Router::new()
        .route("/health", get(move || async move { Json(health) }))
        .route("/version", get(move || async move { Json(version) }))
}

async fn status_page(components: Vec<Target>) -> String {
    let options = EdgeOptions {
        env: EnvName::Devnet,
        public_url: "http://localhost:3000".to_owned(),
        socket_url: "http://localhost:3000".to_owned(),
        components,
        clock: Arc::new(ManualClock::at(NOW.parse::<Timestamp>().unwrap())),
        entropy: Arc::new(SeededEntropy::new(1)),
    };
    let router = edge(options, Router::new());
    let response = router.oneshot(Request::builder().uri("/status").body(Body::empty()).unwrap()).await.unwrap();
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn every_component_is_shown_as_it_says_itself_and_silence_is_never_good() {
    let components = vec![
        Target { name: "identity", url: serve(component(true, "up", "up")).await },
        Target { name: "tokenomics", url: serve(told(true, "up", "down", Some("audit <tonight>"))).await },
        Target { name: "projector", url: serve(component(false, "down", "up")).await },
        Target { name: "admin", url: nobody().await },
        Target { name: "messaging", url: serve(Router::new().route("/health", get(|| async { "ok" }))).await },
    ];
    let page = status_page(components).await;
    for (name, state) in
        [("identity", "good"), ("tokenomics", "wait"), ("projector", "bad"), ("admin", "off"), ("messaging", "off")]
    {
        assert!(page.contains(&format!("id=\"component-{name}\" data-state=\"{state}\"")), "{name}: {page}");
    }
    for part in [
        "2 of 6 are not ready",
        "id=\"component-ledger\" data-state=\"bad\"",
        "The system is paused",
        "audit &#60;tonight&#62;",
        "needs database",
        "without ledger",
        "no answer",
        "its answer cannot be read",
        "1.2.3 01234567",
        "connection refused",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn a_pause_is_told_where_everything_is_well() {
    let page = status_page(vec![
        Target { name: "identity", url: serve(component(true, "up", "up")).await },
        Target { name: "tokenomics", url: serve(told(true, "up", "up", Some("audit"))).await },
    ])
    .await;
    for part in ["Paused: no coins move", "The reason: audit", "id=\"component-ledger\" data-state=\"good\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = status_page(vec![Target { name: "identity", url: serve(component(true, "up", "up")).await }]).await;
    assert!(page.contains("Everything answers and is ready") && !page.contains("paused"), "{page}");
}

#[tokio::test]
async fn requests_are_handed_on_with_everything_that_matters_and_streamed_back() {
    let echo = Router::new().fallback(|request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let seen = json!({ "method": parts.method.as_str(), "uri": parts.uri.to_string(), "body": String::from_utf8_lossy(&body),
            "cookie": header("cookie"), "correlation": header("x-correlation-id"), "for": header("x-forwarded-for"),
            "te": header("te") });
        ([("set-cookie", "a=1"), ("x-other", "2")], Json(seen))
    });
    let clock = Arc::new(ManualClock::at(NOW.parse::<Timestamp>().unwrap()));
    let upstreams = [
        upstream("identity", serve(echo).await, "/api/v1/users/{id}"),
        upstream("tokenomics", nobody().await, "/api/v1/transfers"),
    ];
    let router = forward::routes(&upstreams, clock, Arc::new(SeededEntropy::new(1))).unwrap();
    let mut request = Request::builder()
        .method("PATCH")
        .uri("/api/v1/users/a%2Fb?x=1")
        .header("cookie", "gx_session=s")
        .header("x-correlation-id", ME)
        .header("te", "trailers")
        .body(Body::from("payload"))
        .unwrap();
    request.extensions_mut().insert(axum::extract::ConnectInfo(SocketAddr::from(([203, 0, 113, 9], 4000))));
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["set-cookie"], "a=1");
    let seen: serde_json::Value =
        serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap();
    assert_eq!(
        seen,
        json!({ "method": "PATCH", "uri": "/api/v1/users/a%2Fb?x=1", "body": "payload", "cookie": "gx_session=s",
        "correlation": ME, "for": "203.0.113.9", "te": null })
    );

    let request =
        Request::builder().uri("/api/v1/transfers").header("x-correlation-id", ME).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let problem: Problem = serde_json::from_slice(&to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap();
    assert_eq!(problem.detail.as_deref(), Some("The tokenomics service does not answer."));
    assert_eq!(problem.correlation_id.to_string(), ME);
}

#[tokio::test]
async fn a_request_without_a_body_is_handed_on_without_one() {
    let service = Router::new().fallback(|request: Request| async move {
        let sent = |name: &str| request.headers().contains_key(name);
        let body = sent("transfer-encoding") || sent("content-type");
        Json(json!({ "announced": body, "length": request.headers().get("content-length").map(|v| v.to_str().unwrap().to_owned()) }))
    });
    let url = format!("{}/api/v1/qsend/QS-1/pay", edge_before(service).await);
    for method in [reqwest::Method::POST, reqwest::Method::GET, reqwest::Method::DELETE] {
        let answer = reqwest::Client::new().request(method.clone(), &url).send().await.unwrap();
        let seen: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(seen["announced"], false, "{method}: {seen}");
        assert!(matches!(seen["length"].as_str(), None | Some("0")), "{method}: {seen}");
    }
}

#[tokio::test]
async fn what_is_too_large_for_its_route_is_told_by_the_edge_whether_it_says_so_or_not() {
    // A service that answers before it has read anything, and closes the line.
    let service = Router::new().fallback(|| async { (axum::http::StatusCode::PAYLOAD_TOO_LARGE, "early") });
    let url = format!("{}/api/v1/qsend/QS-1/pay", edge_before(service).await);
    let client = reqwest::Client::new();
    let chunks = || futures::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 8 * 1024])));
    for round in 0..5 {
        let sized = client.post(&url).body(vec![b'x'; 800 * 1024]);
        let chunked = client.post(&url).body(reqwest::Body::wrap_stream(chunks()));
        for (what, request) in [("sized", sized), ("chunked", chunked)] {
            let answer = request.header("x-correlation-id", ME).send().await.unwrap();
            assert_eq!(answer.status(), 413, "{what}, round {round}");
            if what == "sized" {
                let problem: Problem = answer.json().await.unwrap();
                assert_eq!((problem.code, problem.correlation_id.to_string().as_str()), (ErrorCode::BodyTooLarge, ME));
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_polls_may_send_as_much_at_once_as_its_socket_takes_and_no_more() {
    let service = Router::new().fallback(|request: Request| async move {
        to_bytes(request.into_body(), 1 << 20).await.unwrap().len().to_string()
    });
    let socket = Socket { path: "/socket.io/", limit: BodyLimit::of_bytes(128 * 1024) };
    let mut before = upstream("messaging", serve(service).await, "/api/v1/notifications");
    before.socket = Some(socket);
    let clock = Arc::new(ManualClock::at(NOW.parse::<Timestamp>().unwrap()));
    let edge = serve(forward::routes(&[before], clock, Arc::new(SeededEntropy::new(1))).unwrap()).await;
    let send =
        |path: &str, bytes: usize| reqwest::Client::new().post(format!("{edge}{path}")).body(vec![b'x'; bytes]).send();
    let answer = send("/socket.io/?EIO=4&transport=polling&sid=x", 128 * 1024).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "131072"));
    let answer = send("/socket.io/?EIO=4&transport=polling&sid=x", 128 * 1024 + 1).await.unwrap();
    assert_eq!(answer.status(), 413);
    // Everything else of the service keeps its own limit.
    assert_eq!(send("/api/v1/notifications", 128 * 1024).await.unwrap().status(), 413);
}

#[test]
fn an_unusable_address_is_named() {
    let clock = Arc::new(ManualClock::at(NOW.parse::<Timestamp>().unwrap()));
    let upstreams = [upstream("identity", "svc-identity".to_owned(), "/api/v1/users")];
    let error = forward::routes(&upstreams, clock, Arc::new(SeededEntropy::new(1))).unwrap_err();
    assert_eq!(error.to_string(), "the address of identity is not usable: svc-identity");
}
