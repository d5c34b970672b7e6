//! The system: status, pause, parameters, countries, administrators; and what holds for every command.

use std::time::Duration;

use gx_contracts::Command;
use gx_platform::testing::{TestApp, TestOptions};
use gx_store::entity::{outbox_commands, system_parameters};
use gx_store::sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use gx_types::AdminRole;
use serde_json::{Value, json};

use crate::supply::bootstrap;
use crate::world::World;

async fn post(world: &World, path: &str, body: &Value) -> gx_platform::testing::TestAnswer {
    world.api.post(&format!("/api/v1/admin/{path}")).token(world.owner()).json(body).send().await
}

async fn command(world: &World, answer: &Value) -> Command {
    serde_json::from_str(&world.command(&answer["commandId"]).await.payload).unwrap()
}

async fn set_parameter(world: &World, name: &str, value: &str) {
    let row = system_parameters::Model {
        param_key: name.to_owned(),
        param_value: value.to_owned(),
        updated_block: 3,
        updated_at: world.test.app.now().into(),
    };
    world
        .test
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                system_parameters::Entity::insert(row.into_active_model().reset_all())
                    .exec_without_returning(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
}

async fn change_parameter(world: &World, name: &'static str, value: &'static str) {
    world
        .test
        .write(move |tx| {
            Box::pin(async move {
                system_parameters::Entity::update_many()
                    .col_expr(system_parameters::Column::ParamValue, value.into())
                    .filter(system_parameters::Column::ParamKey.eq(name))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
}

#[tokio::test]
async fn every_system_command_is_enqueued_as_asked_once_a_second_person_agrees() {
    let world = World::new().await;
    let bootstrap = world.approved("bootstrap", &json!({})).await;
    assert_eq!(command(&world, &bootstrap).await, Command::BootstrapSystem);
    assert_eq!(
        post(&world, "bootstrap", &json!({})).await.code(),
        "STATE_CONFLICT",
        "there is one ledger to bootstrap"
    );

    let countries = world.approved("countries/initialize", &json!({})).await;
    let Command::InitializeCountryData { countries, .. } = command(&world, &countries).await else { panic!() };
    assert_eq!(countries.len(), 234);
    assert_eq!(countries.iter().map(|country| country.share_e8).sum::<u64>(), 100_000_000);
    let some = json!({ "countriesData": [{ "code": "GB" }, { "code": "VA" }] });
    let some = world.approved("countries/initialize", &some).await;
    let Command::InitializeCountryData { countries, .. } = command(&world, &some).await else { panic!() };
    assert_eq!(countries.iter().map(|country| country.code.to_string()).collect::<Vec<_>>(), ["GB", "VA"]);

    let parameter = json!({ "paramId": "disbursementMaxGx", "newValue": "1000" });
    let parameter = world.approved("parameters", &parameter).await;
    let Command::UpdateSystemParameter { parameter, value, .. } = command(&world, &parameter).await else { panic!() };
    assert_eq!((parameter.as_str(), value.as_str()), ("disbursementMaxGx", "1000"));

    let treasury = world.approved("treasury/activate", &json!({ "countryCode": "gb" })).await;
    assert!(
        matches!(command(&world, &treasury).await, Command::ActivateTreasury { country, .. } if country.as_str() == "GB")
    );

    let appointed = world.admin(AdminRole::Admin).admin_id;
    let appoint = world.approved("admins", &json!({ "newAdminId": appointed })).await;
    assert!(
        matches!(command(&world, &appoint).await, Command::AppointAdmin { admin_id, .. } if admin_id == appointed.to_string())
    );

    let pause = world.approved("system/pause", &json!({ "reason": "something is wrong" })).await;
    assert!(
        matches!(command(&world, &pause).await, Command::PauseSystem { reason, .. } if reason == "something is wrong")
    );

    set_parameter(&world, "systemPaused", "true").await;
    let resume = post(&world, "system/resume", &json!({})).await;
    assert!(matches!(command(&world, &resume.body).await, Command::ResumeSystem { .. }), "one person is enough");
}

#[tokio::test]
async fn bad_fields_are_refused_by_name_and_enqueue_nothing() {
    let world = World::new().await;
    for (path, body, status, field) in [
        ("system/pause", json!({}), 422, "reason:FIELD_REQUIRED"),
        ("system/pause", json!({ "reason": "short" }), 422, "reason:FIELD_INVALID"),
        ("system/pause", json!({ "reason": "x".repeat(201) }), 422, "reason:FIELD_INVALID"),
        ("system/pause", json!({ "reason": "a bell \u{7} rings here" }), 422, "reason:FIELD_INVALID"),
        ("parameters", json!({}), 422, "paramId:FIELD_REQUIRED"),
        ("parameters", json!({ "paramId": "maxSupply", "newValue": "1" }), 422, "paramId:PARAMETER_UNKNOWN"),
        ("parameters", json!({ "paramId": "disbursementMaxGx", "newValue": "0" }), 422, "newValue:FIELD_INVALID"),
        ("parameters", json!({ "paramId": "disbursementMaxGx", "newValue": 5 }), 422, "newValue:FIELD_INVALID"),
        ("treasury/activate", json!({ "countryCode": "XX" }), 400, "countryCode:COUNTRY_NOT_FOUND"),
        ("treasury/activate", json!({ "countryCode": "GBR" }), 422, "countryCode:FIELD_INVALID"),
        ("countries/initialize", json!({ "countriesData": [] }), 422, "countriesData:FIELD_INVALID"),
        (
            "countries/initialize",
            json!({ "countriesData": [{ "code": "XX" }] }),
            400,
            "countriesData[0].code:COUNTRY_NOT_FOUND",
        ),
        (
            "countries/initialize",
            json!({ "countriesData": [{ "code": "GB" }, { "code": "gb" }] }),
            422,
            "countriesData[1].code:FIELD_INVALID",
        ),
        (
            "countries/initialize",
            json!({ "countriesData": [{ "code": "GB", "percentage": 0.5 }] }),
            422,
            "countriesData[0].percentage:FIELD_UNKNOWN",
        ),
        ("admins", json!({ "newAdminId": "me" }), 422, "newAdminId:FIELD_INVALID"),
        ("admins", json!({ "newAdminId": "01890a5d-ac96-774b-bcce-b302099a8057" }), 422, "newAdminId:FIELD_INVALID"),
    ] {
        let answer = post(&world, path, &body).await;
        assert_eq!((answer.status, answer.field()), (status, field.to_owned()), "{path} {body}: {}", answer.body);
    }
    assert_eq!(world.commands().await, 0);
}

#[tokio::test]
async fn without_a_ledger_nothing_is_accepted_for_it() {
    let test = TestApp::start().await;
    let owner = test.admin(AdminRole::SuperOwner).await;
    let api = test.serve([gx_admin::routes()]);
    let ask = async |name: &str| {
        let body = json!({ "paramId": "disbursementMaxGx", "newValue": name });
        api.post("/api/v1/admin/parameters").token(&owner.token).json(&body).send().await
    };
    let pause = async || {
        api.post("/api/v1/admin/system/pause")
            .token(&owner.token)
            .json(&json!({ "reason": "something is wrong" }))
            .send()
            .await
    };
    let answer = pause().await;
    assert_eq!((answer.status, answer.code()), (503, "FEATURE_UNAVAILABLE"));
    assert!(!answer.header("retry-after").is_empty());
    let status = api.get("/api/v1/admin/system/status").token(&owner.token).send().await;
    assert_eq!(
        (status.status, &status.body["status"], &status.body["ledger"]),
        (200, &json!("NOT_BOUND"), &Value::Null)
    );

    // Bound: accepted, for ten minutes also when nobody brings it to the ledger.
    test.bind_ledger().await;
    test.advance(Duration::from_secs(1));
    let asked = pause().await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let second = test.admin(AdminRole::SuperOwner).await;
    let vote = format!("/api/v1/admin/approvals/{}/vote", asked.body["approvalId"].as_str().unwrap());
    let voted = api.post(&vote).token(&second.token).json(&json!({ "decision": "APPROVE" })).send().await;
    assert_eq!(voted.body["approval"]["status"], "EXECUTED", "{}", voted.body);
    test.advance(Duration::from_secs(10 * 60));
    assert_eq!(ask("1").await.status, 202);
    test.advance(Duration::from_secs(1));
    let answer = ask("2").await;
    assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "LEDGER_UNAVAILABLE", "30"));
}

#[tokio::test]
async fn a_ledger_that_says_nothing_any_more_is_not_shown_as_good() {
    let world = World::new().await;
    bootstrap(&world, &[]).await;
    let status = async || world.api.get("/api/v1/admin/system/status").token(world.owner()).send().await.body;
    let good = status().await;
    assert_eq!((&good["status"], &good["ledger"]["reachable"]), (&json!("OPERATIONAL"), &json!(true)));
    assert_eq!(good["ledger"]["reason"], Value::Null);
    let heard = good["ledger"]["heartbeatAt"].clone();
    world.test.advance(Duration::from_secs(16));
    let silent = status().await;
    assert_eq!((&silent["status"], &silent["ledger"]["reachable"]), (&json!("LEDGER_UNREACHABLE"), &json!(false)));
    assert_eq!(silent["ledger"]["reason"], format!("no heartbeat since {}", heard.as_str().unwrap()));
    // What has no good ledger is still paused, when it is.
    set_parameter(&world, "systemPaused", "true").await;
    let paused = status().await;
    assert_eq!((&paused["status"], &paused["ledger"]["reachable"]), (&json!("PAUSED"), &json!(false)));
}

#[tokio::test]
async fn a_command_that_the_ledger_refuses_while_one_waits_is_a_conflict() {
    let world = World::new().await;
    set_parameter(&world, "systemPaused", "true").await;
    let app = world.test.app.clone();
    let refuse = tokio::spawn(async move {
        // Plays the submitter: as soon as there is a command, it is refused.
        let mut commits = app.store().commits();
        loop {
            let row = outbox_commands::Entity::find().one(app.store().read()).await.unwrap();
            if let Some(row) = row {
                let id = row.command_id;
                app.store()
                    .write(move |tx| {
                        Box::pin(async move {
                            outbox_commands::Entity::update_many()
                                .col_expr(outbox_commands::Column::State, "FAILED".into())
                                .col_expr(outbox_commands::Column::ErrorCode, "TREASURY_NOT_LOCKED".into())
                                .filter(outbox_commands::Column::CommandId.eq(id))
                                .exec(tx)
                                .await?;
                            Ok::<_, gx_store::StoreError>(())
                        })
                    })
                    .await
                    .unwrap();
                app.bus().publish(&gx_platform::BusMessage::CommandsSettled { command_ids: vec![id.0] });
                return;
            }
            commits.changed().await.unwrap();
        }
    });
    let ask = async || {
        world
            .api
            .post("/api/v1/admin/system/resume")
            .token(world.owner())
            .header("prefer", "wait=30")
            .header("idempotency-key", "resume-0001")
            .json(&json!({}))
            .send()
            .await
    };
    let answer = ask().await;
    refuse.await.unwrap();
    assert_eq!((answer.status, answer.code()), (409, "COMMAND_REFUSED"), "{}", answer.body);
    assert!(answer.body["detail"].as_str().unwrap().contains("TREASURY_NOT_LOCKED"), "{}", answer.body);
    assert_eq!(ask().await.code(), "COMMAND_REFUSED", "the same again, the same answer");
    assert_eq!(outbox_commands::Entity::find().all(world.test.app.store().read()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_end_of_a_pause_is_known_at_once() {
    let world = World::new().await;
    let ask = async || post(&world, "parameters", &json!({ "paramId": "disbursementMaxGx", "newValue": "1000" })).await;
    set_parameter(&world, "systemPaused", "true").await;
    assert_eq!(ask().await.code(), "SYSTEM_PAUSED");
    change_parameter(&world, "systemPaused", "false").await;
    // The clock has not moved.
    assert_eq!(ask().await.status, 202);
}

#[tokio::test]
async fn what_runs_cannot_be_resumed() {
    let world = World::new().await;
    let answer = post(&world, "system/resume", &json!({})).await;
    assert_eq!((answer.status, answer.code()), (409, "STATE_CONFLICT"));
}

#[tokio::test]
async fn while_paused_only_the_end_of_the_pause_is_accepted() {
    let world = World::new().await;
    set_parameter(&world, "systemPaused", "true").await;
    set_parameter(&world, "systemPauseReason", "maintenance of the ledger").await;
    let answer = post(&world, "parameters", &json!({ "paramId": "disbursementMaxGx", "newValue": "1" })).await;
    assert_eq!((answer.status, answer.code()), (409, "SYSTEM_PAUSED"));
    assert_eq!(post(&world, "system/resume", &json!({})).await.status, 202);
    let status = world.api.get("/api/v1/admin/system/status").token(world.owner()).send().await.body;
    assert_eq!(status["pauseReason"], "maintenance of the ledger");
}

#[tokio::test]
async fn an_answer_is_held_until_the_command_is_settled() {
    let world = World::new().await;
    set_parameter(&world, "systemPaused", "true").await;
    let app = world.test.app.clone();
    let settle = tokio::spawn(async move {
        // Plays submitter and projector: as soon as there is a command, it is settled.
        let mut commits = app.store().commits();
        loop {
            let row = outbox_commands::Entity::find().one(app.store().read()).await.unwrap();
            if let Some(row) = row {
                let id = row.command_id;
                app.store()
                    .write(move |tx| {
                        Box::pin(async move {
                            outbox_commands::Entity::update_many()
                                .col_expr(outbox_commands::Column::State, "COMMITTED".into())
                                .col_expr(outbox_commands::Column::TxId, "ab".repeat(32).into())
                                .col_expr(outbox_commands::Column::BlockNumber, 7_i64.into())
                                .col_expr(outbox_commands::Column::ProjectedBlock, 7_i64.into())
                                .filter(outbox_commands::Column::CommandId.eq(id))
                                .exec(tx)
                                .await?;
                            Ok::<_, gx_store::StoreError>(())
                        })
                    })
                    .await
                    .unwrap();
                app.bus().publish(&gx_platform::BusMessage::CommandsSettled { command_ids: vec![id.0] });
                return;
            }
            commits.changed().await.unwrap();
        }
    });
    let answer = world
        .api
        .post("/api/v1/admin/system/resume")
        .token(world.owner())
        .header("prefer", "wait=30")
        .header("idempotency-key", "resume-0001")
        .send()
        .await;
    settle.await.unwrap();
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("CONFIRMED")), "{}", answer.body);
    assert_eq!(answer.body["result"]["blockNumber"], "7");
    // The same again tells where that command stands by now.
    let again = world
        .api
        .post("/api/v1/admin/system/resume")
        .token(world.owner())
        .header("idempotency-key", "resume-0001")
        .send()
        .await;
    assert_eq!((again.status, &again.body["commandId"]), (200, &answer.body["commandId"]));
}

#[tokio::test]
async fn parameters_are_read_from_the_read_model() {
    let world = World::new().await;
    set_parameter(&world, "disbursementMaxGx", "1000").await;
    set_parameter(&world, "systemPaused", "false").await;
    let get = async |path: &str| world.api.get(&format!("/api/v1/admin/{path}")).token(world.owner()).send().await;
    let list = get("parameters").await.body;
    let named: Vec<&str> =
        list["parameters"].as_array().unwrap().iter().map(|row| row["paramId"].as_str().unwrap()).collect();
    assert_eq!(named.len(), 14, "{named:?}");
    let first = ["feeSchedule", "disbursementMaxGx", "loanTrustMin", "hoardingTax", "MAX_SUPPLY"];
    assert!(named.starts_with(&first), "{named:?}");

    // One that was changed, with its range and what it began with.
    let changed = get("parameters/disbursementMaxGx").await.body;
    let told = ["value", "initialValue", "type", "unit", "minimum", "maximum", "changeable", "updatedBlock"]
        .map(|field| changed[field].clone());
    let expected = json!(["1000", "100000000", "INTEGER", "GX", "1", "100000000", true, "3"]);
    assert_eq!(json!(told), expected);
    // One that was not, and figures of the contracts.
    let fees = get("parameters/feeSchedule").await.body;
    assert_eq!(
        (&fees["type"], &fees["updatedBlock"], &fees["updatedAt"]),
        (&json!("JSON"), &Value::Null, &Value::Null)
    );
    assert_eq!(fees["value"], fees["initialValue"]);
    for (name, value) in
        [("MAX_SUPPLY", "1250000000000000000"), ("PHASE_1_COINS", "500000000"), ("GOVT_ALLOCATION_RATE", "50000000")]
    {
        let fixed = get(&format!("parameters/{name}")).await.body;
        assert_eq!(
            (&fixed["value"], &fixed["unit"], &fixed["changeable"]),
            (&json!(value), &json!("Qirat"), &json!(false))
        );
        let refused = post(&world, "parameters", &json!({ "paramId": name, "newValue": "1" })).await;
        assert_eq!(refused.field(), "paramId:PARAMETER_UNKNOWN", "{name}");
    }
    assert_eq!(get("parameters/MAINTENANCE_MODE").await.body["value"], "false");
    for unknown in ["systemPaused", "x"] {
        assert_eq!(get(&format!("parameters/{unknown}")).await.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn countries_and_counters() {
    let world = World::new().await;
    let get = async |path: &str| world.api.get(&format!("/api/v1/admin/{path}")).token(world.owner()).send().await;
    assert_eq!(get("countries").await.body["countries"].as_array().unwrap().len(), 234);
    let stats = get("countries/va/stats").await;
    assert_eq!(stats.status, 200, "{}", stats.body);
    let slots: Vec<u64> =
        stats.body["phases"].as_array().unwrap().iter().map(|phase| phase["slots"].as_u64().unwrap()).collect();
    assert_eq!((slots[0], slots.iter().sum::<u64>()), (12, 600));
    assert_eq!(get("countries/XX/stats").await.status, 404);
    assert_eq!(get("countries/VAT/stats").await.field(), "countryCode:FIELD_INVALID");
    world.pending("Alice").await;
    let counters = get("counters").await.body;
    assert_eq!((&counters["totalUsers"], &counters["activeAdmins"]), (&json!(1), &json!(7)));
    assert_eq!(counters["byStatus"], json!([{ "status": "PENDING_ADMIN_APPROVAL", "count": 1 }]));
}

#[tokio::test]
async fn administrators_are_listed_and_found() {
    let world = World::new().await;
    let get =
        async |path: &str| world.api.get(&format!("/api/v1/admin/admins{path}")).token(world.owner()).send().await;
    assert_eq!(get("").await.body["items"].as_array().unwrap().len(), 7);
    let first = get("?limit=4").await.body;
    let rest = get(&format!("?limit=4&cursor={}", first["nextCursor"].as_str().unwrap())).await.body;
    assert_eq!(rest["items"].as_array().unwrap().len(), 3);
    assert_eq!(get("?role=AUDITOR").await.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(get("?isActive=false").await.body["items"].as_array().unwrap().len(), 0);
    assert_eq!(get("?search=super_o").await.body["items"].as_array().unwrap().len(), 2);
    let id = world.admin(AdminRole::Auditor).admin_id;
    assert_eq!(get(&format!("/{id}")).await.body["role"], "AUDITOR");
    assert_eq!(get("/01890a5d-ac96-774b-bcce-b302099a8057").await.status, 404);
    for (query, field) in [("role=BOSS", "role"), ("isActive=perhaps", "isActive"), ("cursor=x", "cursor")] {
        assert_eq!(get(&format!("?{query}")).await.field(), format!("{field}:FIELD_INVALID"));
    }
}

#[tokio::test]
async fn limits_hold_and_are_told() {
    let world = World::with(TestOptions::default().set("RATE_LIMIT_READ", "3/60")).await;
    let ask = async || world.api.get("/api/v1/admin/auth/profile").token(world.owner()).send().await;
    let first = ask().await;
    assert_eq!((first.header("ratelimit-limit"), first.header("ratelimit-remaining")), ("3", "2"));
    ask().await;
    ask().await;
    let refused = ask().await;
    assert_eq!((refused.status, refused.code(), refused.header("retry-after")), (429, "RATE_LIMITED", "20"));
    let other = world.api.get("/api/v1/admin/auth/profile").token(world.token(AdminRole::Auditor)).send().await;
    assert_eq!(other.status, 200, "counted by account");
}
