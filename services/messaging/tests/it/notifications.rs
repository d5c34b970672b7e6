use gx_platform::http::openapi;
use gx_platform::testing::{TestApp, TestOptions, TestPerson};
use gx_store::entity::notifications;
use gx_store::projection::save;
use gx_types::{NotificationId, NotificationKind, NotificationStatus, ProfileId, Timestamp, TxId};
use serde_json::{Value, json};

async fn each() -> Vec<TestApp> {
    let mut apps = vec![TestApp::start().await];
    apps.extend(TestApp::start_with(TestOptions { postgres: true, ..TestOptions::default() }).await);
    apps
}

fn notice(person: ProfileId, number: u8, status: NotificationStatus) -> notifications::Model {
    notifications::Model {
        notification_id: NotificationId::from_uuid(uuid::Uuid::from_u128(u128::from(number))).into(),
        profile_id: person.into(),
        kind: NotificationKind::WalletCredited.into(),
        title: format!("You received {number} Q"),
        message: "Somebody paid you.".to_owned(),
        action_url: Some("/history".to_owned()),
        action_required: false,
        status: status.into(),
        read_at: None,
        tx_id: Some(TxId::from_bytes([number; 32]).into()),
        event_index: Some(0),
        // Pairs share a time, so that the id must decide.
        created_at: Timestamp::from_micros(1_000_000 * i64::from(number / 2)).into(),
    }
}

async fn give(test: &TestApp, rows: Vec<notifications::Model>) {
    test.write(move |tx| {
        let rows = rows.clone();
        Box::pin(async move { save::notices(tx, &rows).await })
    })
    .await;
}

fn titles(body: &Value) -> Vec<String> {
    let list = body["notifications"].as_array().unwrap();
    list.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_list_pages_newest_first_with_filter_total_and_unread_count() {
    for test in each().await {
        let api = test.serve([gx_messaging::routes()]);
        let alice = test.person(TestPerson::default()).await;
        let bob = test.person(TestPerson::default()).await;
        let mut rows: Vec<_> =
            (1..=5).map(|number| notice(alice.profile_id, number, NotificationStatus::Unread)).collect();
        rows.push(notice(alice.profile_id, 6, NotificationStatus::Archived));
        rows.push(notice(bob.profile_id, 7, NotificationStatus::Unread));
        give(&test, rows.clone()).await;
        // Given twice, as a replay would: once in the list.
        give(&test, rows).await;

        let mut seen = Vec::new();
        let mut path = "/api/v1/notifications?limit=4".to_owned();
        loop {
            let answer = api.get(&path).token(&alice.token).send().await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert_eq!((&answer.body["total"], &answer.body["unreadCount"]), (&json!(5), &json!(5)));
            seen.extend(titles(&answer.body));
            let Some(cursor) = answer.body["nextCursor"].as_str() else { break };
            path = format!("/api/v1/notifications?limit=4&cursor={cursor}");
        }
        // What was put away is in a list of its own.
        let expected: Vec<String> = (1..=5).rev().map(|number| format!("You received {number} Q")).collect();
        assert_eq!(seen, expected);

        let answer = api.get("/api/v1/notifications?status=ARCHIVED").token(&alice.token).send().await;
        assert_eq!(titles(&answer.body), ["You received 6 Q"]);
        assert_eq!((&answer.body["total"], &answer.body["unreadCount"]), (&json!(1), &json!(5)));
        let first = &answer.body["notifications"][0];
        assert_eq!(first["type"], "WALLET_CREDITED");
        assert_eq!(first["createdAt"], "1970-01-01T00:00:03Z");
        let answer = api.get("/api/v1/notifications/unread-count").token(&bob.token).send().await;
        assert_eq!(answer.body, json!({ "unreadCount": 1, "lastSequence": 1 }));
    }
}

#[tokio::test]
async fn people_mark_their_own_as_read_and_nobody_elses() {
    for test in each().await {
        let api = test.serve([gx_messaging::routes()]);
        let alice = test.person(TestPerson::default()).await;
        let bob = test.person(TestPerson::default()).await;
        give(&test, (1..=3).map(|number| notice(alice.profile_id, number, NotificationStatus::Unread)).collect()).await;
        let read = |number: u8| {
            let id = uuid::Uuid::from_u128(u128::from(number));
            api.patch(&format!("/api/v1/notifications/{id}/read"))
        };

        let answer = read(1).token(&bob.token).send().await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
        let answer = read(9).token(&alice.token).send().await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
        let answer = read(1).token(&alice.token).send().await;
        assert_eq!((answer.status, answer.body), (200, json!({ "success": true })));
        let listed = api.get("/api/v1/notifications?status=READ").token(&alice.token).send().await;
        let read_at = listed.body["notifications"][0]["readAt"].clone();
        assert!(read_at.is_string());
        // Again, later: still read, since the first time.
        test.advance(std::time::Duration::from_secs(60));
        assert_eq!(read(1).token(&alice.token).send().await.status, 200);
        let listed = api.get("/api/v1/notifications?status=READ").token(&alice.token).send().await;
        assert_eq!(listed.body["notifications"][0]["readAt"], read_at);

        let all = api.patch("/api/v1/notifications/mark-all-read").token(&bob.token).send().await;
        assert_eq!(all.body, json!({ "success": true, "count": 0 }));
        let all = api.patch("/api/v1/notifications/mark-all-read").token(&alice.token).send().await;
        assert_eq!(all.body, json!({ "success": true, "count": 2 }));
        let answer = api.get("/api/v1/notifications/unread-count").token(&alice.token).send().await;
        assert_eq!(answer.body, json!({ "unreadCount": 0, "lastSequence": 3 }));
    }
}

#[tokio::test]
async fn what_is_malformed_is_refused_by_name_and_strangers_are_kept_out() {
    let test = TestApp::start().await;
    let api = test.serve([gx_messaging::routes()]);
    let alice = test.person(TestPerson::default()).await;
    for (path, field) in [
        ("/api/v1/notifications?limit=0", "limit"),
        ("/api/v1/notifications?limit=101", "limit"),
        ("/api/v1/notifications?status=unread", "status"),
        ("/api/v1/notifications?cursor=AAAA", "cursor"),
        ("/api/v1/notifications?offset=0", "offset"),
    ] {
        let answer = api.get(path).token(&alice.token).send().await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["field"], field, "{path}: {}", answer.body);
    }
    let answer = api.patch("/api/v1/notifications/not-an-id/read").token(&alice.token).send().await;
    assert_eq!((answer.status, &answer.body["errors"][0]["field"]), (422, &json!("id")), "{}", answer.body);
    let routes = gx_messaging::routes();
    let document = openapi(&[&routes]).unwrap();
    for meta in routes.metas() {
        let operation = &document["paths"][meta.path()][meta.method().as_str().to_lowercase()];
        assert_eq!(operation["operationId"], meta.operation_id());
        let path = meta.path().replace("{id}", "00000000-0000-7000-8000-000000000000");
        let answer = api.request(meta.method().clone(), &path).send().await;
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHORIZED"), "{path}");
    }
}
