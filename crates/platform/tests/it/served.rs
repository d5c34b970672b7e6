//! A component on a port.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gx_platform::health::HealthBuilder;
use gx_platform::testing::TestApp;
use gx_platform::{BuildInfo, Served, metrics};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::wishes::routes;

#[tokio::test]
async fn a_component_serves_its_routes_and_says_how_it_is() {
    metrics::install(&[metrics::METRICS]).unwrap();
    let test = TestApp::start().await;
    let up = Arc::new(AtomicBool::new(true));
    let (probe, store) = (Arc::clone(&up), test.app.store().clone());
    let health = HealthBuilder::new("wishes", test.clock.clone())
        .require("database", move || {
            let store = store.clone();
            async move { store.ping().await.map(|()| None).map_err(|error| error.to_string()) }
        })
        .require("fairy", move || {
            let up = probe.load(Ordering::SeqCst);
            async move { if up { Ok(None) } else { Err("asleep".to_owned()) } }
        })
        .degrade("ledger", {
            let app = test.app.clone();
            move || {
                let app = app.clone();
                async move { app.ledger().probe().await }
            }
        })
        .build();
    let build = BuildInfo {
        version: "0.1.0".to_owned(),
        commit: "abc".to_owned(),
        built_at: "2026-01-01T00:00:00Z".to_owned(),
        schema: "6".to_owned(),
    };
    let served = Served::new("wishes", &test.app, health, build).routes(routes());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(served.serve(listener, stop.clone()));
    let client = reqwest::Client::new();
    let get = async |path: &str| {
        let answer = client.get(format!("http://{address}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();

    assert_eq!(get("/livez").await, (200, "ok\n".to_owned()));
    assert_eq!(get("/readyz").await.0, 200, "a degrading dependency does not decide");
    let health = json(&get("/health").await.1);
    assert_eq!(health["dependencies"][2]["state"], "down");
    let reason = health["dependencies"][2]["reason"].as_str().unwrap();
    assert!(reason.starts_with("no ledger was ever bound to this environment: "), "{reason}");
    up.store(false, Ordering::SeqCst);
    test.advance(std::time::Duration::from_secs(2));
    let (status, body) = get("/readyz").await;
    assert_eq!((status, &json(&body)["dependencies"][1]["reason"]), (503, &"asleep".into()));
    assert_eq!(get("/health").await.0, 200);
    assert_eq!(json(&get("/version").await.1)["commit"], "abc");
    assert_eq!(json(&get("/openapi.json").await.1)["openapi"], "3.1.0");
    let (status, page) = get("/docs").await;
    assert!(status == 200 && page.contains("makeWish") && !page.contains("<script"), "{page}");

    assert_eq!(get("/api/v1/wishes/numbers").await.0, 200);
    assert_eq!(get("/api/v1/nothing/7").await.0, 401);
    let metrics = get("/metrics").await.1;
    let counted =
        r#"gx_http_requests_total{component="wishes",method="GET",route="/api/v1/wishes/numbers",status="200"} 1"#;
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.contains(r#"route="unmatched",status="401""#), "{metrics}");
    assert!(!metrics.contains("/api/v1/nothing/7"), "labels are templates");
    assert!(metrics.contains("gx_http_request_duration_seconds_bucket"), "{metrics}");

    stop.cancel();
    task.await.unwrap().unwrap();
    assert!(client.get(format!("http://{address}/livez")).send().await.is_err());
}

#[tokio::test]
async fn an_idle_ledger_is_well_and_a_silent_one_is_not() {
    let test = TestApp::start().await;
    test.bind_ledger().await;
    assert!(test.app.ledger().probe().await.is_ok());
    test.advance(std::time::Duration::from_secs(30 * 24 * 3600));
    assert!(test.app.ledger().probe().await.unwrap_err().contains("no heartbeat"));
    // A heartbeat is enough; no block was added for a month.
    test.bind_ledger().await;
    assert!(test.app.ledger().probe().await.is_ok());
}
