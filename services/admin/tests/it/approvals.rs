//! Two people: who may ask, approve, execute and see what; and what becomes of it.

use std::time::Duration;

use gx_platform::testing::{START, TestAnswer, TestOptions};
use gx_store::audit::{self, AuditFilter};
use gx_store::outbox::{self, ClaimOptions, Failed, Holder};
use gx_store::repo::{admins, people};
use gx_types::{Actor, AdminRole, ApprovalType, AuditEvent, OnchainStatus, PersonStatus, ProfileId};
use serde_json::{Value, json};

use crate::world::World;

/// A request for every type of approval, as (path, body); those about an administrator are about `admin`.
async fn every_request(world: &World) -> Vec<(ApprovalType, &'static str, String, Value)> {
    let admin = world.admin(AdminRole::Moderator).admin_id;
    let person = world.registered("Alice").await;
    let reason = "because of a test";
    // Somebody frozen on the ledger, an administrator who was shut out, one with a second factor, pools with coins.
    let frozen = world.registered_as("Bob", "GB CF1 ABF248 0ABCD 1235").await;
    set_states(world, frozen, PersonStatus::Frozen, OnchainStatus::Frozen).await;
    let shut_out = world.test.admin(AdminRole::Auditor).await.admin_id;
    world.test.write(move |tx| Box::pin(admins::set_active(tx, shut_out, false, START))).await;
    let equipped = world.admin(AdminRole::Auditor).clone();
    let setup = world.test.app.second_factors().new_setup(Actor::Admin(equipped.admin_id), "auditor").unwrap();
    let (factors, setup) = (world.test.app.second_factors().clone(), std::sync::Arc::new(setup));
    let owner = Actor::Admin(equipped.admin_id);
    let begun: Result<(), gx_platform::http::ApiError> = world
        .test
        .app
        .store()
        .write(move |tx| {
            let (factors, setup) = (factors.clone(), std::sync::Arc::clone(&setup));
            Box::pin(async move { factors.begin(tx, owner, &setup).await })
        })
        .await;
    begun.unwrap();
    crate::supply::bootstrap(world, &[]).await;
    let receiver = world.holder("Carol", "US 984 AUM945 0ABCD 1236").await;
    let requests = vec![
        (ApprovalType::UserUnfreeze, "POST", format!("users/{frozen}/unfreeze"), json!({})),
        (
            ApprovalType::TreasuryDisburse,
            "POST",
            "treasury/disburse".into(),
            json!({ "pool": "CHARITABLE", "to": receiver, "amount": "1000", "remark": "because of a test" }),
        ),
        (ApprovalType::AdminEnable, "POST", format!("admins/{shut_out}/enable"), json!({ "reason": reason })),
        (ApprovalType::AdminMfaReset, "POST", format!("admins/{}/mfa/reset", equipped.admin_id), json!({})),
        (ApprovalType::UserFreeze, "POST", format!("users/{person}/freeze"), json!({ "reason": "COURT_ORDER" })),
        (ApprovalType::SystemPause, "POST", "system/pause".into(), json!({ "reason": reason })),
        (ApprovalType::SystemBootstrap, "POST", "bootstrap".into(), json!({})),
        (ApprovalType::CountryInitialize, "POST", "countries/initialize".into(), json!({})),
        (ApprovalType::TreasuryActivate, "POST", "treasury/activate".into(), json!({ "countryCode": "GB" })),
        (
            ApprovalType::ConfigChange,
            "POST",
            "parameters".into(),
            json!({ "paramId": "disbursementMaxGx", "newValue": "1000" }),
        ),
        (ApprovalType::AdminAppoint, "POST", "admins".into(), json!({ "newAdminId": admin })),
        (
            ApprovalType::AdminCreate,
            "POST",
            "admins/create".into(),
            json!({ "username": "newcomer", "email": "new@example.org", "displayName": "New", "role": "ADMIN" }),
        ),
        (
            ApprovalType::AdminRoleChange,
            "PUT",
            format!("admins/{admin}/role"),
            json!({ "newRole": "ADMIN", "reason": reason }),
        ),
        (
            ApprovalType::AdminDisable,
            "POST",
            format!("admins/{}/disable", world.admin(AdminRole::Developer).admin_id),
            json!({ "reason": reason }),
        ),
    ];
    let mut kinds: Vec<ApprovalType> = requests.iter().map(|(kind, ..)| *kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ApprovalType::ALL, "every type is among them, once");
    requests
}

