//! People: lists, review, freezing.

use gx_contracts::Command;
use gx_platform::testing::TestPerson;
use gx_store::entity::user_profiles::{Column, Entity};
use gx_store::repo::{documents, notifications, people};
use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use gx_types::{AdminRole, DocumentType, OnchainStatus, PersonStatus, ProfileId, SubmissionStatus};
use serde_json::{Value, json};

use crate::world::{PASSPORT, World};

fn approval() -> Value {
    json!({ "issuingCountry": "US", "documentNumber": "ab123456" })
}

async fn approve(world: &World, id: ProfileId, body: &Value) -> gx_platform::testing::TestAnswer {
    world
        .api
        .post(&format!("/api/v1/admin/users/{id}/approve"))
        .token(world.token(AdminRole::Moderator))
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn an_approval_makes_id_hash_and_command_in_one() {
    let world = World::new().await;
    let (id, document) = world.pending("Alice").await;
    let answer = approve(&world, id, &approval()).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!(answer.body["status"], "APPROVED_PENDING_ONCHAIN");
    assert_eq!(answer.body["onchainStatus"], "PENDING");
    let gx_id = answer.body["fabricUserId"].as_str().unwrap();
    assert!(gx_id.starts_with("US 984 AUM945 0"), "{gx_id}");

    let row = world.command(&answer.body["commandId"]).await;
    let command: Command = serde_json::from_str(&row.payload).unwrap();
    let Command::CreateUser { profile_id, user_id, document_hash, nationality, age, .. } = command else {
        panic!("{command:?}");
    };
    assert_eq!((profile_id, user_id.to_string().as_str(), nationality.as_str(), age), (id, gx_id, "US", 35));
    let expected = world.test.app.biometric().hash("US".parse().unwrap(), DocumentType::Passport, PASSPORT).unwrap();
    assert_eq!(document_hash, expected);

    let db = world.test.app.store().read();
    let person = people::find(db, id).await.unwrap().unwrap();
    assert_eq!(person.biometric_hash.unwrap().0, expected);
    assert!(person.reviewed_by.unwrap().starts_with("admin:"));
    let submission = documents::newest_submission(db, id).await.unwrap().unwrap();
    assert_eq!(
        (submission.status.0, submission.verified_document_id.unwrap().0),
        (SubmissionStatus::Approved, document)
    );

    // Once is enough.
    let again = approve(&world, id, &approval()).await;
    assert_eq!((again.status, again.code()), (409, "STATE_CONFLICT"));
    assert_eq!(world.commands().await, 1);
}

#[tokio::test]
async fn what_is_typed_again_must_be_what_the_applicant_typed() {
    let world = World::new().await;
    let (id, document) = world.pending("Alice").await;
    for (body, status, field) in [
        (json!({}), 422, "issuingCountry:FIELD_REQUIRED"),
        (json!({ "issuingCountry": "US" }), 422, "documentNumber:FIELD_REQUIRED"),
        (json!({ "issuingCountry": "USA", "documentNumber": "AB123456" }), 422, "issuingCountry:FIELD_INVALID"),
        (json!({ "issuingCountry": "GB", "documentNumber": "AB123456" }), 422, "issuingCountry:DOCUMENT_MISMATCH"),
        (json!({ "issuingCountry": "US", "documentNumber": "AB123457" }), 422, "documentNumber:DOCUMENT_MISMATCH"),
        (json!({ "issuingCountry": "US", "documentNumber": "--" }), 422, "documentNumber:FIELD_INVALID"),
        (
            json!({ "issuingCountry": "US", "documentNumber": "AB123456", "documentId": id }),
            422,
            "documentId:FIELD_INVALID",
        ),
        (
            json!({ "issuingCountry": "US", "documentNumber": "AB123456", "adminId": "me" }),
            422,
            "adminId:FIELD_UNKNOWN",
        ),
        (
            json!({ "issuingCountry": "US", "documentNumber": "AB123456", "notes": "x".repeat(1001) }),
            422,
            "notes:FIELD_INVALID",
        ),
    ] {
        let answer = approve(&world, id, &body).await;
        assert_eq!((answer.status, answer.field()), (status, field.to_owned()), "{body}: {}", answer.body);
    }
    let person = people::find(world.test.app.store().read(), id).await.unwrap().unwrap();
    assert_eq!((person.status.0, person.gx_id), (PersonStatus::PendingAdminApproval, None), "nothing has changed");
    assert_eq!(world.commands().await, 0);
    let mut body = approval();
    body["documentId"] = json!(document);
    assert_eq!(approve(&world, id, &body).await.status, 202);
}

#[tokio::test]
async fn only_who_waits_with_an_identifying_document_is_approved() {
    let world = World::new().await;
    let unknown = ProfileId::from_uuid(world.test.app.new_uuid());
    assert_eq!(approve(&world, unknown, &approval()).await.code(), "NOT_FOUND");
    for status in PersonStatus::ALL.into_iter().filter(|status| *status != PersonStatus::PendingAdminApproval) {
        let person = world.test.person(TestPerson { status, ..TestPerson::default() }).await;
        let answer = approve(&world, person.profile_id, &approval()).await;
        assert_eq!((answer.status, answer.code()), (409, "STATE_CONFLICT"), "{status}");
        let answer = world
            .api
            .post(&format!("/api/v1/admin/users/{}/deny", person.profile_id))
            .token(world.owner())
            .json(&json!({ "reason": "the picture is blurred" }))
            .send()
            .await;
        assert_eq!((answer.status, answer.code()), (409, "STATE_CONFLICT"), "{status}");
    }
    let waiting = TestPerson { status: PersonStatus::PendingAdminApproval, ..TestPerson::default() };
    let person = world.test.person(waiting).await.profile_id;
    world.submit(person, DocumentType::UtilityBill, None).await;
    assert_eq!(approve(&world, person, &approval()).await.code(), "NO_IDENTIFYING_DOCUMENT");
}

#[tokio::test]
async fn a_repeated_request_approves_once_and_another_body_is_refused() {
    let world = World::new().await;
    let (id, _) = world.pending("Alice").await;
    let send = async |body: Value| {
        world
            .api
            .post(&format!("/api/v1/admin/users/{id}/approve"))
            .token(world.owner())
            .header("idempotency-key", "approve-0001")
            .json(&body)
            .send()
            .await
    };
    let first = send(approval()).await;
    let second = send(approval()).await;
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.body["commandId"], second.body["commandId"]);
    let other = send(json!({ "issuingCountry": "US", "documentNumber": "AB999999" })).await;
    assert_eq!((other.status, other.code()), (409, "IDEMPOTENCY_KEY_REUSED"));
    assert_eq!(world.commands().await, 1);
}

