//! What is stored reaches who is there, and who was away.

use gx_platform::BusMessage;
use gx_platform::testing::{TestApp, TestOptions, TestPerson};
use gx_types::{PersonStatus, ProfileId};
use serde_json::{Value, json};

use super::{Listening, each, each_with, notice, push, serve, store, title, token};

/// The next notifications, in the order in which they came.
async fn hear(listening: &mut Listening, count: usize) -> Vec<(u64, String)> {
    let mut heard = Vec::new();
    while heard.len() < count {
        let pushed = listening.event("notification:new").await;
        heard.push((pushed["sequence"].as_u64().unwrap(), title(&pushed).to_owned()));
    }
    heard
}

fn expected(places: std::ops::RangeInclusive<u64>) -> Vec<(u64, String)> {
    places.map(|place| (place, format!("You received {place} Q"))).collect()
}

fn notices(person: ProfileId, numbers: std::ops::RangeInclusive<u32>) -> Vec<gx_store::entity::notifications::Model> {
    numbers.map(|number| notice(person, number)).collect()
}

#[tokio::test]
async fn whoever_is_there_is_told_in_the_order_of_storing_and_nobody_else_is() {
    for test in each().await {
        let (_, url) = serve(&test.app).await;
        let alice = test.person(TestPerson::default()).await;
        let bob = test.person(TestPerson::default()).await;
        let (mut first, ready) = Listening::ready(&url, token(&alice.token)).await;
        let second_session = test.sign_in(alice.profile_id).await;
        let (mut second, _) = Listening::ready(&url, token(&second_session.token)).await;
        let (mut other, _) = Listening::ready(&url, token(&bob.token)).await;
        assert_eq!(
            ready,
            json!({
                "sequence": 0, "after": 0, "unreadCount": 0, "status": "REGISTERED", "onchainStatus": "NOT_REGISTERED",
            })
        );

        for number in 1..=3 {
            push(&test.app, vec![notice(alice.profile_id, number)]).await;
        }
        push(&test.app, vec![notice(bob.profile_id, 9)]).await;
        assert_eq!(hear(&mut first, 3).await, expected(1..=3));
        assert_eq!(hear(&mut second, 3).await, expected(1..=3));
        assert_eq!(hear(&mut other, 1).await, [(1, "You received 9 Q".to_owned())]);
        // Given again, as a replay of blocks would: nothing new is stored, and nothing sent.
        push(&test.app, notices(alice.profile_id, 1..=3)).await;
        push(&test.app, notices(alice.profile_id, 4..=4)).await;
        let pushed = first.event("notification:new").await;
        assert_eq!(title(&pushed), "You received 4 Q");
        assert_eq!(pushed["notification"]["status"], "UNREAD");
    }
}

#[tokio::test]
async fn whoever_was_away_gets_what_was_missed_once_and_in_order() {
    for test in each().await {
        let (_, url) = serve(&test.app).await;
        let alice = test.person(TestPerson::default()).await;
        let (mut before, _) = Listening::ready(&url, token(&alice.token)).await;
        push(&test.app, notices(alice.profile_id, 1..=2)).await;
        assert_eq!(hear(&mut before, 2).await, expected(1..=2));
        drop(before);

        store(&test.app, notices(alice.profile_id, 3..=5)).await;
        let (mut back, ready) = Listening::ready(&url, json!({ "token": alice.token, "after": 2 })).await;
        assert_eq!((&ready["after"], &ready["sequence"], &ready["unreadCount"]), (&json!(2), &json!(5), &json!(5)));
        push(&test.app, notices(alice.profile_id, 6..=6)).await;
        assert_eq!(hear(&mut back, 4).await, expected(3..=6));

        // Without a place it begins with what comes next; a place of another world counts as none.
        for auth in [token(&alice.token), json!({ "token": alice.token, "after": 1_000 })] {
            let (_, ready) = Listening::ready(&url, auth).await;
            assert_eq!(ready["after"], 6);
        }
    }
}

#[tokio::test]
async fn what_another_process_stored_is_found_without_a_word_from_it() {
    for test in each().await {
        let (_, url) = serve(&test.app).await;
        let projector = test.second().await;
        let alice = test.person(TestPerson::default()).await;
        let (mut listening, _) = Listening::ready(&url, token(&alice.token)).await;
        // Its bus ends in its own process.
        push(&projector, notices(alice.profile_id, 1..=3)).await;
        assert_eq!(hear(&mut listening, 3).await, expected(1..=3));
    }
}

#[tokio::test]
async fn a_long_absence_is_told_page_by_page() {
    for test in each_with(|| TestOptions::default().set("RATE_LIMIT_SOCKET_EVENT", "1000/1")).await {
        let (_, url) = serve(&test.app).await;
        let alice = test.person(TestPerson::default()).await;
        store(&test.app, notices(alice.profile_id, 1..=1_150)).await;
        let mut listening = Listening::begin(&url, json!({ "token": alice.token, "after": 0 }));
        let (mut heard, mut pages) = (Vec::new(), 0);
        let places: Vec<u64> = (1..=1_150).collect();
        while heard.len() < places.len() {
            let gx_socket::Notice::Event(event) = listening.notice().await else { continue };
            match event.name.as_str() {
                "notification:new" => heard.push(event.arguments[0]["sequence"].as_u64().unwrap()),
                "sync:more" => {
                    pages += 1;
                    // Told while the client is behind: it waits for its turn.
                    if pages == 1 {
                        push(&test.app, notices(alice.profile_id, 1_151..=1_151)).await;
                    }
                    // Its answer comes among what it asks for.
                    let (client, after) = (listening.client.clone(), event.arguments[0].clone());
                    tokio::spawn(async move {
                        let done = client.request("sync:request", vec![after], super::LIMIT).await.unwrap();
                        assert_eq!(done.arguments, [json!({ "ok": true })]);
                    });
                }
                _ => {}
            }
        }
        assert_eq!((heard, pages), (places, 2));
        assert_eq!(listening.event("notification:new").await["sequence"], 1_151);
    }
}

#[tokio::test]
async fn the_bell_counts_anew_when_another_page_reads() {
    let test = TestApp::start().await;
    let (_, url) = serve(&test.app).await;
    let api = test.serve([gx_messaging::routes()]);
    let alice = test.person(TestPerson::default()).await;
    let (mut listening, _) = Listening::ready(&url, token(&alice.token)).await;
    push(&test.app, notices(alice.profile_id, 1..=2)).await;
    let mut unread = Value::Null;
    while unread != 2 {
        unread = listening.event("notification:unread").await["unreadCount"].clone();
    }
    api.patch("/api/v1/notifications/mark-all-read").token(&alice.token).send().await;
    assert_eq!(listening.event("notification:unread").await, json!({ "unreadCount": 0 }));
}

#[tokio::test]
async fn a_change_of_state_is_told() {
    let test = TestApp::start().await;
    let (_, url) = serve(&test.app).await;
    let alice = test.person(TestPerson::default()).await;
    let (mut listening, _) = Listening::ready(&url, token(&alice.token)).await;
    super::ends::set_status(&test, alice.profile_id, PersonStatus::PendingAdminApproval).await;
    test.app.bus().publish(&BusMessage::PersonChanged { profile_id: alice.profile_id });
    let changed = listening.event("profile:changed").await;
    assert_eq!(changed, json!({ "status": "PENDING_ADMIN_APPROVAL", "onchainStatus": "NOT_REGISTERED" }));
}
