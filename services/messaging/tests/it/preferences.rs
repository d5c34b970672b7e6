//! Choosing how to be told, and the mails that follow.

use gx_messaging::mails;
use gx_platform::testing::{TestApp, TestOptions, TestPerson};
use gx_store::entity::{notification_mails, notifications};
use gx_store::repo::notifications::{Notice, tell};
use gx_store::repo::people;
use gx_store::sea_orm::EntityTrait;
use gx_types::{NotificationId, NotificationKind, NotificationStatus, ProfileId};
use serde_json::{Value, json};
use std::time::Duration;

async fn each() -> Vec<TestApp> {
    let mut apps = vec![TestApp::start().await];
    apps.extend(TestApp::start_with(TestOptions { postgres: true, ..TestOptions::default() }).await);
    apps
}

const PATH: &str = "/api/v1/notifications/preferences";

async fn told(test: &TestApp, person: ProfileId, number: u128, kind: NotificationKind) {
    let notice = Notice {
        notification_id: NotificationId::from_uuid(uuid::Uuid::from_u128(number)),
        profile_id: person,
        kind,
        title: "Something happened",
        message: format!("It was number {number}."),
        action_url: Some("/history".to_owned()),
        now: test.app.now(),
    };
    test.write(move |tx| {
        let notice = notice.clone();
        Box::pin(async move { tell(tx, notice).await })
    })
    .await;
}

