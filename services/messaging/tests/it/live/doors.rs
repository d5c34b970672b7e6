//! Who is let in, and what may be said.

use std::time::Duration;

use gx_platform::auth::{NewSession, PERSON_COOKIE};
use gx_platform::testing::{TestApp, TestOptions, TestPerson};
use gx_socket::Notice;
use gx_store::Col;
use gx_store::entity::sessions;
use gx_store::sea_orm::{EntityTrait, Set};
use gx_types::{AdminRole, ProfileId, SessionTransport};
use serde_json::json;

use super::{Listening, serve, token};

const OWN: &str = "http://localhost:3000";

/// A session that travels in a cookie.
pub(crate) async fn cookie_session(test: &TestApp, person: ProfileId) -> (gx_types::SessionId, String) {
    let session = NewSession::begin(SessionTransport::Cookie, &*test.clock, &**test.app.entropy());
    let now = test.app.now();
    let row = sessions::ActiveModel {
        session_id: Set(session.session_id.into()),
        profile_id: Set(person.into()),
        transport: Set(session.transport.into()),
        cookie_hash: Set(session.cookie_hash().map(Col)),
        csrf_hash: Set(Some(session.csrf_hash.into())),
        rotations: Set(0),
        created_at: Set(now.into()),
        last_used_at: Set(now.into()),
        expires_at: Set(now.plus(Duration::from_secs(3_600)).into()),
        ..Default::default()
    };
    test.write(move |tx| {
        let row = row.clone();
        Box::pin(async move {
            sessions::Entity::insert(row).exec_without_returning(tx).await?;
            Ok(())
        })
    })
    .await;
    (session.session_id, format!("{PERSON_COOKIE}={}", session.secret.expose()))
}

fn browser(cookie: &str, origin: Option<&str>) -> Vec<(String, String)> {
    let mut headers = vec![("cookie".to_owned(), cookie.to_owned())];
    headers.extend(origin.map(|origin| ("origin".to_owned(), origin.to_owned())));
    headers
}

