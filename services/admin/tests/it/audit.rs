//! The audit chain, as administrators read, check and export it.

use std::io::BufReader;

use gx_store::audit;
use gx_store::sea_orm::ConnectionTrait;
use gx_types::AdminRole;
use serde_json::{Value, json};

use crate::world::World;

async fn get(world: &World, path: &str) -> Value {
    let answer = world.api.get(&format!("/api/v1/admin/audit{path}")).token(world.owner()).send().await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

fn events(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_two_people_did_is_in_the_chain_with_before_and_after() {
    let world = World::new().await;
    let person = world.registered("Alice").await;
    let approval = world.approved(&format!("users/{person}/freeze"), &json!({ "reason": "COURT_ORDER" })).await;
    let page = get(&world, "").await;
    assert_eq!(events(&page), ["PERSON_FROZEN", "APPROVAL_APPROVED", "APPROVAL_REQUESTED"]);
    let frozen = &page["items"][0];
    assert_eq!(frozen["object"], format!("person:{person}"));
    assert_eq!(frozen["actor"], format!("admin:{}", world.second().admin_id));
    assert_eq!((&frozen["before"]["status"], &frozen["after"]["status"]), (&json!("ACTIVE"), &json!("FROZEN")));
    assert_eq!(frozen["after"]["approvalId"], approval["id"]);
    assert_eq!(frozen["after"]["commandId"], approval["commandId"]);
    assert_eq!(frozen["after"]["requester"], world.admin(AdminRole::SuperOwner).admin_id.to_string());
    assert!(!page.to_string().contains("Alice"), "no names");

    assert_eq!(events(&get(&world, &format!("?object=person:{person}")).await), ["PERSON_FROZEN"]);
    assert_eq!(events(&get(&world, "?category=PEOPLE").await), ["PERSON_FROZEN"]);
    assert_eq!(events(&get(&world, "?event=APPROVAL_REQUESTED&category=CONTROL").await), ["APPROVAL_REQUESTED"]);
    let first = get(&world, "?limit=2").await;
    let cursor = first["nextCursor"].as_str().unwrap();
    assert_eq!(events(&get(&world, &format!("?limit=2&cursor={cursor}")).await), ["APPROVAL_REQUESTED"]);
    assert_eq!(get(&world, "/1").await["event"], "APPROVAL_REQUESTED");
    let types = get(&world, "/event-types").await;
    assert!(types["eventTypes"].as_array().unwrap().len() > 20);
    let missing = world.api.get("/api/v1/admin/audit/99").token(world.owner()).send().await;
    assert_eq!(missing.status, 404);
    let verified = get(&world, "/verify").await;
    assert_eq!((&verified["intact"], &verified["entries"]), (&json!(true), &json!(3)));
}

#[tokio::test]
async fn an_export_verifies_without_the_database_and_a_changed_one_does_not() {
    let world = World::new().await;
    world.approved("system/pause", &json!({ "reason": "=HYPERLINK(\"http://example.org\")" })).await;
    let export = async |query: &str| {
        let path = format!("/api/v1/admin/audit/export{query}");
        let answer = world.api.get(&path).token(world.token(AdminRole::Auditor)).send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.header("content-type").to_owned(), String::from_utf8(answer.bytes).unwrap())
    };
    let (kind, lines) = export("").await;
    assert_eq!(kind, "application/x-ndjson");
    let check = |text: &str| gx_admin::check_audit_export(BufReader::new(text.as_bytes()));
    let good = check(&lines).unwrap();
    assert!(good.intact, "{good:?}");
    assert_eq!(good.entries, 4, "the export is an entry too");

    let changed = check(&lines.replace("SYSTEM_PAUSED", "SYSTEM_RESUMED")).unwrap();
    assert!(changed.faults.iter().any(|fault| fault.contains("entry 3 was changed")), "{changed:?}");
    let rows: Vec<&str> = lines.lines().collect();
    let without = [rows[0], rows[1], rows[3], rows[4], ""].join("\n");
    assert!(check(&without).unwrap().faults.iter().any(|fault| fault.contains("3 to 3 are missing")));
    let turned = [rows[1], rows[0], rows[2], rows[3], rows[4], ""].join("\n");
    assert!(!check(&turned).unwrap().intact);
    let short = [rows[0], rows[1], rows[4], ""].join("\n");
    assert!(check(&short).unwrap().faults.iter().any(|fault| fault.contains("cut off")));
    assert!(check(&rows[..4].join("\n")).unwrap_err().contains("cut off"), "the last line is missing");
    assert!(check("{}").is_err());

    let (kind, csv) = export("?format=csv").await;
    assert_eq!(kind, "text/csv; charset=utf-8");
    assert_eq!(csv.lines().count(), 6, "{csv}");
    let paused = csv.lines().nth(3).unwrap();
    assert!(paused.starts_with("3,") && paused.contains(",SYSTEM_PAUSED,") && paused.contains("commandId="), "{csv}");
}

#[tokio::test]
async fn a_cut_tail_is_told_by_the_end_that_was_noted_elsewhere() {
    let world = World::new().await;
    gx_admin::jobs::note_audit_head(&world.test.app).await.unwrap();
    world.approved("system/pause", &json!({ "reason": "something is wrong" })).await;
    gx_admin::jobs::note_audit_head(&world.test.app).await.unwrap();
    assert_eq!(get(&world, "/verify").await["noted"]["sequence"], "3");
    let second = audit::find(world.test.app.store().read(), 2).await.unwrap().unwrap();
    world
        .test
        .write(move |tx| {
            let sql = format!(
                "DROP TRIGGER audit_events_stay; DROP TRIGGER audit_events_stay_all;
                 DELETE FROM audit_events WHERE sequence > 2;
                 UPDATE audit_head SET sequence = 2, entry_hash = '{}'",
                second.entry_hash.0
            );
            Box::pin(async move {
                tx.execute_unprepared(&sql).await?;
                Ok(())
            })
        })
        .await;
    // The job does not note what does not contain the end that was noted before.
    gx_admin::jobs::note_audit_head(&world.test.app).await.unwrap();
    let found = get(&world, "/verify").await;
    assert_eq!(found["intact"], false);
    assert!(found["faults"][0].as_str().unwrap().contains("cut off"), "{found}");
}