async fn set_states(world: &World, person: ProfileId, status: PersonStatus, onchain: OnchainStatus) {
    use gx_store::Col;
    use gx_store::entity::user_profiles::{Column, Entity};
    use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    world
        .test
        .write(move |tx| {
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::Status, Col(status).into())
                    .col_expr(Column::OnchainStatus, Col(onchain).into())
                    .filter(Column::ProfileId.eq(Col(person)))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
}

async fn send(world: &World, token: &str, method: &str, path: &str, body: &Value) -> TestAnswer {
    let path = format!("/api/v1/admin/{path}");
    world.api.request(method.parse().unwrap(), &path).token(token).json(body).send().await
}

async fn read(world: &World, token: &str, approval: &Value) -> TestAnswer {
    let path = format!("/api/v1/admin/approvals/{}", approval.as_str().unwrap());
    world.api.get(&path).token(token).send().await
}

async fn post(world: &World, token: &str, approval: &Value, what: &str) -> TestAnswer {
    let path = format!("/api/v1/admin/approvals/{}/{what}", approval.as_str().unwrap());
    world.api.post(&path).token(token).send().await
}

fn approve() -> Value {
    json!({ "decision": "APPROVE" })
}

/// For every type: nobody decides about their own, also no owner; whoever does not hold the action's permission neither
/// sees nor decides nor executes; and nothing is done before somebody else agreed.
#[tokio::test]
async fn nobody_approves_executes_or_sees_what_they_may_not() {
    let world = World::new().await;
    for (kind, method, path, body) in every_request(&world).await {
        let asked = send(&world, world.owner(), method, &path, &body).await;
        assert_eq!(asked.status, 202, "{kind}: {}", asked.body);
        let id = asked.body["approvalId"].clone();
        let view = read(&world, world.owner(), &id).await.body;
        assert_eq!((&view["type"], &view["status"]), (&json!(kind.as_str()), &json!("PENDING")));
        assert_eq!((&view["mayVote"], &view["mayCancel"]), (&json!(false), &json!(true)));

        let own = world.vote(world.owner(), &id, &approve()).await;
        assert_eq!((own.status, own.code()), (403, "SELF_APPROVAL_NOT_ALLOWED"), "{kind}");
        for token in [world.owner(), &world.second().token] {
            let early = post(&world, token, &id, "execute").await;
            assert_eq!((early.status, early.code()), (409, "APPROVAL_NOT_APPROVED"), "{kind}");
        }
        let permission = view["permission"].as_str().unwrap();
        for role in AdminRole::ALL {
            let token = world.token(*role);
            let seen = read(&world, token, &id).await;
            let profile = world.api.get("/api/v1/admin/auth/profile").token(token).send().await.body;
            let holds = |code: &str| profile["permissions"].as_array().unwrap().contains(&json!(code));
            let may_see = holds("approval:view:all") && (holds(permission) || *role == AdminRole::SuperOwner);
            assert_eq!(seen.status == 200, may_see, "{kind} {role}: {}", seen.body);
            let list = world.api.get("/api/v1/admin/approvals").token(token).send().await;
            let listed = list.body["items"].as_array().is_some_and(|items| items.iter().any(|one| one["id"] == id));
            assert_eq!(listed, may_see, "{kind} {role}");
            if !may_see {
                for answer in [
                    world.vote(token, &id, &approve()).await,
                    post(&world, token, &id, "execute").await,
                    post(&world, token, &id, "cancel").await,
                ] {
                    assert!([403, 404].contains(&answer.status), "{kind} {role}: {}", answer.body);
                }
            }
        }
        let others = post(&world, &world.second().token, &id, "cancel").await;
        assert_eq!((others.status, others.code()), (403, "FORBIDDEN"), "only who asked takes it back");
        assert_eq!(read(&world, world.owner(), &id).await.body["status"], "PENDING", "{kind}");

        // The same cannot be asked for twice, and is free again once it is taken back.
        let twice = send(&world, &world.second().token, method, &path, &body).await;
        assert_eq!((twice.status, twice.code()), (409, "APPROVAL_OPEN"), "{kind}");
        assert_eq!(post(&world, world.owner(), &id, "cancel").await.body["status"], "CANCELLED");
        let late = world.vote(&world.second().token, &id, &approve()).await;
        assert_eq!((late.status, late.code()), (409, "APPROVAL_ALREADY_PROCESSED"), "{kind}");
    }
    assert_eq!(world.commands().await, 0, "nothing was done");
}

#[tokio::test]
async fn every_type_is_executed_when_somebody_else_approves_and_says_who_did_what() {
    let world = World::new().await;
    for (kind, method, path, body) in every_request(&world).await {
        let asked = send(&world, world.owner(), method, &path, &body).await;
        assert_eq!(asked.status, 202, "{kind}: {}", asked.body);
        let id = &asked.body["approvalId"];
        let decided = json!({ "decision": "APPROVE", "execute": false, "reason": "fine" });
        let voted = world.vote(&world.second().token, id, &decided).await;
        assert_eq!((voted.status, &voted.body["approval"]["status"]), (200, &json!("APPROVED")), "{}", voted.body);
        let done = post(&world, world.owner(), id, "execute").await;
        assert_eq!((done.status, &done.body["approval"]["status"]), (200, &json!("EXECUTED")), "{kind}: {}", done.body);
        let approval = &done.body["approval"];
        let owner = world.admin(AdminRole::SuperOwner).admin_id.to_string();
        assert_eq!(approval["requester"]["id"], json!(owner));
        assert_eq!(approval["approver"]["id"], json!(world.second().admin_id.to_string()));
        assert_eq!(approval["executor"]["id"], json!(owner));
        assert_eq!(approval["decisionReason"], "fine");
        let again = post(&world, world.owner(), id, "execute").await;
        assert_eq!((again.status, again.code()), (409, "APPROVAL_NOT_APPROVED"), "{kind} is done once");
    }
}

/// The head of administration asks, and a peer or an owner decides; or the other way around.
#[tokio::test]
async fn heads_of_administration_ask_and_decide_within_their_permissions() {
    let world = World::new().await;
    let peer = world.test.admin(AdminRole::SuperAdmin).await;
    let (head, owner) = (world.token(AdminRole::SuperAdmin), world.owner());
    let within = [ApprovalType::UserFreeze, ApprovalType::ConfigChange, ApprovalType::AdminCreate];
    for (kind, method, path, body) in every_request(&world).await {
        let asked = send(&world, head, method, &path, &body).await;
        if !within.contains(&kind) {
            if asked.status == 202 {
                assert_eq!(post(&world, head, &asked.body["approvalId"], "cancel").await.status, 200, "{kind}");
            } else {
                assert_eq!((asked.status, asked.code()), (403, "FORBIDDEN"), "{kind}");
            }
            continue;
        }
        assert_eq!(asked.status, 202, "{kind}: {}", asked.body);
        let id = &asked.body["approvalId"];
        let own = world.vote(head, id, &approve()).await;
        assert_eq!((own.status, own.code()), (403, "SELF_APPROVAL_NOT_ALLOWED"), "{kind}");
        for role in [AdminRole::Admin, AdminRole::Moderator, AdminRole::Developer, AdminRole::Auditor] {
            assert!([403, 404].contains(&world.vote(world.token(role), id, &approve()).await.status), "{kind} {role}");
        }
        for decider in [&peer.token, owner] {
            assert_eq!(read(&world, decider, id).await.body["mayVote"], true, "{kind}");
        }
        let no = world.vote(owner, id, &json!({ "decision": "REJECT" })).await;
        assert_eq!((no.status, &no.body["approval"]["status"]), (200, &json!("REJECTED")), "{kind}");

        let again = send(&world, owner, method, &path, &body).await;
        let yes = world.vote(&peer.token, &again.body["approvalId"], &approve()).await;
        assert_eq!((yes.status, &yes.body["approval"]["status"]), (200, &json!("EXECUTED")), "{kind}: {}", yes.body);
    }
}

/// The table refuses it too, whatever program writes.
#[tokio::test]
async fn the_table_takes_no_approver_who_is_the_requester() {
    use gx_store::Col;
    use gx_store::entity::admin_approvals::{Column, Entity};
    use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let world = World::new().await;
    let asked = world.ask("system/pause", &json!({ "reason": "because of a test" })).await;
    let id: gx_types::ApprovalId = asked.body["approvalId"].as_str().unwrap().parse().unwrap();
    let approver = async |admin: gx_types::AdminId| -> Result<u64, gx_store::StoreError> {
        let store = world.test.app.store();
        store
            .write(move |tx| {
                Box::pin(async move {
                    let changed = Entity::update_many()
                        .col_expr(Column::ApproverId, Col(admin).into())
                        .filter(Column::ApprovalId.eq(Col(id)))
                        .exec(tx)
                        .await?;
                    Ok(changed.rows_affected)
                })
            })
            .await
    };
    assert!(approver(world.admin(AdminRole::SuperOwner).admin_id).await.is_err());
    assert_eq!(approver(world.second().admin_id).await.unwrap(), 1, "somebody else may be");
}

/// Somebody who holds the permission and stands below what it is about neither approves nor rejects nor executes it, and
/// is told so before they try.
#[tokio::test]
async fn what_stands_above_somebody_is_not_theirs_to_decide() {
    let world = World::new().await;
    let below = world.token(AdminRole::SuperAdmin);
    let body =
        json!({ "username": "third", "email": "third@example.org", "displayName": "Third", "role": "SUPER_OWNER" });
    let asked = world.ask("admins/create", &body).await;
    let id = &asked.body["approvalId"];
    let may = async |token: &str| {
        let view = read(&world, token, id).await.body;
        (view["mayVote"] == true, view["mayExecute"] == true)
    };
    let waiting = async || {
        let path = "/api/v1/admin/approvals/pending-count";
        world.api.get(path).token(below).send().await.body["pendingCount"].clone()
    };
    assert_eq!((may(below).await, may(&world.second().token).await), ((false, false), (true, false)));
    assert_eq!(waiting().await, 0);
    for decision in ["APPROVE", "REJECT"] {
        let refused = world.vote(below, id, &json!({ "decision": decision })).await;
        assert_eq!((refused.status, refused.code()), (403, "ROLE_TOO_HIGH"), "{decision}");
    }
    assert_eq!(read(&world, world.owner(), id).await.body["status"], "PENDING");

    let later = json!({ "decision": "APPROVE", "execute": false });
    assert_eq!(world.vote(&world.second().token, id, &later).await.status, 200);
    assert_eq!((may(below).await, may(world.owner()).await), ((false, false), (false, true)));
    let refused = post(&world, below, id, "execute").await;
    assert_eq!((refused.status, refused.code()), (403, "ROLE_TOO_HIGH"));
    let view = read(&world, world.owner(), id).await.body;
    assert_eq!((&view["status"], &view["attempts"]), (&json!("APPROVED"), &json!(0)), "nothing changed");
    assert_eq!(post(&world, world.owner(), id, "execute").await.status, 200);

    // What is not above them they decide.
    let body = json!({ "username": "fourth", "email": "fourth@example.org", "displayName": "Fourth", "role": "ADMIN" });
    let asked = world.ask("admins/create", &body).await;
    assert_eq!(waiting().await, 1);
    assert_eq!(world.vote(below, &asked.body["approvalId"], &approve()).await.status, 200);
}

/// Four eyes see the content: who it is about, what will be set, and what is so now.
#[tokio::test]
async fn whoever_decides_sees_names_and_values_and_the_chain_what_was_asked_for() {
    let world = World::new().await;
    crate::supply::bootstrap(&world, &[]).await;
    let person = world.registered("Alice").await;
    let moderator = world.admin(AdminRole::Moderator).admin_id;
    let newcomer =
        json!({ "username": "newcomer", "email": "new@example.org", "displayName": "New One", "role": "ADMIN" });
    let requests = [
        ("POST", "admins/create".to_owned(), newcomer, vec!["New One", "newcomer", "new@example.org", "ADMIN"], "role"),
        (
            "POST",
            "parameters".to_owned(),
            json!({ "paramId": "disbursementMaxGx", "newValue": "1000" }),
            vec!["disbursementMaxGx", "1000"],
            "value",
        ),
        ("POST", format!("users/{person}/freeze"), json!({ "reason": "COURT_ORDER" }), vec!["COURT_ORDER"], "reason"),
        (
            "PUT",
            format!("admins/{moderator}/role"),
            json!({ "newRole": "AUDITOR", "reason": "because of a test" }),
            vec!["MODERATOR", "AUDITOR", "because of a test"],
            "role",
        ),
    ];
    for (method, path, body, shown, fact) in requests {
        let asked = send(&world, world.owner(), method, &path, &body).await;
        assert_eq!(asked.status, 202, "{path}: {}", asked.body);
        let view = read(&world, &world.second().token, &asked.body["approvalId"]).await.body;
        let details = view["details"].as_array().unwrap();
        for value in shown {
            assert!(details.iter().any(|detail| detail["value"] == value), "{value}: {}", view["details"]);
        }
        if path.starts_with("users/") {
            assert!(details.iter().any(|one| one["value"].as_str().unwrap().starts_with("Alice ")), "{details:?}");
            assert!(view["summary"].as_str().unwrap().starts_with("Freeze the account of person Alice "), "{view}");
        }
        if path == "parameters" {
            assert!(details.iter().any(|one| one["label"] == "Value now"), "{details:?}");
        }
        let requested = AuditFilter { events: vec![AuditEvent::ApprovalRequested], ..AuditFilter::default() };
        let row = audit::list(world.test.app.store().read(), &requested, 1).await.unwrap().remove(0);
        let entry = row.entry().unwrap();
        assert!(entry.after.contains_key(fact), "{path}: {:?}", entry.after);
        assert!(!format!("{:?}", entry.after).contains("example.org"), "no addresses in the chain");
    }
}

#[tokio::test]
async fn two_owners_make_a_third_who_can_sign_in() {
    let world = World::new().await;
    let body =
        json!({ "username": "third", "email": "Third@Example.org", "displayName": "Third", "role": "SUPER_OWNER" });
    let refused = send(&world, world.token(AdminRole::SuperAdmin), "POST", "admins/create", &body).await;
    assert_eq!((refused.status, refused.code()), (403, "ROLE_TOO_HIGH"));
    let asked = world.ask("admins/create", &body).await;
    let made = world.vote(&world.second().token, &asked.body["approvalId"], &approve()).await;
    assert_eq!(made.body["approval"]["status"], "EXECUTED", "{}", made.body);
    let password = made.body["firstPassword"].as_str().unwrap();
    let credentials = json!({ "username": "third", "password": password });
    let login = world.api.post("/api/v1/admin/auth/login").json(&credentials).send().await;
    assert_eq!((login.status, &login.body["admin"]["role"]), (200, &json!("SUPER_OWNER")), "{}", login.body);
    let twice = world.ask("admins/create", &body).await;
    assert_eq!((twice.status, twice.code()), (409, "STATE_CONFLICT"), "name and address are taken");
}

#[tokio::test]
async fn roles_are_changed_by_those_who_stand_strictly_higher_and_end_the_sessions() {
    let world = World::new().await;
    let reason = "because of a test";
    let moderator = world.admin(AdminRole::Moderator);
    let change = async |token: &str, id: &str, role: &str| {
        let body = json!({ "newRole": role, "reason": reason });
        send(&world, token, "PUT", &format!("admins/{id}/role"), &body).await
    };
    let id = moderator.admin_id.to_string();
    assert_eq!(change(world.token(AdminRole::SuperAdmin), &id, "ADMIN").await.code(), "FORBIDDEN");
    assert_eq!(change(world.owner(), &id, "SUPER_OWNER").await.code(), "ROLE_TOO_HIGH");
    let owner = world.admin(AdminRole::SuperOwner).admin_id.to_string();
    assert_eq!(change(world.owner(), &owner, "ADMIN").await.code(), "ROLE_TOO_HIGH", "not one's own");
    let second = world.second().admin_id.to_string();
    assert_eq!(change(world.owner(), &second, "ADMIN").await.code(), "ROLE_TOO_HIGH", "not an equal's");
    assert_eq!(change(world.owner(), &id, "MODERATOR").await.code(), "STATE_CONFLICT", "they have it already");

    let asked = change(world.owner(), &id, "AUDITOR").await;
    let done = world.vote(&world.second().token, &asked.body["approvalId"], &approve()).await;
    assert_eq!(done.body["approval"]["status"], "EXECUTED", "{}", done.body);
    let old = world.api.get("/api/v1/admin/auth/profile").token(&moderator.token).send().await;
    assert_eq!((old.status, old.code()), (401, "SESSION_REVOKED"));
}

#[tokio::test]
async fn two_owners_stay_and_nobody_has_a_say_about_themselves() {
    let world = World::new().await;
    let third = world.test.admin(AdminRole::SuperOwner).await;
    let reason = json!({ "reason": "because of a test" });
    let path = format!("admins/{}/disable", third.admin_id);
    let asked = world.ask(&path, &reason).await;
    let own = world.vote(&third.token, &asked.body["approvalId"], &approve()).await;
    assert_eq!((own.status, own.code()), (403, "ROLE_TOO_HIGH"));
    let done = world.vote(&world.second().token, &asked.body["approvalId"], &approve()).await;
    assert_eq!(done.body["approval"]["status"], "EXECUTED", "{}", done.body);
    let out = world.api.get("/api/v1/admin/auth/profile").token(&third.token).send().await;
    assert_eq!((out.status, out.code()), (401, "SESSION_REVOKED"));
    let path = format!("admins/{}/disable", world.second().admin_id);
    let last = world.ask(&path, &reason).await;
    assert_eq!((last.status, last.code()), (409, "TOO_FEW_OWNERS"), "{}", last.body);
}

/// Whoever asked and was shut out meanwhile gives no word any more.
#[tokio::test]
async fn the_word_of_somebody_who_was_shut_out_does_not_count() {
    let world = World::new().await;
    let third = world.test.admin(AdminRole::SuperOwner).await;
    let pause = json!({ "reason": "something is wrong" });
    let asked = send(&world, &third.token, "POST", "system/pause", &pause).await;
    let id = &asked.body["approvalId"];
    world.approved(&format!("admins/{}/disable", third.admin_id), &json!({ "reason": "because of a test" })).await;
    let voted = world.vote(&world.second().token, id, &approve()).await;
    assert_eq!((voted.status, voted.code()), (409, "STATE_CONFLICT"), "{}", voted.body);
    assert_eq!(world.commands().await, 0);
}

#[tokio::test]
async fn what_nobody_decides_expires_and_is_free_for_others() {
    let world = World::new().await;
    let body = json!({ "reason": "something is wrong" });
    let asked = world.ask("system/pause", &body).await;
    let id = asked.body["approvalId"].clone();
    assert_eq!(world.ask("system/pause", &body).await.code(), "APPROVAL_OPEN");
    world.test.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(gx_admin::jobs::end_approvals(&world.test.app).await.unwrap(), 0, "not yet");
    world.test.advance(Duration::from_secs(1));
    // Sessions are over after a day, so everybody signs in anew.
    let owner = world.test.admin(AdminRole::SuperOwner).await;
    assert_eq!(read(&world, &owner.token, &id).await.body["status"], "EXPIRED", "even before the job has come by");
    let late = world.vote(&owner.token, &id, &approve()).await;
    assert_eq!((late.status, late.code()), (409, "APPROVAL_EXPIRED"));
    assert_eq!(gx_admin::jobs::end_approvals(&world.test.app).await.unwrap(), 1);
    assert_eq!(gx_admin::jobs::end_approvals(&world.test.app).await.unwrap(), 0, "once");
    let again = send(&world, &owner.token, "POST", "system/pause", &body).await;
    assert_eq!(again.status, 202, "what it held is free: {}", again.body);
    let expired = AuditFilter { events: vec![AuditEvent::ApprovalExpired], ..AuditFilter::default() };
    assert_eq!(audit::list(world.test.app.store().read(), &expired, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_failed_execution_is_started_again_by_anybody_who_may_and_succeeds_once() {
    let world = World::new().await;
    let person = world.registered("Alice").await;
    let asked = world.ask(&format!("users/{person}/freeze"), &json!({ "reason": "COURT_ORDER" })).await;
    let id = &asked.body["approvalId"];
    // Meanwhile the person cannot be frozen.
    set_status(&world, person, PersonStatus::Suspended).await;
    let voted = world.vote(&world.second().token, id, &approve()).await;
    assert_eq!((voted.status, &voted.body["approval"]["status"]), (200, &json!("EXECUTION_FAILED")), "{}", voted.body);
    assert_eq!(voted.body["approval"]["failureCode"], "STATE_CONFLICT");
    assert_eq!(world.commands().await, 0, "nothing of it is left");
    let failed = post(&world, world.owner(), id, "execute").await;
    assert_eq!((failed.status, failed.code()), (409, "APPROVAL_EXECUTION_FAILED"), "{}", failed.body);

    set_status(&world, person, PersonStatus::Active).await;
    for role in [AdminRole::Admin, AdminRole::Moderator, AdminRole::Auditor] {
        assert_eq!(post(&world, world.token(role), id, "execute").await.status, 403, "{role}");
    }
    // The head of administration holds the permission too, and had no part in it before.
    let token = world.token(AdminRole::SuperAdmin);
    let (one, other) = tokio::join!(post(&world, token, id, "execute"), post(&world, world.owner(), id, "execute"));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.body, other.body);
    let view = read(&world, world.owner(), id).await.body;
    assert_eq!((&view["status"], &view["attempts"]), (&json!("EXECUTED"), &json!(3)));
    assert_eq!(world.commands().await, 1);
    let row = people::find(world.test.app.store().read(), person).await.unwrap().unwrap();
    assert_eq!(row.status.0, PersonStatus::Frozen);
}

/// What the projector, or another administrator, does meanwhile.
async fn set_status(world: &World, person: gx_types::ProfileId, status: PersonStatus) {
    use gx_store::Col;
    use gx_store::entity::user_profiles::{Column, Entity};
    use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    world
        .test
        .write(move |tx| {
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::Status, status.as_str().into())
                    .filter(Column::ProfileId.eq(Col(person)))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
}

#[tokio::test]
async fn one_administrator_has_ten_requests_waiting_at_most_and_a_key_asks_once() {
    let world = World::new().await;
    let countries = ["GB", "US", "FR", "DE", "IT", "ES", "PT", "NL", "BE", "AT"];
    for code in countries {
        let asked = world.ask("treasury/activate", &json!({ "countryCode": code })).await;
        assert_eq!(asked.status, 202, "{code}: {}", asked.body);
    }
    let more = world.ask("treasury/activate", &json!({ "countryCode": "CH" })).await;
    assert_eq!((more.status, more.code()), (409, "MAX_PENDING_APPROVALS_EXCEEDED"));
    let token = &world.second().token;
    let ask = async || {
        let body = json!({ "countryCode": "CH" });
        let request = world.api.post("/api/v1/admin/treasury/activate").token(token);
        request.header("idempotency-key", "activate-ch-1").json(&body).send().await
    };
    let (first, again) = (ask().await, ask().await);
    assert_eq!((first.status, first.body["approvalId"].clone()), (202, again.body["approvalId"].clone()));
    let count = world.api.get("/api/v1/admin/approvals/pending-count").token(token).send().await;
    assert_eq!(count.body["pendingCount"], 10);
}

#[tokio::test]
async fn of_many_who_decide_at_the_same_time_one_does() {
    let options = || [TestOptions::default(), TestOptions { postgres: true, ..TestOptions::default() }];
    for options in options() {
        if options.postgres && std::env::var("GX_TEST_POSTGRES_URL").is_err() {
            continue;
        }
        let world = World::with(options).await;
        let asked = world.ask("system/pause", &json!({ "reason": "something is wrong" })).await;
        let id = &asked.body["approvalId"];
        let mut voters = Vec::new();
        for _ in 0..4 {
            voters.push(world.test.admin(AdminRole::SuperOwner).await);
        }
        let approve = approve();
        let votes = voters.iter().map(|voter| world.vote(&voter.token, id, &approve));
        let answers = futures::future::join_all(votes).await;
        let decided = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(decided, 1, "{:?}", answers.iter().map(|answer| &answer.body).collect::<Vec<_>>());
        assert_eq!(world.commands().await, 1);
        let check = audit::check(world.test.app.store().read(), None).await.unwrap();
        assert_eq!(check.faults(), []);
    }
}

/// Plays a ledger that refuses the command at the head of the queue.
async fn refuse(world: &World, code: gx_contracts::RefusalCode) {
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
                let refusal = gx_contracts::Refusal::of(code);
                outbox::mark_failed(tx, &[Failed { holder, refusal }], now).await?;
                Ok(())
            })
        })
        .await;
}

