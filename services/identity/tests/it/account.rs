//! The account itself: another e-mail address or number, a picture, the end.

use std::time::Duration;

use gx_platform::testing::{TestAnswer, TestApp};
use serde_json::{Value, json};

use crate::support::{PASSWORD, PDF, Registered, api, each, multipart, newest_code, register, wrong};

const NEW_EMAIL: &str = "countess@devnet.gxcoin.test";
const NEW_PHONE: &str = "+447700900177";

async fn ada(test: &TestApp) -> Registered {
    register(test, "ada", "+447700900123").await
}

async fn post(test: &TestApp, token: &str, path: &str, body: Value) -> TestAnswer {
    test.advance(Duration::from_secs(1));
    api(test).post(path).token(token).json(&body).send().await
}

async fn login(test: &TestApp, email: &str, password: &str) -> TestAnswer {
    api(test).post("/api/v1/auth/login").json(&json!({ "email": email, "password": password })).send().await
}

async fn ask_email(test: &TestApp, person: &Registered, new: &str) -> TestAnswer {
    post(test, &person.access, "/api/v1/security/email/change", json!({ "password": PASSWORD, "newEmail": new })).await
}

async fn confirm(test: &TestApp, person: &Registered, what: &str, id: &Value, old: &str, new: &str) -> TestAnswer {
    let body = json!({ "changeId": id, "oldCode": old, "newCode": new });
    post(test, &person.access, &format!("/api/v1/security/{what}/confirm"), body).await
}

#[tokio::test]
async fn an_email_address_is_changed_with_codes_from_both_sides() {
    for test in each().await {
        let ada = ada(&test).await;
        let asked = ask_email(&test, &ada, NEW_EMAIL).await;
        assert_eq!(asked.status, 200, "{}", asked.body);
        assert_eq!(asked.body["oldCodeTo"], "a•••@devnet.gxcoin.test");
        let id = &asked.body["changeId"];
        let (old, new) = (newest_code(&test, &ada.email).await, newest_code(&test, NEW_EMAIL).await);
        // Each code proves its own side.
        for (a, b, field) in
            [(&wrong(&old), &new, "oldCode"), (&old, &wrong(&new), "newCode"), (&wrong(&old), &wrong(&new), "oldCode")]
        {
            let answer = confirm(&test, &ada, "email", id, a, b).await;
            assert_eq!((answer.status, answer.code()), (400, "OTP_INVALID"));
            assert_eq!(answer.body["errors"][0]["field"], field);
        }
        assert_eq!(confirm(&test, &ada, "phone", id, &old, &new).await.code(), "OTP_EXPIRED", "another kind of change");
        let eve = register(&test, "eve", "+447700900124").await;
        assert_eq!(confirm(&test, &eve, "email", id, &old, &new).await.code(), "OTP_EXPIRED", "another's change");
        let done = confirm(&test, &ada, "email", id, &old, &new).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(confirm(&test, &ada, "email", id, &old, &new).await.code(), "OTP_EXPIRED", "once");
        assert_eq!(login(&test, &ada.email, PASSWORD).await.code(), "INVALID_CREDENTIALS");
        assert_eq!(login(&test, NEW_EMAIL, PASSWORD).await.status, 200);
        for address in [ada.email.as_str(), NEW_EMAIL] {
            let told = test.mailbox(address).await;
            assert!(told[0].contains("e-mail address of your account was changed"), "{address}: {}", told[0]);
        }
    }
}

#[tokio::test]
async fn five_wrong_codes_or_ten_minutes_end_a_change() {
    for test in each().await {
        let ada = ada(&test).await;
        let asked = ask_email(&test, &ada, NEW_EMAIL).await;
        let id = &asked.body["changeId"];
        let (old, new) = (newest_code(&test, &ada.email).await, newest_code(&test, NEW_EMAIL).await);
        for _ in 0..5 {
            assert_eq!(confirm(&test, &ada, "email", id, &old, &wrong(&new)).await.code(), "OTP_INVALID");
        }
        let over = confirm(&test, &ada, "email", id, &old, &new).await;
        assert_eq!((over.status, over.code()), (429, "OTP_MAX_ATTEMPTS"));
        let soon = ask_email(&test, &ada, NEW_EMAIL).await;
        assert_eq!((soon.status, soon.code()), (429, "OTP_MAX_RESENDS"));

        test.advance(Duration::from_secs(60));
        let asked = ask_email(&test, &ada, NEW_EMAIL).await;
        let (old, new) = (newest_code(&test, &ada.email).await, newest_code(&test, NEW_EMAIL).await);
        test.advance(Duration::from_secs(10 * 60));
        assert_eq!(confirm(&test, &ada, "email", &asked.body["changeId"], &old, &new).await.code(), "OTP_EXPIRED");
        assert_eq!(login(&test, &ada.email, PASSWORD).await.status, 200, "nothing was changed");
    }
}