#[tokio::test]
async fn a_denial_needs_a_reason_and_tells_it() {
    let world = World::new().await;
    let (id, _) = world.pending("Alice").await;
    let deny = async |body: Value| {
        world.api.post(&format!("/api/v1/admin/users/{id}/deny")).token(world.owner()).json(&body).send().await
    };
    for body in
        [json!({}), json!({ "reason": "too short" }), json!({ "reason": "x".repeat(501) }), json!({ "reason": 7 })]
    {
        assert_eq!(deny(body.clone()).await.status, 422, "{body}");
    }
    let answer = deny(json!({ "reason": "the picture is blurred" })).await;
    assert_eq!((answer.status, &answer.body["status"]), (200, &json!("DENIED")));
    let db = world.test.app.store().read();
    let person = people::find(db, id).await.unwrap().unwrap();
    assert_eq!(person.denial_reason.as_deref(), Some("the picture is blurred"));
    let submission = documents::newest_submission(db, id).await.unwrap().unwrap();
    assert_eq!(submission.status.0, SubmissionStatus::Rejected);
    let told = notifications::list(db, id, None, None, 10).await.unwrap();
    assert_eq!(told.len(), 1, "told once");
    assert_eq!(told[0].message, "The reason: «the picture is blurred». You may hand in again.");
}

