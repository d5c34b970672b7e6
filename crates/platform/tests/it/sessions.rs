//! Tokens and cookies of people.

use std::time::Duration;

use gx_platform::auth::{Family, NewSession, Presented};
use gx_platform::testing::{TestApp, TestPerson};
use gx_store::Col;
use gx_store::entity::user_profiles::{Column, Entity};
use gx_store::repo::sessions::{self, Session};
use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use gx_types::{AdminRole, PersonStatus, SessionTransport};
use serde_json::json;

use crate::wishes::routes;

#[tokio::test]
async fn a_token_counts_as_long_as_its_session_row_says() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let ask = async |token: &str| api.get("/api/v1/wishes/who").token(token).send().await;
    assert_eq!(ask(&person.token).await.body["person"], json!(person.profile_id));

    // Ended by another process that tells nobody: believed for five seconds at most.
    let (session_id, now) = (person.session_id, test.app.now());
    test.write(move |tx| Box::pin(async move { sessions::revoke(tx, session_id, "test", now).await })).await;
    test.advance(Duration::from_secs(4));
    assert_eq!(ask(&person.token).await.status, 200);
    test.advance(Duration::from_secs(1));
    let ended = ask(&person.token).await;
    assert_eq!((ended.status, ended.code()), (401, "SESSION_REVOKED"));

    // Ended by this process: at once.
    let again = test.sign_in(person.profile_id).await;
    assert_eq!(ask(&again.token).await.status, 200);
    let session_id = again.session_id;
    test.write(move |tx| Box::pin(async move { sessions::revoke(tx, session_id, "test", now).await })).await;
    test.app.auth().ended(session_id);
    assert_eq!(ask(&again.token).await.code(), "SESSION_REVOKED");
}

#[tokio::test]
async fn tokens_of_others_families_and_times_count_nothing() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let admin = test.admin(AdminRole::SuperOwner).await;
    let ask = async |header: &str| api.get("/api/v1/wishes/who").header("authorization", header).send().await;
    for bad in [
        "".to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer x".to_owned(),
        format!("Basic {}", person.token),
        format!("Bearer {}", admin.token),
        format!("Bearer {}x", person.token),
        format!("Bearer {}", person.token.replacen('.', "", 1)),
        // {"alg":"none"}
        format!("Bearer eyJhbGciOiJub25lIn0.{}.", person.token.split('.').nth(1).unwrap()),
    ] {
        let answer = ask(&bad).await;
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHORIZED"), "{bad}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    test.advance(Duration::from_secs(15 * 60));
    assert_eq!(ask(&format!("Bearer {}", person.token)).await.code(), "UNAUTHORIZED");
    // The token of one person in another's session.
    let other = test.person(TestPerson::default()).await;
    let forged = test.app.auth().person_token(person.profile_id, other.session_id).await.unwrap();
    assert_eq!(ask(&format!("Bearer {forged}")).await.code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn a_cookie_is_the_browsers_and_needs_its_csrf_token() {
    let test = TestApp::start().await;
    test.bind_ledger().await;
    let api = test.serve([routes()]);
    let person = test.person(TestPerson::default()).await;
    let session = NewSession::begin(SessionTransport::Cookie, &*test.clock, &**test.app.entropy());
    let now = test.app.now();
    let row = Session {
        session_id: Col(session.session_id),
        profile_id: Col(person.profile_id),
        transport: Col(session.transport),
        refresh_hash: None,
        cookie_hash: session.cookie_hash().map(Col),
        csrf_hash: Some(Col(session.csrf_hash)),
        rotations: 0,
        ip: None,
        user_agent: None,
        device_name: None,
        created_at: Col(now),
        last_used_at: Col(now),
        expires_at: Col(now.plus(Duration::from_secs(3600))),
        revoked_at: None,
        revoked_reason: None,
    };
    test.write(move |tx| {
        let row = row.clone();
        Box::pin(async move { sessions::insert(tx, row).await })
    })
    .await;
    let cookie = format!("theme=dark; gx_session={}; other=1", session.secret.expose());
    let who = async |cookie: &str| api.get("/api/v1/wishes/who").header("cookie", cookie).send().await;
    assert_eq!(who(&cookie).await.body["person"], json!(person.profile_id));
    // A leftover is no attempt: the caller is simply not signed in.
    for stale in ["gx_session=", "gx_session=x", &format!("gx_session={}.{}", session.session_id, "0".repeat(64))] {
        let answer = who(stale).await;
        assert_eq!((answer.status, &answer.body["person"]), (200, &serde_json::Value::Null), "{stale}");
    }
    let write = || api.post("/api/v1/wishes/ledger").header("cookie", &cookie);
    assert_eq!(write().send().await.code(), "CSRF_FAILED");
    assert_eq!(write().header("x-csrf-token", session.csrf_token.expose()).send().await.status, 204);
    let framed = write().header("x-csrf-token", session.csrf_token.expose()).header("origin", "null").send().await;
    assert_eq!(framed.code(), "CSRF_FAILED");
    // A refresh token in the cookie's place, and the cookie in the token's.
    assert!(Presented::parse(session.secret.expose()).unwrap().matches(session.cookie_hash()));
    let as_token = test.app.auth().tokens().read(Family::Person, session.secret.expose()).await.unwrap();
    assert_eq!(as_token, None);
    test.advance(Duration::from_secs(3600));
    assert_eq!(who(&cookie).await.body["person"], serde_json::Value::Null);
}

#[tokio::test]
async fn suspended_and_closed_people_are_shut_out() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    for status in [PersonStatus::Suspended, PersonStatus::Closed] {
        let person = test.person(TestPerson::default()).await;
        let id = Col(person.profile_id);
        test.write(move |tx| {
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::Status, Col(status).into())
                    .filter(Column::ProfileId.eq(id))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
        let answer = api.get("/api/v1/wishes/who").token(&person.token).send().await;
        assert_eq!((answer.status, answer.code()), (401, "SESSION_REVOKED"), "{status}");
    }
}

#[tokio::test]
async fn processes_share_keys_and_publish_two_of_each_family() {
    let test = TestApp::start().await;
    let second = test.second().await;
    for family in Family::ALL {
        let (here, there) = (test.app.auth().tokens().published(family), second.auth().tokens().published(family));
        assert_eq!(here.keys.len(), 2);
        let ids = |set: &gx_platform::auth::JwkSet| set.keys.iter().map(|key| key.kid).collect::<Vec<_>>();
        assert_eq!(ids(&here), ids(&there));
    }
    let person = test.person(TestPerson::default()).await;
    let token = second.auth().person_token(person.profile_id, person.session_id).await.unwrap();
    let api = test.serve([routes()]);
    assert_eq!(api.get("/api/v1/wishes/who").token(&token).send().await.status, 200);
}
