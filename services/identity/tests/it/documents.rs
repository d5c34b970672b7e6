//! Documents: accepted by content, bounded, kept, read by their owner alone, deleted while nobody has them in hand.

use gx_platform::testing::{TestApp, TestPerson};
use gx_types::{OnchainStatus, PersonStatus};
use serde_json::{Value, json};

use crate::support::{PDF, Part, api, each, png, upload, upload_passport};

const PASSPORT: Part<'static> = ("documentType", None, b"PASSPORT");
const METADATA: Part<'static> = (
    "metadata",
    None,
    br#"{"documentNumber":"ab 12-34","issuingCountry":"gb","issuedDate":"2020-01-01","expiryDate":"2030-01-01"}"#,
);

#[tokio::test]
async fn a_document_is_stored_listed_read_and_deleted() {
    for test in each().await {
        let api = api(&test);
        let ada = test.person(TestPerson::default()).await;
        let picture = png(7);
        let parts =
            [PASSPORT, METADATA, ("side", None, b"FRONT".as_slice()), ("file", Some("../my pass.png"), &picture)];
        let answer = upload(&api, ada.profile_id, &ada.token, &parts).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let document = &answer.body["data"];
        for (name, value) in [
            ("fileName", "my pass.png"),
            ("mimeType", "image/png"),
            ("documentType", "PASSPORT"),
            ("side", "FRONT"),
            ("documentNumber", "AB1234"),
            ("issuingCountry", "GB"),
            ("expiryDate", "2030-01-01"),
        ] {
            assert_eq!(document[name], value, "{name}");
        }
        assert_eq!(document["size"], picture.len());
        assert_eq!(document["submitted"], false);
        assert_eq!(document["hash"].as_str().unwrap().len(), 64);

        test.advance(std::time::Duration::from_secs(1));
        let bill: [Part<'_>; 2] = [("documentType", None, b"UTILITY_BILL"), ("file", None, PDF)];
        let second = upload(&api, ada.profile_id, &ada.token, &bill).await;
        assert_eq!(second.status, 201, "{}", second.body);
        assert_eq!(second.body["data"]["fileName"], "utility_bill.pdf");

        let list = api.get(&format!("/api/v1/users/{}/documents", ada.profile_id)).token(&ada.token).send().await;
        let ids: Vec<&Value> = list.body["data"].as_array().unwrap().iter().map(|row| &row["documentId"]).collect();
        assert_eq!(ids, [&second.body["data"]["documentId"], &document["documentId"]]);

        let url = document["storageUrl"].as_str().unwrap();
        let file = api.get(url).token(&ada.token).send().await;
        assert_eq!((file.status, file.header("content-type")), (200, "image/png"));
        assert_eq!(file.bytes, picture);
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert!(file.header("content-security-policy").contains("sandbox"));

        // Nobody else: not read, not deleted, not even known.
        let eve = test.person(TestPerson::default()).await;
        let path = format!("/api/v1/documents/{}", document["documentId"].as_str().unwrap());
        assert_eq!(api.get(url).token(&eve.token).send().await.status, 404);
        assert_eq!(api.request("DELETE".parse().unwrap(), &path).token(&eve.token).send().await.status, 404);
        assert_eq!(api.get(url).send().await.status, 401);

        assert_eq!(api.request("DELETE".parse().unwrap(), &path).token(&ada.token).send().await.status, 204);
        assert_eq!(api.request("DELETE".parse().unwrap(), &path).token(&ada.token).send().await.status, 404);
        assert_eq!(api.get(url).token(&ada.token).send().await.status, 404);
        let list = api.get(&format!("/api/v1/users/{}/documents", ada.profile_id)).token(&ada.token).send().await;
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn content_decides_not_name_or_declaration() {
    let test = TestApp::start().await;
    let api = api(&test);
    let ada = test.person(TestPerson::default()).await;
    for (name, content) in [
        ("passport.png", b"MZ\x90\x00".as_slice()),
        ("passport.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("passport.pdf", b"<html>%PDF-1.4</html>"),
        ("passport.jpg", b"GIF89a\x01\x00\x01\x00"),
        ("passport.jpg", &[0xFF, 0xD8, 0xFF]),
        ("passport.png", b""),
        ("passport.zip", b"PK\x03\x04"),
    ] {
        let answer =
            upload(&api, ada.profile_id, &ada.token, &[PASSPORT, METADATA, ("file", Some(name), content)]).await;
        assert_eq!((answer.status, answer.code()), (415, "DOCUMENT_TYPE_NOT_ACCEPTED"), "{name}");
        assert_eq!(answer.field(), "file:DOCUMENT_TYPE_NOT_ACCEPTED");
    }
    // A PDF that calls itself a picture is a PDF.
    let answer = upload(&api, ada.profile_id, &ada.token, &[PASSPORT, METADATA, ("file", Some("x.png"), PDF)]).await;
    assert_eq!((answer.status, answer.body["data"]["mimeType"].as_str()), (201, Some("application/pdf")));
}

#[tokio::test]
async fn every_part_is_checked() {
    let test = TestApp::start().await;
    let api = api(&test);
    let ada = test.person(TestPerson::default()).await;
    let picture = png(1);
    let file: Part<'_> = ("file", Some("x.png"), &picture);
    let metadata = |json: &'static str| -> Part<'static> { ("metadata", None, json.as_bytes()) };
    let cases: Vec<(Vec<Part<'_>>, &str)> = vec![
        (vec![PASSPORT, METADATA], "file:FIELD_REQUIRED"),
        (vec![METADATA, file], "documentType:FIELD_REQUIRED"),
        (vec![("documentType", None, b"LIBRARY_CARD"), METADATA, file], "documentType:FIELD_INVALID"),
        (vec![("documentType", None, b"\xFF\xFE"), METADATA, file], "documentType:FIELD_INVALID"),
        (vec![PASSPORT, METADATA, ("side", None, b"TOP"), file], "side:FIELD_INVALID"),
        (vec![PASSPORT, file], "metadata.documentNumber:FIELD_REQUIRED"),
        (vec![PASSPORT, metadata("{"), file], "metadata:FIELD_INVALID"),
        (vec![PASSPORT, metadata("[]"), file], "metadata:FIELD_INVALID"),
        (vec![PASSPORT, metadata(r#"{"documentNumber":"AB1234"}"#), file], "metadata.issuingCountry:FIELD_REQUIRED"),
        (
            vec![PASSPORT, metadata(r#"{"documentNumber":"--","issuingCountry":"GB"}"#), file],
            "metadata.documentNumber:FIELD_INVALID",
        ),
        (
            vec![PASSPORT, metadata(r#"{"documentNumber":"AB1234","issuingCountry":"G"}"#), file],
            "metadata.issuingCountry:COUNTRY_INVALID_FORMAT",
        ),
        (
            vec![
                PASSPORT,
                metadata(r#"{"documentNumber":"AB1234","issuingCountry":"GB","issuedDate":"2027-01-01"}"#),
                file,
            ],
            "metadata.issuedDate:FIELD_INVALID",
        ),
        (
            vec![
                PASSPORT,
                metadata(r#"{"documentNumber":"AB1234","issuingCountry":"GB","expiryDate":"2026-01-14"}"#),
                file,
            ],
            "metadata.expiryDate:FIELD_INVALID",
        ),
        (
            vec![PASSPORT, metadata(r#"{"documentNumber":"AB1234","issuingCountry":"GB","expiryDate":"soon"}"#), file],
            "metadata.expiryDate:FIELD_INVALID",
        ),
        (
            vec![PASSPORT, metadata(r#"{"documentNumber":"AB1234","issuingCountry":"GB","owner":"x"}"#), file],
            "metadata:FIELD_INVALID",
        ),
        (vec![PASSPORT, PASSPORT, METADATA, file], "documentType:FIELD_INVALID"),
        (vec![PASSPORT, METADATA, file, file], "file:FIELD_INVALID"),
        (vec![PASSPORT, METADATA, file, ("owner", None, b"eve")], "owner:FIELD_UNKNOWN"),
    ];
    for (parts, expected) in cases {
        let answer = upload(&api, ada.profile_id, &ada.token, &parts).await;
        assert_eq!((answer.status, answer.field().as_str()), (422, expected), "{}", answer.body);
    }
    let path = format!("/api/v1/users/{}/documents/upload", ada.profile_id);
    let answer = api.post(&path).token(&ada.token).json(&json!({})).send().await;
    assert_eq!((answer.status, answer.code()), (415, "UNSUPPORTED_MEDIA_TYPE"));
    let answer = api.post(&path).token(&ada.token).body("multipart/form-data", "x").send().await;
    assert_eq!((answer.status, answer.code()), (400, "MALFORMED_REQUEST"));
    let answer =
        api.post(&path).token(&ada.token).body("multipart/form-data; boundary=x", "--x\r\nbroken").send().await;
    assert_eq!((answer.status, answer.code()), (400, "MALFORMED_REQUEST"));
    let list = api.get(&format!("/api/v1/users/{}/documents", ada.profile_id)).token(&ada.token).send().await;
    assert_eq!(list.body["data"], json!([]), "nothing was stored");
}

#[tokio::test]
async fn ten_megabytes_and_not_a_byte_more() {
    let test = TestApp::start().await;
    let api = api(&test);
    let ada = test.person(TestPerson::default()).await;
    let limit = 10 * 1024 * 1024;
    let mut pdf = b"%PDF-1.4\n".to_vec();
    pdf.resize(limit - 40, b' ');
    pdf.extend(b"\nstartxref\n40\n%%EOF\n");
    pdf.resize(limit, b'\n');
    let answer = upload(&api, ada.profile_id, &ada.token, &[PASSPORT, METADATA, ("file", Some("big.pdf"), &pdf)]).await;
    assert_eq!((answer.status, answer.body["data"]["size"].as_u64()), (201, Some(limit as u64)), "{}", answer.body);
    pdf.push(b'\n');
    let answer = upload(&api, ada.profile_id, &ada.token, &[PASSPORT, METADATA, ("file", Some("big.pdf"), &pdf)]).await;
    assert_eq!((answer.status, answer.code()), (413, "DOCUMENT_TOO_LARGE"));
    pdf.resize(limit + 200_000, b'\n');
    let answer = upload(&api, ada.profile_id, &ada.token, &[PASSPORT, METADATA, ("file", Some("big.pdf"), &pdf)]).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn twenty_open_documents_at_most_and_none_while_under_review() {
    let test = TestApp::start().await;
    let api = api(&test);
    let ada = test.person(TestPerson::default()).await;
    let picture = png(1);
    let parts: [Part<'_>; 2] = [("documentType", None, b"OTHER"), ("file", None, &picture)];
    for shade in 2..22 {
        let other = png(shade);
        let parts: [Part<'_>; 2] = [("documentType", None, b"OTHER"), ("file", None, &other)];
        assert_eq!(upload(&api, ada.profile_id, &ada.token, &parts).await.status, 201);
    }
    let answer = upload(&api, ada.profile_id, &ada.token, &parts).await;
    assert_eq!((answer.status, answer.code()), (409, "DOCUMENT_LIMIT_REACHED"));

    for (status, onchain_status) in [
        (PersonStatus::PendingAdminApproval, OnchainStatus::NotRegistered),
        (PersonStatus::ApprovedPendingOnchain, OnchainStatus::Pending),
        (PersonStatus::Active, OnchainStatus::Registered),
    ] {
        let person = test.person(TestPerson { status, onchain_status, ..TestPerson::default() }).await;
        let answer = upload(&api, person.profile_id, &person.token, &parts).await;
        assert_eq!((answer.status, answer.code()), (409, "SUBMISSION_NOT_OPEN"), "{status}");
    }
    let denied = TestPerson { status: PersonStatus::Denied, ..TestPerson::default() };
    let denied = test.person(denied).await;
    assert_eq!(upload(&api, denied.profile_id, &denied.token, &parts).await.status, 201);
}

#[tokio::test]
async fn the_same_file_twice_is_one_document() {
    let test = TestApp::start().await;
    let api = api(&test);
    let ada = test.person(TestPerson::default()).await;
    let picture = png(1);
    let file: Part<'_> = ("file", Some("passport.png"), &picture);
    let send = async |parts: &[Part<'_>]| upload(&api, ada.profile_id, &ada.token, parts).await;
    let objects = || {
        let folder = test.folder.path().join(format!("objects/people/{}/documents", ada.profile_id));
        std::fs::read_dir(folder).unwrap().count()
    };

    // 1. Sent again, as after an answer that was lost: the first one is answered, and nothing more is kept.
    let first = send(&[PASSPORT, METADATA, file]).await;
    assert_eq!(first.status, 201);
    let again = send(&[PASSPORT, METADATA, file]).await;
    assert_eq!((again.status, &again.body["data"]["documentId"]), (201, &first.body["data"]["documentId"]));
    assert!(first.body["data"]["documentId"].is_string());
    assert_eq!(objects(), 1);

    // 2. With another number, as after a slip of the pen: it is still one document, and what was said last holds.
    let other: Part<'_> = ("metadata", None, br#"{"documentNumber":"ZZ999","issuingCountry":"US"}"#);
    let mended = send(&[PASSPORT, other, file]).await;
    assert_eq!((mended.status, &mended.body["data"]["documentId"]), (201, &first.body["data"]["documentId"]));
    let list = api.get(&format!("/api/v1/users/{}/documents", ada.profile_id)).token(&ada.token).send().await;
    assert_eq!(list.body["data"], json!([mended.body["data"]]));
    assert_ne!(mended.body["data"], first.body["data"]);
    assert_eq!(objects(), 1);

    // 3. A picture of something else, and the same one after the first was deleted, are documents of their own.
    let bill: Part<'_> = ("documentType", None, b"OTHER");
    assert_eq!(send(&[bill, file]).await.status, 201);
    let id = first.body["data"]["documentId"].as_str().unwrap();
    let deleted = api.request("DELETE".parse().unwrap(), &format!("/api/v1/documents/{id}")).token(&ada.token);
    assert!(deleted.send().await.status < 300);
    let anew = send(&[PASSPORT, METADATA, file]).await;
    assert_eq!(anew.status, 201);
    assert_ne!(anew.body["data"]["documentId"], first.body["data"]["documentId"]);
    assert_eq!(objects(), 2, "the deleted one took its file along");
}

#[tokio::test]
async fn a_stranger_cannot_upload_for_another() {
    let test = TestApp::start().await;
    let api = api(&test);
    let (ada, eve) = (test.person(TestPerson::default()).await, test.person(TestPerson::default()).await);
    let picture = png(1);
    let answer = upload(&api, ada.profile_id, &eve.token, &[PASSPORT, METADATA, ("file", None, &picture)]).await;
    assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
    let answer = upload(&api, ada.profile_id, "no token", &[PASSPORT]).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_file_that_was_changed_behind_our_back_is_not_given_out() {
    let test = TestApp::start().await;
    let api = api(&test);
    let ada = test.person(TestPerson::default()).await;
    let id = upload_passport(&api, ada.profile_id, &ada.token, "AB1234").await;
    let file = test.folder.path().join(format!("objects/people/{}/documents/{id}", ada.profile_id));
    std::fs::write(&file, png(99)).unwrap();
    let answer = api.get(&format!("/api/v1/documents/{id}/file")).token(&ada.token).send().await;
    assert_eq!((answer.status, answer.code()), (503, "DOCUMENT_DAMAGED"));
    std::fs::remove_file(&file).unwrap();
    let answer = api.get(&format!("/api/v1/documents/{id}/file")).token(&ada.token).send().await;
    assert_eq!((answer.status, answer.code()), (503, "DOCUMENT_DAMAGED"));
}

#[tokio::test]
async fn the_constraints_say_what_is_accepted() {
    let test = TestApp::start().await;
    let answer = api(&test).get("/api/v1/documents/constraints").send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["maxFileSizeBytes"], 10 * 1024 * 1024);
    assert_eq!(answer.body["maxFileSizeMB"], 10);
    assert_eq!(answer.body["documentTypes"].as_array().unwrap().len(), 12);
    assert_eq!(answer.body["identifyingDocumentTypes"], json!(["NATIONAL_ID", "PASSPORT", "DRIVERS_LICENSE"]));
    assert_eq!(answer.body["allowedMimeTypes"], json!(["image/jpeg", "image/png", "application/pdf"]));
}