async fn set_onchain(world: &World, id: ProfileId, status: PersonStatus, onchain: OnchainStatus) {
    let now = world.test.app.now();
    world
        .test
        .write(move |tx| {
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::Status, gx_store::Col(status).into())
                    .col_expr(Column::OnchainStatus, gx_store::Col(onchain).into())
                    .col_expr(Column::OnchainRegisteredAt, gx_store::Col(now).into())
                    .filter(Column::ProfileId.eq(gx_store::Col(id)))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
}

#[tokio::test]
async fn a_freeze_blocks_at_once_and_a_release_waits_for_the_ledger() {
    let world = World::new().await;
    let id = world.active("Bob").await;
    let ask = async |what: &str, body: Value| {
        world.api.post(&format!("/api/v1/admin/users/{id}/{what}")).token(world.owner()).json(&body).send().await
    };
    assert_eq!(ask("freeze", json!({ "reason": "COURT_ORDER" })).await.code(), "STATE_CONFLICT", "not registered yet");
    set_onchain(&world, id, PersonStatus::Active, OnchainStatus::Registered).await;
    assert_eq!(ask("freeze", json!({})).await.field(), "reason:FIELD_REQUIRED");
    assert_eq!(ask("freeze", json!({ "reason": "BAD_MOOD" })).await.field(), "reason:FIELD_INVALID");
    assert_eq!(ask("unfreeze", json!({})).await.code(), "STATE_CONFLICT", "not frozen");

    let freeze = format!("users/{id}/freeze");
    let asked = ask("freeze", json!({ "reason": "COURT_ORDER", "notes": "file 7" })).await;
    assert_eq!((asked.status, &asked.body["status"]), (202, &json!("PENDING")), "{}", asked.body);
    let person = people::find(world.test.app.store().read(), id).await.unwrap().unwrap();
    assert_eq!(person.status.0, PersonStatus::Active, "one person alone freezes nobody");
    assert_eq!(world.commands().await, 0);
    let voted = world.vote(&world.second().token, &asked.body["approvalId"], &json!({ "decision": "APPROVE" })).await;
    assert_eq!(voted.body["approval"]["status"], "EXECUTED", "{}", voted.body);

    let detail = world.api.get(&format!("/api/v1/admin/users/{id}")).token(world.owner()).send().await.body;
    assert_eq!((&detail["user"]["status"], &detail["user"]["freezing"]), (&json!("FROZEN"), &json!(true)));
    assert_eq!((&detail["lockReason"], &detail["lockNotes"]), (&json!("COURT_ORDER"), &json!("file 7")));
    assert_eq!(
        world.ask(&freeze, &json!({ "reason": "COURT_ORDER" })).await.code(),
        "STATE_CONFLICT",
        "frozen already"
    );
    assert_eq!(ask("unfreeze", json!({})).await.code(), "STATE_CONFLICT", "still freezing");

    set_onchain(&world, id, PersonStatus::Frozen, OnchainStatus::Frozen).await;
    world.approved(&format!("users/{id}/unfreeze"), &json!({})).await;
    assert_eq!(ask("unfreeze", json!({})).await.code(), "STATE_CONFLICT", "the release is under way");
    let person = people::find(world.test.app.store().read(), id).await.unwrap().unwrap();
    assert_eq!(person.status.0, PersonStatus::Frozen, "until the ledger has released it");
    assert_eq!(world.commands().await, 2);
}

#[tokio::test]
async fn lists_page_filter_and_search() {
    let world = World::new().await;
    for (name, status) in [
        ("Ann", PersonStatus::Registered),
        ("Ben", PersonStatus::PendingAdminApproval),
        ("Cat_1", PersonStatus::PendingAdminApproval),
        ("Dan", PersonStatus::Active),
        ("Eve", PersonStatus::Frozen),
    ] {
        world.test.person(TestPerson { first_name: name.to_owned(), status, ..TestPerson::default() }).await;
        world.test.advance(std::time::Duration::from_secs(1));
    }
    let names = async |path: &str| {
        let answer = world.api.get(path).token(world.owner()).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let names: Vec<String> = answer.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["firstName"].as_str().unwrap().to_owned())
            .collect();
        (names, answer.body["nextCursor"].as_str().map(str::to_owned))
    };
    assert_eq!(
        names("/api/v1/admin/users").await,
        (vec!["Eve".into(), "Dan".into(), "Cat_1".into(), "Ben".into(), "Ann".into()], None)
    );
    let (first, cursor) = names("/api/v1/admin/users?limit=2").await;
    assert_eq!(first, ["Eve", "Dan"]);
    let (second, cursor) = names(&format!("/api/v1/admin/users?limit=2&cursor={}", cursor.unwrap())).await;
    assert_eq!(second, ["Cat_1", "Ben"]);
    let (third, cursor) = names(&format!("/api/v1/admin/users?limit=2&cursor={}", cursor.unwrap())).await;
    assert_eq!((third, cursor), (vec!["Ann".to_owned()], None));
    assert_eq!(names("/api/v1/admin/users/pending").await.0, ["Cat_1", "Ben"]);
    assert_eq!(names("/api/v1/admin/users/frozen").await.0, ["Eve"]);
    assert_eq!(names("/api/v1/admin/users/pending-onchain").await.0, Vec::<String>::new());
    assert_eq!(names("/api/v1/admin/users?status=ACTIVE").await.0, ["Dan"]);
    assert_eq!(names("/api/v1/admin/users?search=an").await.0, ["Dan", "Ann"]);
    assert_eq!(names("/api/v1/admin/users?search=cat_").await.0, ["Cat_1"], "an underscore is an underscore");
    assert_eq!(names("/api/v1/admin/users?search=%25").await.0, Vec::<String>::new(), "a percent sign too");
    assert_eq!(names("/api/v1/admin/users?search=eve%20john").await.0, ["Eve"]);
    for (query, field) in [
        ("limit=0", "limit:FIELD_INVALID"),
        ("limit=101", "limit:FIELD_INVALID"),
        ("limit=ten", "limit:FIELD_INVALID"),
        ("limit=1&limit=2", "limit:FIELD_INVALID"),
        ("status=HAPPY", "status:FIELD_INVALID"),
        ("cursor=made-up", "cursor:FIELD_INVALID"),
        ("search=", "search:FIELD_INVALID"),
        ("page=2", "page:FIELD_UNKNOWN"),
    ] {
        let answer = world.api.get(&format!("/api/v1/admin/users?{query}")).token(world.owner()).send().await;
        assert_eq!((answer.status, answer.field()), (422, field.to_owned()), "{query}: {}", answer.body);
    }
}