#[tokio::test]
async fn nobody_comes_in_without_a_session_that_counts() {
    let test = TestApp::start().await;
    let (live, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let admin = test.admin(AdminRole::Moderator).await;
    let long = "x".repeat(5_000);
    for (auth, code) in [
        (json!({}), "UNAUTHORIZED"),
        (json!({ "token": "" }), "UNAUTHORIZED"),
        (json!({ "token": "no.such.token" }), "UNAUTHORIZED"),
        (json!({ "token": "line\nbreak" }), "UNAUTHORIZED"),
        (json!({ "token": admin.token }), "UNAUTHORIZED"),
        (json!({ "token": long }), "HANDSHAKE_TOO_LARGE"),
        (json!({ "token": 7 }), "MALFORMED_REQUEST"),
        (json!({ "token": alice.token, "after": "7" }), "MALFORMED_REQUEST"),
        (json!({ "token": alice.token, "after": -1 }), "MALFORMED_REQUEST"),
        (json!({ "token": alice.token, "role": "admin" }), "MALFORMED_REQUEST"),
    ] {
        let said = Listening::begin(&url, auth.clone()).refusal().await;
        assert!(said.starts_with(&format!("{code}: ")), "{auth}: {said}");
    }
    let nothing = Listening::with_headers(&url, None, Vec::new()).refusal().await;
    assert!(nothing.starts_with("UNAUTHORIZED: "), "{nothing}");
    // A token lives for minutes, and the handshake is the moment that counts.
    test.advance(Duration::from_secs(20 * 60));
    let late = Listening::begin(&url, token(&alice.token)).refusal().await;
    assert!(late.starts_with("UNAUTHORIZED: "), "{late}");
    assert_eq!(live.connections(), 0);
}

#[tokio::test]
async fn a_cookie_counts_from_pages_of_ours_only() {
    let test = TestApp::start().await;
    let (_, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let (_, cookie) = cookie_session(&test, alice.profile_id).await;
    let mut own = Listening::with_headers(&url, None, browser(&cookie, Some(OWN)));
    assert_eq!(own.event("ready").await["status"], "REGISTERED");
    for origin in [
        None,
        Some("http://localhost:3001"),
        Some("https://localhost:3000"),
        Some("http://localhost:3000.evil.example"),
        Some("http://evil.example"),
        Some("null"),
    ] {
        let said = Listening::with_headers(&url, None, browser(&cookie, origin)).refusal().await;
        assert!(said.starts_with("FORBIDDEN: "), "{origin:?}: {said}");
    }
    let other = Listening::with_headers(&url, None, browser("gx_session=x.y", Some(OWN))).refusal().await;
    assert!(other.starts_with("UNAUTHORIZED: "), "{other}");
    // Another site may connect where it was given a token: nothing travels by itself then.
    let headers = browser(&cookie, Some("http://evil.example"));
    let mut given = Listening::with_headers(&url, Some(token(&alice.token)), headers);
    given.event("ready").await;
}

#[tokio::test]
async fn a_handshake_has_a_size_and_a_rate() {
    let options = TestOptions::default().set("RATE_LIMIT_SOCKET", "3/60");
    let test = TestApp::start_with(options).await.unwrap();
    let (_, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let refused = |headers: Vec<(String, String)>| {
        let (url, auth) = (url.clone(), token(&alice.token));
        async move {
            let mut listening = Listening::with_headers(&url, Some(auth), headers);
            match listening.notice().await {
                Notice::Disconnected { reason, .. } => reason,
                other => panic!("{other:?}"),
            }
        }
    };
    let large = refused(vec![("x-large".to_owned(), "x".repeat(17 * 1024))]).await;
    assert!(large.contains("431"), "{large}");
    for _ in 0..3 {
        Listening::ready(&url, token(&alice.token)).await;
    }
    let often = refused(Vec::new()).await;
    assert!(often.contains("429"), "{often}");
    test.advance(Duration::from_secs(60));
    Listening::ready(&url, token(&alice.token)).await;
}

#[tokio::test]
async fn a_person_and_an_address_have_so_many_connections() {
    let options = || TestOptions::default().set("SOCKETS_PER_PERSON", "2").set("SOCKETS_PER_ADDRESS", "3");
    let test = TestApp::start_with(options()).await.unwrap();
    let (live, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let bob = test.person(TestPerson::default()).await;
    let (first, _) = Listening::ready(&url, token(&alice.token)).await;
    let (_second, _) = Listening::ready(&url, token(&alice.token)).await;
    let said = Listening::begin(&url, token(&alice.token)).refusal().await;
    assert!(said.starts_with("TOO_MANY_SOCKETS: "), "{said}");
    let (_third, _) = Listening::ready(&url, token(&bob.token)).await;
    let said = Listening::begin(&url, token(&bob.token)).refusal().await;
    assert!(said.starts_with("TOO_MANY_SOCKETS: "), "of the address: {said}");
    assert_eq!(live.connections(), 3);
    // Whoever leaves makes room.
    drop(first);
    let begun = std::time::Instant::now();
    while live.connections() > 2 {
        assert!(begun.elapsed() < super::LIMIT);
        tokio::task::yield_now().await;
    }
    let mut again = Listening::begin(&url, token(&alice.token));
    loop {
        match again.notice().await {
            Notice::Connected { .. } => break,
            // The seat follows the connection by a moment.
            Notice::Refused { .. } => {
                assert!(begun.elapsed() < super::LIMIT, "a seat is free");
                again = Listening::begin(&url, token(&alice.token));
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn everything_that_a_client_says_is_answered() {
    let test = TestApp::start_with(TestOptions::default().set("RATE_LIMIT_SOCKET_EVENT", "9/60")).await.unwrap();
    let (_, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let (mut listening, _) = Listening::ready(&url, token(&alice.token)).await;
    for (name, object, code) in [
        ("message:send", json!({}), "EVENT_UNKNOWN"),
        ("constructor", json!(null), "EVENT_UNKNOWN"),
        ("sync:request", json!(null), "MALFORMED_REQUEST"),
        ("sync:request", json!({}), "MALFORMED_REQUEST"),
        ("sync:request", json!({ "after": -1 }), "MALFORMED_REQUEST"),
        ("sync:request", json!({ "after": 0, "profileId": "x" }), "MALFORMED_REQUEST"),
        ("sync:request", json!({ "after": 1 }), "VALIDATION_FAILED"),
    ] {
        let answer = listening.ask(name, object.clone()).await;
        assert_eq!((&answer["ok"], &answer["problem"]["code"]), (&json!(false), &json!(code)), "{name} {object}");
    }
    assert_eq!(listening.ask("sync:request", json!({ "after": 0 })).await, json!({ "ok": true }));
    // Without an acknowledgement a refusal has an event of its own.
    listening.client.emit("x".repeat(100), vec![], vec![vec![1, 2, 3]]).await.unwrap();
    let refused = listening.event("event:refused").await;
    assert_eq!((&refused["event"], &refused["problem"]["code"]), (&json!("x".repeat(64)), &json!("EVENT_UNKNOWN")));
    // Nine in a minute are allowed here, and that was the ninth.
    let often = listening.ask("sync:request", json!({ "after": 0 })).await;
    assert_eq!(often["problem"]["code"], "RATE_LIMITED");
    test.advance(Duration::from_secs(60));
    assert_eq!(listening.ask("sync:request", json!({ "after": 0 })).await, json!({ "ok": true }));
}

#[tokio::test]
async fn a_packet_has_a_size() {
    let test = TestApp::start().await;
    let (_, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let (mut listening, _) = Listening::ready(&url, token(&alice.token)).await;
    let fits = listening.ask("unknown", json!("x".repeat(100 * 1024))).await;
    assert_eq!(fits["problem"]["code"], "EVENT_UNKNOWN");
    // It is on its way when the server hangs up.
    let _ = listening.client.emit("unknown", vec![json!("x".repeat(200 * 1024))], vec![]).await;
    loop {
        if let Notice::Disconnected { again_in, .. } = listening.notice().await {
            assert!(again_in.is_some());
            break;
        }
    }
}
