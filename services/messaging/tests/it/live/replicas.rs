//! Two processes on one database and one Redis: each pushes to its own sockets.

use gx_platform::App;
use gx_platform::settings::REDIS_URL;
use gx_platform::testing::{TestApp, TestOptions, TestPerson};
use serde_json::json;

use super::{Listening, notice, push, serve, token};

/// Says why nothing is shown here; a failure where `cargo xtask test` has promised that everything is there.
fn skipped(why: &str) {
    assert!(std::env::var_os("GX_TEST_TOOLS_REQUIRED").is_none(), "nothing may be skipped here: {why}");
    eprintln!("skipped: {why}");
}

/// Two processes that share a Redis; `None` without a test server.
async fn two() -> Option<(TestApp, App)> {
    let Ok(url) = std::env::var("GX_TEST_REDIS_URL") else {
        skipped("GX_TEST_REDIS_URL is not set");
        return None;
    };
    let test = TestApp::start_with(TestOptions::default().set(REDIS_URL, url)).await?;
    let second = test.second().await;
    Some((test, second))
}

#[tokio::test]
async fn each_replica_tells_its_own_sockets_once() {
    let Some((test, second)) = two().await else { return };
    let ((here, here_url), (there, there_url)) = (serve(&test.app).await, serve(&second).await);
    let alice = test.person(TestPerson::default()).await;
    let (mut one, _) = Listening::ready(&here_url, token(&alice.token)).await;
    let (mut two, _) = Listening::ready(&there_url, token(&alice.token)).await;
    assert_eq!((here.connections(), there.connections()), (1, 1));
    for number in 1..=20 {
        // Stored now by one process, now by the other.
        let app = if number % 2 == 0 { &test.app } else { &second };
        push(app, vec![notice(alice.profile_id, number)]).await;
    }
    for listening in [&mut one, &mut two] {
        for place in 1..=20 {
            assert_eq!(listening.event("notification:new").await["sequence"], json!(place));
        }
    }
}

#[tokio::test]
async fn a_session_that_ends_on_one_replica_closes_its_sockets_on_the_other() {
    let Some((test, second)) = two().await else { return };
    let (_, url) = serve(&second).await;
    let alice = test.person(TestPerson::default()).await;
    let (listening, _) = Listening::ready(&url, token(&alice.token)).await;
    let (session, now) = (alice.session_id, test.app.now());
    test.write(move |tx| {
        Box::pin(async move { gx_store::repo::sessions::revoke(tx, session, "signed out", now).await.map(|_| ()) })
    })
    .await;
    test.app.auth().ended(session);
    assert_eq!(listening.end().await, "SESSION_REVOKED");
}

/// A Redis of the test's own, which can go away.
struct Redis {
    port: u16,
    child: std::process::Child,
}

impl Redis {
    fn start(port: u16) -> Option<Self> {
        let child = std::process::Command::new("redis-server")
            .args(["--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .ok()?;
        Some(Self { port, child })
    }

    fn end(mut self) -> u16 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let port = self.port;
        std::mem::forget(self);
        port
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn redis_is(app: &App, up: bool) {
    let begun = std::time::Instant::now();
    while app.bus().probe().await.is_ok() != up {
        assert!(begun.elapsed() < super::LIMIT, "Redis is {up}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn while_redis_is_away_nothing_is_lost_and_nothing_comes_twice_when_it_is_back() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some(redis) = Redis::start(free) else {
        skipped("there is no redis-server");
        return;
    };
    let options = TestOptions::default().set(REDIS_URL, format!("redis://127.0.0.1:{free}/?protocol=resp3"));
    let test = TestApp::start_with(options).await.unwrap();
    let second = test.second().await;
    redis_is(&test.app, true).await;
    let (_, url) = serve(&second).await;
    let alice = test.person(TestPerson::default()).await;
    let (mut listening, _) = Listening::ready(&url, token(&alice.token)).await;
    push(&test.app, vec![notice(alice.profile_id, 1)]).await;
    assert_eq!(listening.event("notification:new").await["sequence"], 1);

    let port = redis.end();
    redis_is(&second, false).await;
    push(&test.app, vec![notice(alice.profile_id, 2), notice(alice.profile_id, 3)]).await;
    for place in 2..=3 {
        assert_eq!(listening.event("notification:new").await["sequence"], place, "found by looking");
    }
    // Somebody comes while it is away.
    let there = test.sign_in(alice.profile_id).await;
    let (mut newcomer, ready) = Listening::ready(&url, json!({ "token": there.token, "after": 1 })).await;
    assert_eq!(ready["sequence"], 3);

    let _redis = Redis::start(port).unwrap();
    redis_is(&second, true).await;
    push(&test.app, vec![notice(alice.profile_id, 4)]).await;
    assert_eq!(listening.event("notification:new").await["sequence"], 4);
    for place in 2..=4 {
        assert_eq!(newcomer.event("notification:new").await["sequence"], place);
    }
}