#[tokio::test]
async fn documents_are_shown_without_number_and_as_files_to_reviewers_only_through_their_person() {
    let world = World::new().await;
    let (id, document) = world.pending("Alice").await;
    let (other, _) = world.pending("Bob").await;
    let answer = world.api.get(&format!("/api/v1/admin/users/{id}")).token(world.owner()).send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["submission"]["status"], "PENDING");
    assert_eq!(answer.body["documents"][0]["identifying"], true);
    let unknown = ["wallet", "address", "employmentStatus", "workEmail"].map(|name| answer.body[name].clone());
    assert!(unknown.iter().all(serde_json::Value::is_null), "{}", answer.body);
    assert!(!String::from_utf8(answer.bytes).unwrap().contains("123-456"), "the number is read from the picture");
    let url = answer.body["documents"][0]["fileUrl"].as_str().unwrap();
    let file = world.api.get(url).token(world.owner()).send().await;
    assert_eq!(
        (file.status, file.header("content-type"), file.bytes.as_slice()),
        (200, "image/png", b"a picture".as_slice())
    );
    assert_eq!(file.header("cache-control"), "private, no-store");
    let crossed =
        world.api.get(&format!("/api/v1/admin/users/{other}/documents/{document}")).token(world.owner()).send().await;
    assert_eq!(crossed.status, 404);
    for bad in ["not-an-id", "01890a5dac96774bbcceb302099a8057"] {
        let answer = world.api.get(&format!("/api/v1/admin/users/{bad}")).token(world.owner()).send().await;
        assert_eq!((answer.status, answer.field()), (422, "userId:FIELD_INVALID".to_owned()), "{bad}");
    }
}

/// The hash of the document has one maker; whoever sends one, of whatever form, is refused by the field's name.
#[tokio::test]
async fn no_hash_is_taken_from_anyone() {
    let world = World::new().await;
    let (id, _) = world.pending("Alice").await;
    let good = "0123456789abcdef".repeat(4);
    let bcrypt = "$2b$10$abcdefghijklmnopqrstuv1234567890abcdefghijklmnopqrstu12345";
    for hash in [bcrypt, &good.to_uppercase(), &good[..63], &format!("{good}0"), &good] {
        let mut body = approval();
        body["biometricHash"] = json!(hash);
        let answer = approve(&world, id, &body).await;
        assert_eq!((answer.status, answer.field()), (422, "biometricHash:FIELD_UNKNOWN".to_owned()), "{hash}");
    }
    assert_eq!(world.commands().await, 0);
    let person = people::find(world.test.app.store().read(), id).await.unwrap().unwrap();
    assert_eq!(person.biometric_hash, None);
}
