//! Handing documents in: from which states, which documents, once, and again after a refusal.

use gx_platform::testing::{TestAnswer, TestApi, TestApp, TestPerson};
use gx_store::repo::{documents, people};
use gx_types::{OnchainStatus, PersonChange, PersonState, PersonStatus, ProfileId};
use serde_json::{Value, json};

use crate::support::{Part, api, each, png, upload, upload_passport};

async fn submit(api: &TestApi, id: ProfileId, token: &str, documents: &[&str]) -> TestAnswer {
    let body = json!({ "documentIds": documents });
    api.post(&format!("/api/v1/users/{id}/kyc")).token(token).json(&body).send().await
}

async fn submission(api: &TestApi, id: ProfileId, token: &str) -> Value {
    let answer = api.get(&format!("/api/v1/users/{id}/kyc")).token(token).send().await;
    assert_eq!(answer.status, 200);
    answer.body["kycStatus"].clone()
}

async fn change(test: &TestApp, id: ProfileId, change: PersonChange) {
    let now = test.app.now();
    let done = test.write(move |tx| Box::pin(async move { people::change_state(tx, id, change, now).await })).await;
    assert!(done.is_some());
}

#[tokio::test]
async fn documents_are_handed_in_once_and_stay_with_their_submission() {
    for test in each().await {
        let api = api(&test);
        let ada = test.person(TestPerson::default()).await;
        assert_eq!(submission(&api, ada.profile_id, &ada.token).await, Value::Null);

        let passport = upload_passport(&api, ada.profile_id, &ada.token, "AB1234").await;
        let selfie: [Part<'_>; 2] = [("documentType", None, b"SELFIE_PHOTO"), ("file", None, &png(2))];
        let selfie = upload(&api, ada.profile_id, &ada.token, &selfie).await.body["data"]["documentId"]
            .as_str()
            .unwrap()
            .to_owned();

        let answer = submit(&api, ada.profile_id, &ada.token, &[&selfie, &passport]).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let record = &answer.body["kycRecord"];
        assert_eq!(record["status"], "PENDING");
        assert_eq!(record["documentIds"].as_array().unwrap().len(), 2);
        assert_eq!(record["evidenceHash"].as_str().unwrap().len(), 64);
        assert_eq!(submission(&api, ada.profile_id, &ada.token).await, *record);

        let profile = api.get(&format!("/api/v1/users/{}", ada.profile_id)).token(&ada.token).send().await;
        assert_eq!(profile.body["user"]["status"], "PENDING_ADMIN_APPROVAL");
        assert_eq!(profile.body["user"]["identityEditable"], false);

        // Not twice, not deleted.
        let answer = submit(&api, ada.profile_id, &ada.token, &[&passport]).await;
        assert_eq!((answer.status, answer.code()), (409, "SUBMISSION_NOT_OPEN"));
        let path = format!("/api/v1/documents/{passport}");
        let answer = api.request("DELETE".parse().unwrap(), &path).token(&ada.token).send().await;
        assert_eq!((answer.status, answer.code()), (409, "DOCUMENT_IN_USE"));
        let list = api.get(&format!("/api/v1/users/{}/documents", ada.profile_id)).token(&ada.token).send().await;
        assert!(list.body["data"].as_array().unwrap().iter().all(|row| row["submitted"] == true));
    }
}

#[tokio::test]
async fn of_two_submissions_at_once_one_is_made() {
    for test in each().await {
        let api = api(&test);
        let ada = test.person(TestPerson::default()).await;
        let one = upload_passport(&api, ada.profile_id, &ada.token, "AB1234").await;
        let two = upload_passport(&api, ada.profile_id, &ada.token, "AB1235").await;
        let (one, two) = ([one.as_str()], [two.as_str()]);
        let (a, b) = tokio::join!(
            submit(&api, ada.profile_id, &ada.token, &one),
            submit(&api, ada.profile_id, &ada.token, &two),
        );
        let mut outcomes = [(a.status, a.code()), (b.status, b.code())];
        outcomes.sort_unstable();
        assert_eq!(outcomes, [(201, ""), (409, "SUBMISSION_NOT_OPEN")]);
    }
}

#[tokio::test]
async fn only_registered_and_denied_people_may_hand_in() {
    let test = TestApp::start().await;
    let api = api(&test);
    for status in PersonStatus::ALL {
        for onchain in OnchainStatus::ALL {
            let state = PersonState { status, onchain };
            if !state.may_sign_in() {
                continue;
            }
            // Uploaded while it was possible, handed in when it may not be any more.
            let person = test.person(TestPerson::default()).await;
            let passport = upload_passport(&api, person.profile_id, &person.token, "AB1234").await;
            force(&test, person.profile_id, state).await;
            let answer = submit(&api, person.profile_id, &person.token, &[&passport]).await;
            match PersonChange::Submit.after(state) {
                Some(_) => assert_eq!(answer.status, 201, "{state}: {}", answer.body),
                None => assert_eq!((answer.status, answer.code()), (409, "SUBMISSION_NOT_OPEN"), "{state}"),
            }
        }
    }
}

/// Puts a person into a state that the table might not lead to.
async fn force(test: &TestApp, id: ProfileId, state: PersonState) {
    use gx_store::Col;
    use gx_store::entity::user_profiles::{ActiveModel, Entity};
    use gx_store::sea_orm::{EntityTrait, Set};
    let row = ActiveModel {
        profile_id: Set(Col(id)),
        status: Set(Col(state.status)),
        onchain_status: Set(Col(state.onchain)),
        ..Default::default()
    };
    test.write(move |tx| {
        let row = row.clone();
        Box::pin(async move {
            Entity::update(row).exec(tx).await?;
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn the_documents_are_ones_own_open_whole_and_identifying() {
    let test = TestApp::start().await;
    let api = api(&test);
    let ada = test.person(TestPerson::default()).await;
    let eve = test.person(TestPerson::default()).await;
    let passport = upload_passport(&api, ada.profile_id, &ada.token, "AB1234").await;
    let foreign = upload_passport(&api, eve.profile_id, &eve.token, "EV1234").await;
    let bill: [Part<'_>; 2] = [("documentType", None, b"UTILITY_BILL"), ("file", None, &png(3))];
    let bill =
        upload(&api, ada.profile_id, &ada.token, &bill).await.body["data"]["documentId"].as_str().unwrap().to_owned();
    let deleted = upload_passport(&api, ada.profile_id, &ada.token, "AB9999").await;
    api.request("DELETE".parse().unwrap(), &format!("/api/v1/documents/{deleted}")).token(&ada.token).send().await;
    let unknown = "00000000-0000-7000-8000-000000000000";
    let many: Vec<&str> = std::iter::repeat_n(unknown, 21).collect();

    for (documents, expected) in [
        (vec![], "documentIds:FIELD_INVALID"),
        (many, "documentIds:FIELD_INVALID"),
        (vec![unknown], "documentIds[0]:FIELD_INVALID"),
        (vec![passport.as_str(), &foreign], "documentIds[1]:FIELD_INVALID"),
        (vec![&passport, &passport], "documentIds[1]:FIELD_INVALID"),
        (vec![&deleted], "documentIds[0]:FIELD_INVALID"),
        (vec![&bill], "documentIds:IDENTITY_DOCUMENT_MISSING"),
        (vec!["x"], "documentIds[0]:FIELD_INVALID"),
    ] {
        let answer = submit(&api, ada.profile_id, &ada.token, &documents).await;
        assert_eq!((answer.status, answer.field().as_str()), (422, expected), "{documents:?}: {}", answer.body);
    }
    let answer =
        api.post(&format!("/api/v1/users/{}/kyc", ada.profile_id)).token(&ada.token).json(&json!({})).send().await;
    assert_eq!((answer.status, answer.field().as_str()), (422, "documentIds:FIELD_REQUIRED"));
    assert_eq!(submission(&api, ada.profile_id, &ada.token).await, Value::Null, "nothing was handed in");

    // A document that expires between upload and submission.
    let metadata = br#"{"documentNumber":"AB1234","issuingCountry":"GB","expiryDate":"2026-01-20"}"#;
    let parts: [Part<'_>; 3] =
        [("documentType", None, b"PASSPORT"), ("metadata", None, metadata), ("file", None, &png(4))];
    let short =
        upload(&api, ada.profile_id, &ada.token, &parts).await.body["data"]["documentId"].as_str().unwrap().to_owned();
    test.advance(std::time::Duration::from_secs(6 * 24 * 3600));
    let again = test.sign_in(ada.profile_id).await;
    let answer = submit(&api, ada.profile_id, &again.token, &[&short]).await;
    assert_eq!((answer.status, answer.field().as_str()), (422, "documentIds[0]:FIELD_INVALID"), "{}", answer.body);
}

#[tokio::test]
async fn documents_are_described_and_every_word_is_compared_with_the_upload() {
    for test in each().await {
        let api = api(&test);
        let ada = test.person(TestPerson::default()).await;
        let hand_in = async |body: Value| {
            api.post(&format!("/api/v1/users/{}/kyc", ada.profile_id)).token(&ada.token).json(&body).send().await
        };
        let passport = upload_passport(&api, ada.profile_id, &ada.token, "AB1234").await;
        let back: [Part<'_>; 3] =
            [("documentType", None, b"UTILITY_BILL"), ("side", None, b"BACK"), ("file", None, &png(7))];
        upload(&api, ada.profile_id, &ada.token, &back).await;
        let list = api.get(&format!("/api/v1/users/{}/documents", ada.profile_id)).token(&ada.token).send().await.body;
        let of = |kind: &str| {
            let row = list["data"].as_array().unwrap().iter().find(|row| row["documentType"] == kind).unwrap();
            json!({ "type": kind, "side": row["side"], "hash": row["hash"], "size": row["size"],
                "mimeType": row["mimeType"], "fileName": row["fileName"], "documentNumber": row["documentNumber"],
                "issuingCountry": row["issuingCountry"], "issuedDate": row["issuedDate"],
                "expiryDate": row["expiryDate"] })
        };
        let (first, second) = (of("PASSPORT"), of("UTILITY_BILL"));
        let with = |field: &str, value: Value| {
            let mut changed = second.clone();
            changed[field] = value;
            json!({ "documents": [first, changed] })
        };
        let foreign = "ab".repeat(32);

        // Nothing is believed.
        for (body, expected) in [
            (with("hash", json!(foreign)), "documents[1].hash"),
            (with("hash", json!("short")), "documents[1].hash"),
            (with("type", json!("SELFIE_PHOTO")), "documents[1].type"),
            (with("side", json!("FRONT")), "documents[1].side"),
            (with("size", json!(1)), "documents[1].size"),
            (with("mimeType", json!("application/pdf")), "documents[1].mimeType"),
            (with("fileName", json!("other.png")), "documents[1].fileName"),
            (with("documentNumber", json!("ZZ9999")), "documents[1].documentNumber"),
            (with("issuingCountry", json!("FR")), "documents[1].issuingCountry"),
            (with("issuedDate", json!("2020-01-01")), "documents[1].issuedDate"),
            (with("expiryDate", json!("2040-01-01")), "documents[1].expiryDate"),
            (with("colour", json!("red")), "documents[1].colour"),
            (json!({ "documents": [first, first] }), "documents[1].hash"),
            (json!({ "documents": [] }), "documents"),
            (json!({ "documents": [second] }), "documents"),
            (json!({ "documentIds": [passport], "documents": [second] }), "documents[0].hash"),
            (json!({ "documentIds": [passport], "documents": [first, second] }), "documents[1].hash"),
            (json!({ "evidenceHash": foreign, "evidenceSize": 1, "evidenceMime": "image/png" }), "evidenceHash"),
            (json!({ "documentIds": [passport], "evidenceHash": second["hash"] }), "evidenceHash"),
            (json!({ "documentIds": [passport], "evidenceHash": first["hash"], "evidenceSize": 3 }), "evidenceSize"),
            (json!({ "documentIds": [passport], "evidenceMime": "application/pdf" }), "evidenceMime"),
        ] {
            let answer = hand_in(body.clone()).await;
            let field = answer.field();
            let named = field.split(':').next().unwrap_or_default();
            assert_eq!((answer.status, named), (422, expected), "{body}: {}", answer.body);
        }
        assert_eq!(submission(&api, ada.profile_id, &ada.token).await, Value::Null, "nothing was handed in");

        // What is so is taken: with number and country as people type them.
        let mut typed = first.clone();
        typed["documentNumber"] = json!("ab 12-34");
        let answer = hand_in(json!({ "documents": [second, typed], "evidenceHash": first["hash"],
            "evidenceSize": first["size"], "evidenceMime": "image/png" }))
        .await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let record = &answer.body["kycRecord"];
        assert_eq!(record["documentIds"].as_array().unwrap().len(), 2);
        assert_eq!(record["evidenceMime"], "image/png");
        let total = first["size"].as_u64().unwrap() + second["size"].as_u64().unwrap();
        assert_eq!(record["evidenceSize"].as_u64(), Some(total));
    }
}

#[tokio::test]
async fn one_document_is_named_by_its_evidence_alone() {
    let test = TestApp::start().await;
    let api = api(&test);
    let ada = test.person(TestPerson::default()).await;
    upload_passport(&api, ada.profile_id, &ada.token, "AB1234").await;
    let list = api.get(&format!("/api/v1/users/{}/documents", ada.profile_id)).token(&ada.token).send().await.body;
    let row = &list["data"][0];
    let body = json!({ "evidenceHash": row["hash"], "evidenceSize": row["size"], "evidenceMime": row["mimeType"] });
    let answer = api.post(&format!("/api/v1/users/{}/kyc", ada.profile_id)).token(&ada.token).json(&body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body["kycRecord"]["documentIds"], json!([row["documentId"]]));
}

#[tokio::test]
async fn a_denied_person_hands_in_again_with_new_documents() {
    for test in each().await {
        let api = api(&test);
        let ada = test.person(TestPerson::default()).await;
        let first = upload_passport(&api, ada.profile_id, &ada.token, "AB1234").await;
        assert_eq!(submit(&api, ada.profile_id, &ada.token, &[&first]).await.status, 201);

        // The ledger refuses because the document was used before: written by the command's reaction.
        change(&test, ada.profile_id, PersonChange::Approve).await;
        refuse_on_ledger(&test, ada.profile_id).await;
        let profile = api.get(&format!("/api/v1/users/{}", ada.profile_id)).token(&ada.token).send().await;
        assert_eq!(profile.body["user"]["status"], "DENIED");
        assert_eq!(profile.body["user"]["denialCode"], "DOCUMENT_ALREADY_USED");
        assert!(profile.body["user"]["denialReason"].as_str().unwrap().contains("document"));
        let record = submission(&api, ada.profile_id, &ada.token).await;
        assert_eq!(record["status"], "REJECTED");

        // The old document stays where it was.
        let answer = submit(&api, ada.profile_id, &ada.token, &[&first]).await;
        assert_eq!((answer.status, answer.field().as_str()), (422, "documentIds[0]:FIELD_INVALID"));
        test.advance(std::time::Duration::from_secs(1));
        let second = upload_passport(&api, ada.profile_id, &ada.token, "CD5678").await;
        let answer = submit(&api, ada.profile_id, &ada.token, &[&second]).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let record = submission(&api, ada.profile_id, &ada.token).await;
        assert_eq!((record["status"].as_str(), &record["documentIds"]), (Some("PENDING"), &json!([second])));
        let profile = api.get(&format!("/api/v1/users/{}", ada.profile_id)).token(&ada.token).send().await;
        assert_eq!(profile.body["user"]["denialReason"], Value::Null);
    }
}

/// What the reaction to a refused registration writes.
async fn refuse_on_ledger(test: &TestApp, id: ProfileId) {
    use gx_store::Col;
    use gx_store::entity::kyc_submissions::Entity;
    use gx_store::sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
    use gx_types::SubmissionStatus;
    let now = test.app.now();
    test.write(move |tx| {
        Box::pin(async move {
            let state = people::change_state(tx, id, PersonChange::LedgerRefusedRegistration, now).await?;
            assert_eq!(state.map(|state| state.status), Some(PersonStatus::Denied));
            let mut person = people::lock(tx, id).await?.unwrap();
            person.denial_code = Some("DOCUMENT_ALREADY_USED".to_owned());
            person.denial_reason = Some("An account was registered with this document before.".to_owned());
            people::save(tx, person).await?;
            let submission = documents::newest_submission(tx, id).await?.unwrap();
            let mut row = Entity::find_by_id(submission.submission_id).one(tx).await?.unwrap().into_active_model();
            row.status = Set(Col(SubmissionStatus::Rejected));
            row.update(tx).await?;
            Ok(())
        })
    })
    .await;
}
