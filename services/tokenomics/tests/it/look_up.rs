//! Finding people: by what one knows of them, masked, and not too often.

use gx_platform::testing::TestOptions;
use serde_json::json;

use crate::still::Still;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_by_what_one_knows_of_them() {
    let still = Still::start().await;
    let (amina, ben) = (still.holder("US", 0).await, still.holder("GB", 0).await);
    let waiting = still.person("US", gx_types::PersonStatus::Registered, gx_types::OnchainStatus::NotRegistered).await;
    let find = async |q: &str| {
        let q = q.replace(' ', "%20").replace('@', "%40").replace('+', "%2B");
        still.api.get(&format!("/api/v1/people/lookup?q={q}")).token(&amina.person.token).send().await
    };
    for q in [ben.id.to_string(), ben.email.to_uppercase()] {
        let found = find(&q).await;
        assert_eq!(found.status, 200, "{q}: {:?}", found.body);
        let expected =
            json!({ "profileId": ben.person.profile_id, "name": "A••• J•••", "masked": true, "payable": true });
        assert_eq!(found.body, expected);
    }
    assert_eq!(find(&amina.email).await.body["payable"], false, "not oneself");
    assert_eq!(find(&waiting.email).await.body["payable"], false, "not before the ledger");
    for q in ["nobody@example.org", "+447700900123"] {
        assert_eq!(find(q).await.status, 404, "{q}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_up_is_limited_by_account() {
    let options = TestOptions::default().set("RATE_LIMIT_LOOKUP", "20/3600");
    let still = Still::with(options).await;
    let (amina, ben) = (still.holder("US", 0).await, still.holder("GB", 0).await);
    let find =
        async |token: &str| still.api.get("/api/v1/people/lookup?q=nobody%40example.org").token(token).send().await;
    for _ in 0..20 {
        assert_eq!(find(&amina.person.token).await.status, 404);
    }
    let refused = find(&amina.person.token).await;
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(find(&ben.person.token).await.status, 404, "others are not stopped");
}
