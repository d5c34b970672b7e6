//! A connection lives as long as its session.

use std::time::Duration;

use gx_platform::BusMessage;
use gx_platform::testing::{TestApp, TestPerson};
use gx_store::Col;
use gx_store::entity::user_profiles::{Column, Entity};
use gx_store::repo::sessions;
use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use gx_types::{PersonStatus, ProfileId, SessionId};
use serde_json::json;

use super::{Listening, each, notice, push, serve, token};

/// Writes where a person stands and says nothing.
pub(crate) async fn set_status(test: &TestApp, person: ProfileId, status: PersonStatus) {
    test.write(move |tx| {
        Box::pin(async move {
            Entity::update_many()
                .col_expr(Column::Status, Col(status).into())
                .filter(Column::ProfileId.eq(Col(person)))
                .exec(tx)
                .await?;
            Ok(())
        })
    })
    .await;
}

async fn revoke(test: &TestApp, session: SessionId) {
    let now = test.app.now();
    test.write(move |tx| Box::pin(async move { sessions::revoke(tx, session, "signed out", now).await.map(|_| ()) }))
        .await;
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_session_and_no_other() {
    for test in each().await {
        let (live, url) = serve(&test.app).await;
        let here = test.person(TestPerson::default()).await;
        let there = test.sign_in(here.profile_id).await;
        let (first, _) = Listening::ready(&url, token(&here.token)).await;
        let (second, _) = Listening::ready(&url, token(&here.token)).await;
        let (mut other, _) = Listening::ready(&url, token(&there.token)).await;
        revoke(&test, here.session_id).await;
        test.app.auth().ended(here.session_id);
        assert_eq!(first.end().await, "SESSION_REVOKED");
        assert_eq!(second.end().await, "SESSION_REVOKED");
        push(&test.app, vec![notice(here.profile_id, 1)]).await;
        other.event("notification:new").await;
        assert_eq!(live.connections(), 1);
        let said = Listening::begin(&url, token(&here.token)).refusal().await;
        assert!(said.starts_with("SESSION_REVOKED: "), "{said}");
    }
}

#[tokio::test]
async fn a_session_that_another_process_ended_silently_is_noticed() {
    let test = TestApp::start().await;
    let (_, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let (listening, _) = Listening::ready(&url, token(&alice.token)).await;
    revoke(&test, alice.session_id).await;
    assert_eq!(listening.end().await, "SESSION_REVOKED");
}

#[tokio::test]
async fn a_socket_outlives_its_access_token_and_not_its_session() {
    let test = TestApp::start().await;
    let (_, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let (mut listening, _) = Listening::ready(&url, token(&alice.token)).await;
    // The token is over after a quarter of an hour; the session goes on.
    test.advance(Duration::from_secs(60 * 60));
    push(&test.app, vec![notice(alice.profile_id, 1)]).await;
    listening.event("notification:new").await;
    test.advance(Duration::from_secs(30 * 24 * 60 * 60));
    assert_eq!(listening.end().await, "SESSION_EXPIRED");
}

#[tokio::test]
async fn a_frozen_persons_socket_closes_and_none_opens() {
    for (status, code) in [
        (PersonStatus::Frozen, "ACCOUNT_FROZEN"),
        (PersonStatus::Suspended, "ACCOUNT_DISABLED"),
        (PersonStatus::Closed, "ACCOUNT_DISABLED"),
    ] {
        let test = TestApp::start().await;
        let (_, url) = serve(&test.app).await;
        let alice = test.person(TestPerson::default()).await;
        let (told, _) = Listening::ready(&url, token(&alice.token)).await;
        let there = test.sign_in(alice.profile_id).await;
        let (also, _) = Listening::ready(&url, token(&there.token)).await;
        set_status(&test, alice.profile_id, status).await;
        // As the console does; even without a word it is noticed within seconds.
        if status == PersonStatus::Frozen {
            test.app.bus().publish(&BusMessage::PersonChanged { profile_id: alice.profile_id });
        }
        assert_eq!(told.end().await, code);
        assert_eq!(also.end().await, code);
        test.advance(Duration::from_secs(10));
        let fresh = test.sign_in(alice.profile_id).await;
        let said = Listening::begin(&url, token(&fresh.token)).refusal().await;
        let refused = if status == PersonStatus::Frozen { "ACCOUNT_FROZEN: " } else { "SESSION_REVOKED: " };
        assert!(said.starts_with(refused), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_stops_lets_its_clients_go_and_they_come_back_where_they_were() {
    let test = TestApp::start().await;
    let (live, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let (mut listening, _) = Listening::ready(&url, token(&alice.token)).await;
    push(&test.app, vec![notice(alice.profile_id, 1)]).await;
    assert_eq!(listening.event("notification:new").await["sequence"], 1);
    test.app.stop().cancel();
    loop {
        if let gx_socket::Notice::Disconnected { again_in, .. } = listening.notice().await {
            assert!(again_in.is_some(), "it tries again");
            break;
        }
    }
    drop(live);
    // The next process.
    let next = test.second().await;
    push(&next, vec![notice(alice.profile_id, 2)]).await;
    let (_, url) = serve(&next).await;
    let (mut back, _) = Listening::ready(&url, json!({ "token": alice.token, "after": 1 })).await;
    assert_eq!(back.event("notification:new").await["sequence"], 2);
}