#[tokio::test]
async fn money_is_always_shown_and_mail_is_sent_where_it_was_chosen() {
    for test in each().await {
        let api = test.serve([gx_messaging::routes()]);
        let ada = test.person(TestPerson { mailbox: "ada".to_owned(), ..TestPerson::default() }).await;
        let bob = test.person(TestPerson { mailbox: "bob".to_owned(), ..TestPerson::default() }).await;
        let choose =
            async |body: Value| api.request("PUT".parse().unwrap(), PATH).token(&ada.token).json(&body).send().await;
        let of = |body: &Value, kind: &str| {
            let row = body["preferences"].as_array().unwrap().iter().find(|row| row["type"] == kind).unwrap();
            (row["inApp"].as_bool().unwrap(), row["inAppOptional"].as_bool().unwrap(), row["mail"].as_bool().unwrap())
        };
        // In the wallet alone, to begin with.
        let begun = api.get(PATH).token(&ada.token).send().await.body;
        assert_eq!(begun["preferences"].as_array().unwrap().len(), NotificationKind::ALL.len());
        assert_eq!(of(&begun, "WALLET_CREDITED"), (true, false, false));
        assert_eq!(of(&begun, "QSEND_REQUEST_EXPIRED"), (true, true, false));

        told(&test, ada.profile_id, 1, NotificationKind::WalletCredited).await;
        test.advance(Duration::from_secs(1));
        let choices = json!({ "preferences": [{ "type": "WALLET_CREDITED", "mail": true },
            { "type": "QSEND_REQUEST_EXPIRED", "inApp": false, "mail": true },
            { "type": "SYSTEM_ANNOUNCEMENT", "inApp": false }] });
        let chosen = choose(choices).await;
        assert_eq!(chosen.status, 200, "{}", chosen.body);
        assert_eq!(of(&chosen.body, "WALLET_CREDITED"), (true, false, true));
        assert_eq!(of(&chosen.body, "QSEND_REQUEST_EXPIRED"), (false, true, true));
        assert_eq!(of(&chosen.body, "SYSTEM_ANNOUNCEMENT"), (false, true, false));

        // What happened before is not mailed; what happens now is, each once, whoever sends it.
        for (number, kind) in [
            (2, NotificationKind::WalletCredited),
            (3, NotificationKind::WalletDebited),
            (4, NotificationKind::QSendRequestExpired),
            (5, NotificationKind::SystemAnnouncement),
        ] {
            told(&test, ada.profile_id, number, kind).await;
        }
        told(&test, bob.profile_id, 6, NotificationKind::WalletCredited).await;
        let other = test.second().await;
        let (first, second) = tokio::join!(mails::send_due(&test.app), mails::send_due(&other));
        assert_eq!(first.unwrap() + second.unwrap(), 2);
        assert_eq!(mails::send_due(&test.app).await.unwrap(), 0);
        let letters = test.mailbox("ada@devnet.gxcoin.test").await;
        assert_eq!(letters.len(), 2, "{letters:?}");
        for number in [2, 4] {
            assert!(letters.iter().any(|text| text.contains(&format!("It was number {number}."))), "{letters:?}");
        }
        assert!(letters[0].contains("/history") && letters[0].contains("/notifications/preferences"), "{}", letters[0]);
        assert!(test.mailbox("bob@devnet.gxcoin.test").await.is_empty());

        // What was silenced is put away, not unread.
        let rows = notifications::Entity::find().all(test.app.store().read()).await.unwrap();
        let status = |number: u128| {
            let id = NotificationId::from_uuid(uuid::Uuid::from_u128(number));
            rows.iter().find(|row| row.notification_id.0 == id).unwrap().status.0
        };
        assert_eq!(
            [2, 3, 4, 5].map(status),
            [
                NotificationStatus::Unread,
                NotificationStatus::Unread,
                NotificationStatus::Archived,
                NotificationStatus::Archived,
            ]
        );
        let unread = api.get("/api/v1/notifications/unread-count").token(&ada.token).send().await;
        assert_eq!(unread.body["unreadCount"], 3);

        // Taken back.
        let off = json!({ "preferences": [{ "type": "WALLET_CREDITED", "mail": false }] });
        assert_eq!(of(&choose(off).await.body, "WALLET_CREDITED"), (true, false, false));
        told(&test, ada.profile_id, 7, NotificationKind::WalletCredited).await;
        assert_eq!(mails::send_due(&test.app).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_mail_that_fails_is_tried_again_and_given_up_in_the_end() {
    let test = TestApp::start().await;
    let api = test.serve([gx_messaging::routes()]);
    let ada = test.person(TestPerson::default()).await;
    // No mail server is set up, and this address is no test person's.
    let id = ada.profile_id;
    test.write(move |tx| {
        Box::pin(async move {
            let mut row = people::lock(tx, id).await?.unwrap();
            row.email = "ada@example.org".to_owned();
            row.email_normalised = "ada@example.org".to_owned();
            people::save(tx, row).await
        })
    })
    .await;
    let body = json!({ "preferences": [{ "type": "SECURITY_ALERT", "mail": true }] });
    assert_eq!(api.request("PUT".parse().unwrap(), PATH).token(&ada.token).json(&body).send().await.status, 200);
    told(&test, ada.profile_id, 1, NotificationKind::SecurityAlert).await;
    let state = async || {
        let row = notification_mails::Entity::find().one(test.app.store().read()).await.unwrap().unwrap();
        (row.state.0.as_str(), row.attempts)
    };
    for attempt in 1..=6 {
        assert_eq!(mails::send_due(&test.app).await.unwrap(), 0);
        assert_eq!(state().await, (if attempt < 6 { "SENDING" } else { "FAILED" }, attempt));
        // Not before its pause is over.
        assert_eq!(mails::send_due(&test.app).await.unwrap(), 0);
        assert_eq!(state().await.1, attempt);
        test.advance(Duration::from_secs(60 << (attempt - 1)));
    }
    assert_eq!(mails::send_due(&test.app).await.unwrap(), 0);
    assert_eq!(state().await, ("FAILED", 6));
}

#[tokio::test]
async fn choices_are_refused_by_name() {
    let test = TestApp::start().await;
    let api = test.serve([gx_messaging::routes()]);
    let ada = test.person(TestPerson::default()).await;
    for (body, field) in [
        (json!({}), "preferences:FIELD_REQUIRED"),
        (json!({ "preferences": [] }), "preferences:FIELD_INVALID"),
        (json!({ "preferences": [{ "type": "GOSSIP", "mail": true }] }), "preferences[0].type:FIELD_INVALID"),
        (
            json!({ "preferences": [{ "type": "WALLET_DEBITED", "inApp": false }] }),
            "preferences[0].inApp:FIELD_INVALID",
        ),
        (
            json!({ "preferences": [{ "type": "SECURITY_ALERT", "inApp": false }] }),
            "preferences[0].inApp:FIELD_INVALID",
        ),
        (
            json!({ "preferences": [{ "type": "WALLET_DEBITED", "mail": true }, { "type": "WALLET_DEBITED", "mail": true }] }),
            "preferences[1].type:FIELD_INVALID",
        ),
        (json!({ "preferences": [{ "type": "WALLET_DEBITED", "sms": true }] }), "preferences[0].sms:FIELD_UNKNOWN"),
    ] {
        let answer = api.request("PUT".parse().unwrap(), PATH).token(&ada.token).json(&body).send().await;
        assert_eq!((answer.status, answer.field().as_str()), (422, field), "{body}: {}", answer.body);
    }
}