#[tokio::test]
async fn an_address_of_somebody_else_is_not_given_away() {
    for test in each().await {
        let ada = ada(&test).await;
        let eve = register(&test, "eve", "+447700900124").await;
        let free = ask_email(&test, &ada, NEW_EMAIL).await;
        test.advance(Duration::from_secs(60));
        let taken = ask_email(&test, &ada, &eve.email).await;
        assert_eq!((free.status, taken.status), (200, 200), "{}", taken.body);
        assert_eq!(
            taken.body.as_object().unwrap().keys().collect::<Vec<_>>(),
            free.body.as_object().unwrap().keys().collect::<Vec<_>>()
        );
        let mail = &test.mailbox(&eve.email).await[0];
        assert!(mail.contains("belongs to yours already") && !mail.chars().any(|sign| sign.is_ascii_digit()), "{mail}");
    }
}

#[tokio::test]
async fn the_old_address_takes_a_change_back() {
    for test in each().await {
        let ada = ada(&test).await;
        let asked = ask_email(&test, &ada, NEW_EMAIL).await;
        let (old, new) = (newest_code(&test, &ada.email).await, newest_code(&test, NEW_EMAIL).await);
        assert_eq!(confirm(&test, &ada, "email", &asked.body["changeId"], &old, &new).await.status, 200);
        let mail = test.mailbox(&ada.email).await[0].clone();
        let token = mail.split("/objection?token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let new_mail = test.mailbox(NEW_EMAIL).await[0].clone();
        assert!(!new_mail.contains("objection"), "only the old address gets the way back");

        let object =
            async || api(&test).post("/api/v1/security/objection").json(&json!({ "token": token })).send().await;
        let done = object().await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(object().await.code(), "TICKET_INVALID");
        assert_eq!(api(&test).get("/api/v1/security").token(&ada.access).send().await.code(), "SESSION_REVOKED");
        // Whoever knew the password knows nothing now.
        for address in [ada.email.as_str(), NEW_EMAIL] {
            assert_eq!(login(&test, address, PASSWORD).await.code(), "INVALID_CREDENTIALS", "{address}");
        }
        let person = gx_store::repo::people::find(test.app.store().read(), ada.profile_id).await.unwrap().unwrap();
        assert_eq!(person.email, ada.email);
    }
}

#[tokio::test]
async fn a_phone_number_is_changed_also_when_the_old_one_is_lost() {
    for test in each().await {
        let ada = ada(&test).await;
        let path = "/api/v1/security/phone/change";
        let asked =
            post(&test, &ada.access, path, json!({ "password": PASSWORD, "newPhone": "+44 7700 900177" })).await;
        assert_eq!((asked.status, &asked.body["oldCodeTo"]), (200, &json!("••• 123")), "{}", asked.body);
        let (old, new) = (newest_code(&test, "+447700900123").await, newest_code(&test, NEW_PHONE).await);
        assert_eq!(confirm(&test, &ada, "phone", &asked.body["changeId"], &old, &new).await.status, 200);

        test.advance(Duration::from_secs(60));
        let body = json!({ "password": PASSWORD, "newPhone": "+447700900188", "oldPhoneLost": true });
        let asked = post(&test, &ada.access, path, body).await;
        assert_eq!(asked.body["oldCodeTo"], "a•••@devnet.gxcoin.test", "{}", asked.body);
        let (old, new) = (newest_code(&test, &ada.email).await, newest_code(&test, "+447700900188").await);
        assert_eq!(confirm(&test, &ada, "phone", &asked.body["changeId"], &old, &new).await.status, 200);
        let person = gx_store::repo::people::find(test.app.store().read(), ada.profile_id).await.unwrap().unwrap();
        assert_eq!(person.phone_num.as_deref(), Some("+447700900188"));
        assert!(test.mailbox(&ada.email).await[0].contains("phone number of your account was changed"));

        test.advance(Duration::from_secs(60));
        for (body, field) in [
            (json!({ "password": PASSWORD, "newPhone": "+447700900188" }), "newPhone:FIELD_INVALID"),
            (json!({ "password": PASSWORD, "newPhone": "123" }), "newPhone:PHONE_INVALID_FORMAT"),
            (json!({ "password": "WrongPass1!", "newPhone": NEW_PHONE }), "password:PASSWORD_WRONG"),
        ] {
            assert_eq!(post(&test, &ada.access, path, body).await.field(), field);
        }
    }
}

/// A picture of this size; the file says so, whatever is in it.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let header: Vec<u8> = width.to_be_bytes().into_iter().chain(height.to_be_bytes()).chain([8, 0, 0, 0, 0]).collect();
    for (kind, data) in
        [(b"IHDR", header), (b"tEXt", b"Location\0at home".to_vec()), (b"IDAT", vec![1]), (b"IEND", vec![])]
    {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(kind);
        bytes.extend(data);
        bytes.extend([0; 4]);
    }
    bytes
}

