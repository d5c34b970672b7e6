//! The outbox: listing, looking, putting dead commands back.

use std::time::Duration;

use gx_store::outbox::{self, ClaimOptions, Dead, Holder};
use gx_types::AdminRole;
use serde_json::json;

use crate::world::World;

/// Plays a submitter that gives up on the command at the head of the queue.
async fn give_up(world: &World) {
    let now = world.test.app.now();
    world
        .test
        .write(move |tx| {
            Box::pin(async move {
                let options = ClaimOptions {
                    owner: "test".to_owned(),
                    lease: Duration::from_secs(60),
                    commands_max: 1,
                    window: 10,
                    cursor: 0,
                };
                let (claimed, _) = outbox::claim(tx, &options, now).await?;
                let holder = Holder { command_id: claimed[0].command_id, fence: claimed[0].fence };
                let dead =
                    Dead { holder, error_code: "UNREACHABLE".to_owned(), error_detail: "nobody answers".to_owned() };
                outbox::mark_dead(tx, &[dead], now).await?;
                Ok(())
            })
        })
        .await;
}

#[tokio::test]
async fn dead_letters_are_listed_and_put_back_once() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for reason in ["something is wrong here", "something else is wrong"] {
        let approval = world.approved("system/pause", &json!({ "reason": reason })).await;
        ids.push(approval["commandId"].clone());
    }
    give_up(&world).await;

    let list =
        async |query: &str| world.api.get(&format!("/api/v1/admin/outbox{query}")).token(world.owner()).send().await;
    let dead = list("?state=DEAD").await;
    assert_eq!(dead.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(dead.body["items"][0]["commandId"], ids[0]);
    assert_eq!(dead.body["items"][0]["commandType"], "PAUSE_SYSTEM");
    assert_eq!(list("?type=PAUSE_SYSTEM").await.body["items"].as_array().unwrap().len(), 2);
    assert_eq!(list("?type=CREATE_USER").await.body["items"].as_array().unwrap().len(), 0);
    let first = list("?limit=1").await.body;
    assert_eq!(first["items"][0]["commandId"], ids[1]);
    let second = list(&format!("?limit=1&cursor={}", first["nextCursor"].as_str().unwrap())).await.body;
    assert_eq!((&second["items"][0]["commandId"], second.get("nextCursor")), (&ids[0], None));
    assert_eq!(list("?type=MINT").await.field(), "type:FIELD_INVALID");

    let path = format!("/api/v1/admin/outbox/{}", ids[0].as_str().unwrap());
    let detail = world.api.get(&path).token(world.token(AdminRole::Auditor)).send().await;
    assert_eq!((detail.status, &detail.body["command"]["state"]), (200, &json!("DEAD")));
    assert!(!String::from_utf8(detail.bytes).unwrap().contains("something is wrong"), "payloads are not shown");

    let replay = async || world.api.post(&format!("{path}/replay")).token(world.owner()).send().await;
    let back = replay().await;
    assert_eq!((back.status, &back.body["state"]), (200, &json!("PENDING")), "{}", back.body);
    assert_eq!(list("?limit=1").await.body["items"][0]["commandId"], ids[0], "at the tail");
    assert_eq!(replay().await.code(), "STATE_CONFLICT");
    let unknown = "/api/v1/admin/outbox/01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(world.api.get(unknown).token(world.owner()).send().await.status, 404);
    assert_eq!(world.api.post(&format!("{unknown}/replay")).token(world.owner()).send().await.status, 404);
}
