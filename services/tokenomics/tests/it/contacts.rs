//! Contacts: each person's own, with names of their own, no way around the limit of look-ups.

use serde_json::{Value, json};

use crate::still::{Someone, Still};
use crate::world::World;

const PATH: &str = "/api/v1/contacts";

async fn add(still: &Still, owner: &Someone, body: Value) -> gx_platform::testing::TestAnswer {
    still.api.post(PATH).token(&owner.person.token).json(&body).send().await
}

async fn list(still: &Still, owner: &Someone) -> Vec<Value> {
    let answer = still.api.get(PATH).token(&owner.person.token).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["contacts"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_keep_contacts_with_names_of_their_own() {
    for still in Still::each().await {
        let (amina, ben, clara) =
            (still.holder("US", 0).await, still.holder("GB", 0).await, still.holder("GB", 0).await);
        let ben_id = ben.person.profile_id.to_string();
        let added = add(&still, &amina, json!({ "profileId": ben_id, "ownName": " Ben at work " })).await;
        assert_eq!(added.status, 201, "{}", added.body);
        let told = ["ownName", "name", "masked", "favourite", "payable"].map(|name| added.body[name].clone());
        assert_eq!(json!(told), json!(["Ben at work", "A••• J•••", true, false, true]));
        // Once more: as it was.
        let again = add(&still, &amina, json!({ "profileId": ben_id, "ownName": "other", "favourite": true })).await;
        assert_eq!((again.status, &again.body["ownName"]), (200, &json!("Ben at work")));

        still.test.advance(std::time::Duration::from_secs(1));
        assert_eq!(add(&still, &amina, json!({ "profileId": clara.person.profile_id })).await.status, 201);
        let names = |rows: &[Value]| rows.iter().map(|row| row["profileId"].clone()).collect::<Vec<_>>();
        assert_eq!(names(&list(&still, &amina).await), [json!(ben_id), json!(clara.person.profile_id)]);

        // Favourites first; the own name goes.
        let path = format!("{PATH}/{}", clara.person.profile_id);
        let patch =
            async |path: &str, token: &str, body: Value| still.api.patch(path).token(token).json(&body).send().await;
        let changed = patch(&path, &amina.person.token, json!({ "favourite": true, "ownName": "Clara" })).await;
        assert_eq!((changed.status, &changed.body["ownName"]), (200, &json!("Clara")), "{}", changed.body);
        assert_eq!(names(&list(&still, &amina).await), [json!(clara.person.profile_id), json!(ben_id)]);
        assert_eq!(patch(&path, &amina.person.token, json!({ "ownName": null })).await.body["ownName"], Value::Null);
        assert_eq!(patch(&path, &amina.person.token, json!({})).await.body["favourite"], true);

        // Nobody sees or changes another's.
        assert!(list(&still, &ben).await.is_empty());
        assert_eq!(patch(&path, &ben.person.token, json!({ "favourite": false })).await.status, 404);
        let remove = async |path: &str, token: &str| {
            still.api.request("DELETE".parse().unwrap(), path).token(token).send().await.status
        };
        assert_eq!(remove(&path, &ben.person.token).await, 404);
        assert_eq!(remove(&path, &amina.person.token).await, 204);
        assert_eq!(remove(&path, &amina.person.token).await, 404);
        assert_eq!(names(&list(&still, &amina).await), [json!(ben_id)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_are_refused_by_name_and_bounded() {
    let still = Still::start().await;
    let (amina, ben) = (still.holder("US", 0).await, still.holder("GB", 0).await);
    let ben_id = ben.person.profile_id;
    for (body, status, field) in [
        (json!({}), 422, "profileId:FIELD_REQUIRED"),
        (json!({ "profileId": ben.id.to_string() }), 422, "profileId:FIELD_INVALID"),
        (json!({ "profileId": amina.person.profile_id }), 422, "profileId:SELF_TRANSFER"),
        (json!({ "profileId": "01890a5d-ac96-774b-bcce-b302099a8057" }), 422, "profileId:ACCOUNT_NOT_FOUND"),
        (json!({ "profileId": ben_id, "ownName": "x".repeat(61) }), 422, "ownName:FIELD_INVALID"),
        (json!({ "profileId": ben_id, "ownName": "a\nb" }), 422, "ownName:FIELD_INVALID"),
        (json!({ "profileId": ben_id, "ownName": 7 }), 422, "ownName:FIELD_INVALID"),
        (json!({ "profileId": ben_id, "favourite": "yes" }), 422, "favourite:FIELD_INVALID"),
        (json!({ "profileId": ben_id, "email": "x" }), 422, "email:FIELD_UNKNOWN"),
    ] {
        let answer = add(&still, &amina, body.clone()).await;
        assert_eq!((answer.status, answer.field().as_str()), (status, field), "{body}: {}", answer.body);
    }
    assert!(list(&still, &amina).await.is_empty());
    assert_eq!(add(&still, &amina, json!({ "profileId": ben_id })).await.status, 201);
    let path = format!("{PATH}/{ben_id}");
    for (body, field) in [
        (json!({ "ownName": "" }), "ownName:FIELD_REQUIRED"),
        (json!({ "favourite": 1 }), "favourite:FIELD_INVALID"),
        (json!({ "profileId": ben_id }), "profileId:FIELD_UNKNOWN"),
    ] {
        let answer = still.api.patch(&path).token(&amina.person.token).json(&body).send().await;
        assert_eq!((answer.status, answer.field().as_str()), (422, field), "{body}: {}", answer.body);
    }

    // Full.
    let (owner, now) = (amina.person.profile_id, still.test.app.now());
    let mut people = Vec::new();
    for _ in 0..500 {
        people
            .push(still.person("GB", gx_types::PersonStatus::Registered, gx_types::OnchainStatus::NotRegistered).await);
    }
    for someone in &people[..499] {
        let row = gx_store::repo::contacts::row(owner, someone.person.profile_id, None, false, now);
        still
            .test
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { gx_store::repo::contacts::insert(tx, row).await })
            })
            .await;
    }
    let refused = add(&still, &amina, json!({ "profileId": people[499].person.profile_id })).await;
    assert_eq!((refused.status, refused.code()), (409, "CONTACT_LIMIT_REACHED"));
    assert_eq!(add(&still, &amina, json!({ "profileId": ben_id })).await.status, 200, "who is there stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_one_has_dealt_with_is_shown_by_name() {
    for world in World::each().await {
        let (amina, ben) = (world.granted("Amina", "US").await, world.granted("Ben", "GB").await);
        let body = json!({ "profileId": ben.profile_id });
        let added = world.api.post(PATH).token(&amina.token).json(&body).send().await;
        assert_eq!(added.body["name"], "B••• J•••", "{}", added.body);
        world.pay(&amina, &ben, 100).await;
        let row = world.api.get(PATH).token(&amina.token).send().await.body["contacts"][0].clone();
        assert_eq!((&row["name"], &row["masked"]), (&json!("Ben Johnson"), &json!(false)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quote_for_a_strangers_gx_id_counts_as_a_look_up() {
    let options = gx_platform::testing::TestOptions::default().set("RATE_LIMIT_LOOKUP", "2/3600");
    let still = Still::with(options).await;
    let (amina, ben) = (still.holder("US", 1_000).await, still.holder("GB", 0).await);
    let quote = async |to: &str| {
        let path = format!("/api/v1/fees/quote?amount=1&to={}", to.replace(' ', "%20"));
        still.api.get(&path).token(&amina.person.token).send().await
    };
    assert_eq!(quote(&ben.id.to_string()).await.status, 200);
    // Nobody has this one: that is told by a look-up as well.
    assert_eq!(quote("US A07 ABK524 0ABCD 1234").await.code(), "ACCOUNT_NOT_FOUND");
    assert_eq!(quote(&ben.id.to_string()).await.code(), "RATE_LIMITED");
    let path = "/api/v1/people/lookup?q=nobody%40example.org";
    assert_eq!(still.api.get(path).token(&amina.person.token).send().await.code(), "RATE_LIMITED");
    // Whoever was looked up is quoted by profile id.
    assert_eq!(quote(&ben.person.profile_id.to_string()).await.status, 200);
}