#[tokio::test]
async fn what_the_ledger_refuses_is_kept_in_the_chain_and_can_be_started_again_once() {
    let world = World::new().await;
    let asked = world.ask("system/pause", &json!({ "reason": "something is wrong" })).await;
    let id = &asked.body["approvalId"];
    let voted = world.vote(&world.second().token, id, &approve()).await;
    assert_eq!(voted.body["approval"]["status"], "EXECUTED", "{}", voted.body);
    let first = voted.body["approval"]["commandId"].clone();
    refuse(&world, gx_contracts::RefusalCode::SystemPaused).await;

    let view = read(&world, world.owner(), id).await.body;
    assert_eq!((&view["status"], &view["failureCode"]), (&json!("EXECUTION_FAILED"), &json!("SYSTEM_PAUSED")));
    let failed = AuditFilter { events: vec![AuditEvent::ApprovalExecutionFailed], ..AuditFilter::default() };
    let rows = audit::list(world.test.app.store().read(), &failed, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    let entry = rows[0].entry().unwrap();
    assert_eq!(
        (entry.actor, entry.object.to_string()),
        (Actor::Platform, format!("approval:{}", id.as_str().unwrap()))
    );
    assert_eq!((entry.before["status"].as_str(), entry.after["status"].as_str()), ("EXECUTED", "EXECUTION_FAILED"));
    assert_eq!((entry.after["code"].as_str(), &json!(entry.after["commandId"])), ("SYSTEM_PAUSED", &first));
    let requested = AuditFilter { events: vec![AuditEvent::ApprovalRequested], ..AuditFilter::default() };
    let requested = audit::list(world.test.app.store().read(), &requested, 1).await.unwrap().remove(0);
    assert_eq!(entry.correlation_id, requested.correlation_id.0, "the request it goes back to");

    let again = post(&world, world.owner(), id, "execute").await;
    assert_eq!((again.status, &again.body["approval"]["status"]), (200, &json!("EXECUTED")), "{}", again.body);
    assert_ne!(again.body["approval"]["commandId"], first);
    let twice = post(&world, world.owner(), id, "execute").await;
    assert_eq!((twice.status, twice.code()), (409, "APPROVAL_NOT_APPROVED"));
    assert_eq!(audit::check(world.test.app.store().read(), None).await.unwrap().faults(), []);
}

#[tokio::test]
async fn who_was_shut_out_comes_in_again_only_when_two_others_let_them() {
    let world = World::new().await;
    let third = world.test.admin(AdminRole::SuperOwner).await;
    let reason = json!({ "reason": "because of a test" });
    let path = |what: &str| format!("admins/{}/{what}", third.admin_id);
    assert_eq!(world.ask(&path("enable"), &reason).await.code(), "STATE_CONFLICT", "nobody was shut out");
    world.approved(&path("disable"), &reason).await;
    let refused = send(&world, world.token(AdminRole::SuperAdmin), "POST", &path("enable"), &reason).await;
    assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN"));
    let short = world.ask(&path("enable"), &json!({ "reason": "why" })).await;
    assert_eq!(short.field(), "reason:FIELD_INVALID");
    world.approved(&path("enable"), &reason).await;
    let row = admins::find(world.test.app.store().read(), third.admin_id).await.unwrap().unwrap();
    assert!(row.is_active);
    let old = world.api.get("/api/v1/admin/auth/profile").token(&third.token).send().await;
    assert_eq!(old.status, 401, "the sessions of before stay ended");
    let enabled = AuditFilter { events: vec![AuditEvent::AdminEnabled], ..AuditFilter::default() };
    let entry = audit::list(world.test.app.store().read(), &enabled, 10).await.unwrap().remove(0).entry().unwrap();
    assert_eq!((entry.before["active"].as_str(), entry.after["active"].as_str()), ("false", "true"));
}