/// A small JPEG with an EXIF segment.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 8];
    bytes.extend(b"Exif\0\0");
    bytes.extend([0xFF, 0xC0, 0, 11, 8]);
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([1, 1, 0x11, 0, 0xFF, 0xDA, 0, 2, 1, 2, 3, 0xFF, 0xD9]);
    bytes
}

async fn upload(test: &TestApp, person: &Registered, file: &[u8]) -> TestAnswer {
    let (content_type, body) = multipart(&[("file", Some("me.exe"), file)]);
    let path = format!("/api/v1/users/{}/avatar", person.profile_id);
    api(test).post(&path).token(&person.access).body(&content_type, body).send().await
}

#[tokio::test]
async fn a_picture_is_known_by_its_content_and_loses_what_cameras_wrote() {
    for test in each().await {
        let ada = ada(&test).await;
        let path = format!("/api/v1/users/{}/avatar", ada.profile_id);
        assert_eq!(api(&test).get(&path).token(&ada.access).send().await.status, 404);
        for (file, status, code) in [
            (PDF.to_vec(), 415, "AVATAR_NOT_ACCEPTED"),
            (b"<svg onload=alert(1)>".to_vec(), 415, "AVATAR_NOT_ACCEPTED"),
            (picture(63, 200), 422, "AVATAR_DIMENSIONS"),
            (picture(200, 4097), 422, "AVATAR_DIMENSIONS"),
            (vec![0; 2 * 1024 * 1024 + 1], 413, "AVATAR_TOO_LARGE"),
        ] {
            let answer = upload(&test, &ada, &file).await;
            assert_eq!((answer.status, answer.code()), (status, code));
        }
        for (file, mime, hidden) in [
            (picture(200, 100), "image/png", b"at home".as_slice()),
            (jpeg(200, 100), "image/jpeg", b"Exif".as_slice()),
        ] {
            let answer = upload(&test, &ada, &file).await;
            assert_eq!(answer.status, 201, "{}", answer.body);
            assert_eq!((&answer.body["width"], &answer.body["height"]), (&json!(200), &json!(100)));
            let shown = api(&test).get(&path).token(&ada.access).send().await;
            assert_eq!((shown.status, shown.header("content-type")), (200, mime));
            assert_eq!(shown.header("x-content-type-options"), "nosniff");
            assert!(shown.header("content-security-policy").contains("sandbox"));
            let row = gx_store::repo::avatars::find(test.app.store().read(), ada.profile_id).await.unwrap().unwrap();
            let kept = test.app.objects().get(&row.object_key).await.unwrap().unwrap();
            assert!(!kept.windows(hidden.len()).any(|part| part == hidden));
            assert!(kept.len() < file.len() && kept.len() == usize::try_from(row.size_bytes).unwrap());
        }
        // Another's is none of one's business; one's own goes with its bytes.
        let eve = register(&test, "eve", "+447700900124").await;
        assert_eq!(api(&test).get(&path).token(&eve.access).send().await.status, 404);
        let row = gx_store::repo::avatars::find(test.app.store().read(), ada.profile_id).await.unwrap().unwrap();
        let gone = api(&test).request(axum::http::Method::DELETE, &path).token(&ada.access).send().await;
        assert_eq!(gone.status, 204);
        assert_eq!(api(&test).get(&path).token(&ada.access).send().await.status, 404);
        assert!(test.app.objects().get(&row.object_key).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn an_account_is_closed_for_good_by_its_owner() {
    for test in each().await {
        let ada = ada(&test).await;
        upload(&test, &ada, &picture(100, 100)).await;
        let other = login(&test, &ada.email, PASSWORD).await;
        let close = async |body: Value| post(&test, &ada.access, "/api/v1/security/close", body).await;
        assert_eq!(close(json!({ "password": "WrongPass123!" })).await.code(), "PASSWORD_WRONG");
        let done = close(json!({ "password": PASSWORD })).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert!(done.body["kept"].as_array().unwrap().len() >= 3);

        for token in [ada.access.as_str(), other.body["accessToken"].as_str().unwrap()] {
            assert_eq!(api(&test).get("/api/v1/security").token(token).send().await.status, 401);
        }
        let again = login(&test, &ada.email, PASSWORD).await;
        assert_eq!((again.status, again.code()), (403, "ACCOUNT_DISABLED"));
        let refreshed =
            api(&test).post("/api/v1/auth/refresh").json(&json!({ "refreshToken": ada.refresh })).send().await;
        assert_eq!(refreshed.status, 401);
        assert!(test.mailbox(&ada.email).await[0].contains("Your account is closed"));
    }
}

#[tokio::test]
async fn an_account_that_is_not_empty_or_under_review_is_not_closed() {
    use gx_store::sea_orm::ConnectionTrait;
    for test in each().await {
        let active = gx_platform::testing::TestPerson {
            status: gx_types::PersonStatus::Active,
            onchain_status: gx_types::OnchainStatus::Registered,
            gx_id: Some("US A07 ABK524 0ABCD 1234".parse().unwrap()),
            ..Default::default()
        };
        let person = test.person(active).await;
        let hash = test.app.passwords().hash(gx_platform::testing::test_password()).await.unwrap();
        let sql =
            format!("UPDATE user_profiles SET password_hash = '{hash}' WHERE profile_id = '{}'", person.profile_id);
        test.write(move |tx| {
            let sql = sql.clone();
            Box::pin(async move { tx.execute_unprepared(&sql).await.map(|_| ()).map_err(Into::into) })
        })
        .await;
        let row = gx_store::repo::people::find(test.app.store().read(), person.profile_id).await.unwrap().unwrap();
        let gx_id = row.gx_id.unwrap().0;
        let set_balance = async |settled: u64| {
            let sql = format!("UPDATE accounts SET settled_balance = {settled} WHERE account_id = '{gx_id}'");
            test.write(move |tx| {
                let sql = sql.clone();
                Box::pin(async move { tx.execute_unprepared(&sql).await.map(|_| ()).map_err(Into::into) })
            })
            .await;
        };
        let sql = format!(
            "INSERT INTO accounts (account_id, kind, country_code, settled_balance, status, created_block, \
             updated_block, updated_at) VALUES ('{gx_id}', 'PERSON', 'GB', 5, 'ACTIVE', 1, 1, 1) ON CONFLICT DO NOTHING"
        );
        test.write(move |tx| {
            let sql = sql.clone();
            Box::pin(async move { tx.execute_unprepared(&sql).await.map(|_| ()).map_err(Into::into) })
        })
        .await;
        set_balance(5).await;
        let body = || json!({ "password": gx_platform::testing::test_password().expose() });
        let full = post(&test, &person.token, "/api/v1/security/close", body()).await;
        assert_eq!((full.status, full.code()), (409, "ACCOUNT_NOT_EMPTY"), "{}", full.body);
        assert!(full.body["detail"].as_str().unwrap().contains("5 Q"), "{}", full.body);
        set_balance(0).await;
        assert_eq!(post(&test, &person.token, "/api/v1/security/close", body()).await.status, 200);
    }
}
