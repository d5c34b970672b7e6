//! The status page over components that answer, answer badly, or do not answer; and the forwarder in front of services.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use axum::routing::get;
use axum::{Json, Router};
use gx_base::{ManualClock, SeededEntropy};
use gx_types::{EnvName, Problem, Timestamp};
use gx_web::forward::{self, Upstream};
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

fn component(ready: bool, database: &str, ledger: &str) -> Router {
    let dependency = |name: &str, need: &str, state: &str| {
        json!({ "name": name, "need": need, "state": state, "since": NOW, "checkedAt": NOW,
            "reason": if state == "down" { Some("connection refused") } else { None } })
    };
    let health = json!({ "component": "x", "ready": ready,
        "dependencies": [dependency("database", "required", database), dependency("ledger", "degrading", ledger)] });
    let version = json!({ "version": "1.2.3", "commit": "0123456789abcdef", "builtAt": NOW, "schema": "7" });
    Router::new()
        .route("/health", get(move || async move { Json(health) }))
        .route("/version", get(move || async move { Json(version) }))
}

#[tokio::test]
async fn every_component_is_shown_as_it_says_itself_and_silence_is_never_good() {
    let components = vec![
        Target { name: "identity", url: serve(component(true, "up", "up")).await },
        Target { name: "tokenomics", url: serve(component(true, "up", "down")).await },
        Target { name: "projector", url: serve(component(false, "down", "up")).await },
        Target { name: "admin", url: nobody().await },
        Target { name: "messaging", url: serve(Router::new().route("/health", get(|| async { "ok" }))).await },
    ];
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
    let page = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    for (name, state) in
        [("identity", "good"), ("tokenomics", "wait"), ("projector", "bad"), ("admin", "off"), ("messaging", "off")]
    {
        assert!(page.contains(&format!("id=\"component-{name}\" data-state=\"{state}\"")), "{name}: {page}");
    }
    for part in [
        "1 of 5 are not ready",
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
        Upstream { component: "identity", url: serve(echo).await, paths: vec!["/api/v1/users/{id}"], socket: None },
        Upstream { component: "tokenomics", url: nobody().await, paths: vec!["/api/v1/transfers"], socket: None },
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

#[test]
fn an_unusable_address_is_named() {
    let clock = Arc::new(ManualClock::at(NOW.parse::<Timestamp>().unwrap()));
    let upstreams = [Upstream {
        component: "identity",
        url: "svc-identity".to_owned(),
        paths: vec!["/api/v1/users"],
        socket: None,
    }];
    let error = forward::routes(&upstreams, clock, Arc::new(SeededEntropy::new(1))).unwrap_err();
    assert_eq!(error.to_string(), "the address of identity is not usable: svc-identity");
}
