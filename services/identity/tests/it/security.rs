//! Protecting an account: second factor, PIN, passwords, sessions and devices; who is told of what.

use std::time::Duration;

use gx_platform::testing::{TestAnswer, TestApp};
use gx_types::Actor;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Registered, api, each, register};

const NEW_PASSWORD: &str = "AnotherPass456!";
const CHROME: &str =
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36";

async fn ada(test: &TestApp) -> Registered {
    register(test, "ada", "+447700900123").await
}

async fn post(test: &TestApp, token: &str, path: &str, body: Value) -> TestAnswer {
    test.advance(Duration::from_secs(1));
    api(test).post(path).token(token).json(&body).send().await
}

async fn put(test: &TestApp, token: &str, path: &str, body: Value) -> TestAnswer {
    test.advance(Duration::from_secs(1));
    api(test).request(axum::http::Method::PUT, path).token(token).json(&body).send().await
}

async fn login(test: &TestApp, email: &str, password: &str) -> TestAnswer {
    api(test).post("/api/v1/auth/login").json(&json!({ "email": email, "password": password })).send().await
}

async fn second(test: &TestApp, ticket: &str, code: &str) -> TestAnswer {
    let body = json!({ "ticket": ticket, "code": code });
    api(test).post("/api/v1/auth/login/second-factor").json(&body).send().await
}

/// What the app on the person's phone shows.
async fn code(test: &TestApp, person: &Registered) -> String {
    let owner = Actor::Person(person.profile_id);
    test.app.second_factors().current_code(test.app.store(), owner).await.unwrap().unwrap()
}

/// Switches two-step sign-in on; the backup codes.
async fn with_totp(test: &TestApp, person: &Registered) -> Vec<String> {
    let setup = post(test, &person.access, "/api/v1/security/totp/setup", json!({ "password": PASSWORD })).await;
    assert_eq!(setup.status, 200, "{}", setup.body);
    assert!(setup.body["qrSvg"].as_str().unwrap().starts_with("<svg"));
    assert!(
        setup.body["uri"].as_str().unwrap().starts_with("otpauth://totp/GX%20devnet:ada@devnet.gxcoin.test?secret=")
    );
    let confirm =
        post(test, &person.access, "/api/v1/security/totp/confirm", json!({ "code": code(test, person).await })).await;
    assert_eq!(confirm.status, 200, "{}", confirm.body);
    // The code that switched it on is spent.
    test.advance(Duration::from_secs(30));
    confirm.body["backupCodes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

async fn ticket(test: &TestApp, person: &Registered) -> String {
    let answer = login(test, &person.email, PASSWORD).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert!(answer.body.get("accessToken").is_none());
    answer.body["ticket"].as_str().unwrap().to_owned()
}

async fn mails(test: &TestApp, person: &Registered, word: &str) -> usize {
    test.mailbox(&person.email).await.iter().filter(|mail| mail.contains(word)).count()
}

async fn notices(test: &TestApp, person: &Registered) -> Vec<String> {
    let rows = gx_store::repo::notifications::list(test.app.store().read(), person.profile_id, None, None, 50).await;
    rows.unwrap().into_iter().map(|row| row.title).collect()
}

async fn overview(test: &TestApp, person: &Registered) -> Value {
    let answer = api(test).get("/api/v1/security").token(&person.access).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

#[tokio::test]
async fn with_two_steps_a_password_alone_opens_nothing() {
    for test in each().await {
        let ada = ada(&test).await;
        let codes = with_totp(&test, &ada).await;
        assert_eq!(codes.len(), 10);
        assert_eq!(overview(&test, &ada).await["totp"]["backupCodesLeft"], 10);
        let first = ticket(&test, &ada).await;
        let wrong = second(&test, &first, "000000").await;
        assert_eq!((wrong.status, wrong.code()), (400, "SECOND_FACTOR_INVALID"));
        let now = code(&test, &ada).await;
        let right = second(&test, &first, &now).await;
        assert_eq!(right.status, 200, "{}", right.body);
        assert!(right.body["refreshToken"].is_string());

        // Neither the ticket nor the code is good twice.
        assert_eq!(second(&test, &first, &codes[0]).await.code(), "TICKET_INVALID");
        let next = ticket(&test, &ada).await;
        assert_eq!(second(&test, &next, &now).await.code(), "SECOND_FACTOR_INVALID");
        // A ticket lives five minutes.
        test.advance(Duration::from_secs(300));
        assert_eq!(second(&test, &next, &code(&test, &ada).await).await.code(), "TICKET_INVALID");
        assert_eq!(mails(&test, &ada, "signing in takes a code").await, 1);
    }
}

#[tokio::test]
async fn locked_codes_end_by_waiting_or_by_a_backup_code() {
    for test in each().await {
        let ada = ada(&test).await;
        let codes = with_totp(&test, &ada).await;
        let first = ticket(&test, &ada).await;
        for _ in 0..5 {
            assert_eq!(second(&test, &first, "000000").await.code(), "SECOND_FACTOR_INVALID");
        }
        let locked = second(&test, &first, &code(&test, &ada).await).await;
        assert_eq!((locked.status, locked.code()), (429, "SECOND_FACTOR_LOCKED"));
        assert!(!locked.header("retry-after").is_empty());
        assert_eq!(mails(&test, &ada, "Five wrong codes").await, 1);

        // Another login is no way around the lock; a backup code is the way in.
        let again = ticket(&test, &ada).await;
        assert_eq!(second(&test, &again, &code(&test, &ada).await).await.code(), "SECOND_FACTOR_LOCKED");
        assert_eq!(second(&test, &again, &codes[0]).await.status, 200);
        assert_eq!(mails(&test, &ada, "used one of your backup codes").await, 1);
        assert_eq!(overview(&test, &ada).await["totp"]["backupCodesLeft"], 9);
        let next = ticket(&test, &ada).await;
        assert_eq!(second(&test, &next, &codes[0]).await.code(), "SECOND_FACTOR_INVALID", "good once");
        assert_eq!(second(&test, &next, &code(&test, &ada).await).await.status, 200, "the lock was lifted");
    }
}

#[tokio::test]
async fn a_new_password_ends_logins_that_are_half_done() {
    let test = TestApp::start().await;
    let ada = ada(&test).await;
    with_totp(&test, &ada).await;
    let first = ticket(&test, &ada).await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    assert_eq!(post(&test, &ada.access, "/api/v1/auth/password/change", body).await.status, 200);
    assert_eq!(second(&test, &first, &code(&test, &ada).await).await.code(), "TICKET_INVALID");
}

#[tokio::test]
async fn two_steps_are_switched_off_with_password_and_code_only() {
    for test in each().await {
        let ada = ada(&test).await;
        let path = "/api/v1/security/totp/disable";
        let off = post(&test, &ada.access, path, json!({ "password": PASSWORD })).await;
        assert_eq!((off.status, off.code()), (409, "SECOND_FACTOR_OFF"));
        let codes = with_totp(&test, &ada).await;
        for (body, code) in [
            (json!({ "password": "WrongPass123!", "code": codes[0] }), "PASSWORD_WRONG"),
            (json!({ "password": PASSWORD }), "SECOND_FACTOR_REQUIRED"),
            (json!({ "password": PASSWORD, "code": "" }), "SECOND_FACTOR_REQUIRED"),
            (json!({ "password": PASSWORD, "code": "000000" }), "SECOND_FACTOR_INVALID"),
        ] {
            let answer = post(&test, &ada.access, path, body).await;
            assert_eq!((answer.status, answer.code()), (400, code));
        }
        // New codes end the old ones.
        let body = json!({ "password": PASSWORD, "code": code(&test, &ada).await });
        let new = post(&test, &ada.access, "/api/v1/security/totp/backup-codes", body).await;
        assert_eq!(new.status, 200, "{}", new.body);
        let old = post(&test, &ada.access, path, json!({ "password": PASSWORD, "code": codes[0] })).await;
        assert_eq!(old.code(), "SECOND_FACTOR_INVALID");
        let body = json!({ "password": PASSWORD, "code": new.body["backupCodes"][0] });
        assert_eq!(post(&test, &ada.access, path, body).await.status, 200);
        assert_eq!(login(&test, &ada.email, PASSWORD).await.status, 200);
        let told = notices(&test, &ada).await;
        for title in ["Two-step sign-in is on", "New backup codes", "Two-step sign-in is off"] {
            assert!(told.iter().any(|known| known == title), "{title}: {told:?}");
        }
    }
}

#[tokio::test]
async fn guessing_the_password_from_a_session_locks_as_logins_do() {
    let test = TestApp::start().await;
    let ada = ada(&test).await;
    let body = || json!({ "password": "WrongPass123!" });
    for _ in 0..5 {
        let answer = post(&test, &ada.access, "/api/v1/security/totp/setup", body()).await;
        assert_eq!((answer.status, answer.code()), (400, "PASSWORD_WRONG"));
    }
    let right = post(&test, &ada.access, "/api/v1/security/totp/setup", json!({ "password": PASSWORD })).await;
    assert_eq!((right.status, right.code()), (429, "ACCOUNT_LOCKED"));
    assert_eq!(login(&test, &ada.email, PASSWORD).await.code(), "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn a_pin_is_set_changed_and_removed_with_the_password() {
    for test in each().await {
        let ada = ada(&test).await;
        let path = "/api/v1/security/pin";
        for (pin, code) in [
            ("12345", "PIN_INVALID_FORMAT"),
            ("12345a", "PIN_INVALID_FORMAT"),
            ("123456", "PIN_TOO_SIMPLE"),
            ("777777", "PIN_TOO_SIMPLE"),
            ("150390", "PIN_TOO_SIMPLE"),
        ] {
            let answer = put(&test, &ada.access, path, json!({ "password": PASSWORD, "pin": pin })).await;
            assert_eq!((answer.status, answer.code()), (400, code), "{pin}");
        }
        let wrong = put(&test, &ada.access, path, json!({ "password": "WrongPass123!", "pin": "481516" })).await;
        assert_eq!(wrong.code(), "PASSWORD_WRONG");
        let none = post(&test, &ada.access, "/api/v1/security/pin/remove", json!({ "password": PASSWORD })).await;
        assert_eq!((none.status, none.code()), (409, "PIN_NOT_SET"));

        for pin in ["481516", "908172"] {
            let answer = put(&test, &ada.access, path, json!({ "password": PASSWORD, "pin": pin })).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        assert_eq!(overview(&test, &ada).await["pin"]["on"], true);
        let step_up = async |pin: &str| post(&test, &ada.access, "/api/v1/auth/step-up", json!({ "pin": pin })).await;
        assert_eq!(step_up("481516").await.code(), "PIN_INVALID", "the old one");
        assert_eq!(step_up("908172").await.status, 200);

        let removed = post(&test, &ada.access, "/api/v1/security/pin/remove", json!({ "password": PASSWORD })).await;
        assert_eq!(removed.status, 200, "{}", removed.body);
        assert_eq!(step_up("908172").await.code(), "STEP_UP_SETUP_REQUIRED");
        let told = notices(&test, &ada).await;
        for title in ["PIN set", "PIN changed", "PIN removed"] {
            assert!(told.iter().any(|known| known == title), "{title}: {told:?}");
        }
        // The database holds neither the PIN nor anything that a list of all PINs would find it from.
        let row =
            gx_store::repo::person_security::find(test.app.store().read(), ada.profile_id).await.unwrap().unwrap();
        assert!(row.pin_hash.is_none() && row.pin_set_at.is_none());
    }
}

#[tokio::test]
async fn five_wrong_pins_lock_it_until_half_an_hour_is_over_or_a_new_one_is_set() {
    for test in each().await {
        let ada = ada(&test).await;
        let set = async |pin: &str| {
            let body = json!({ "password": PASSWORD, "pin": pin });
            assert_eq!(put(&test, &ada.access, "/api/v1/security/pin", body).await.status, 200);
        };
        let step_up = async |pin: &str| post(&test, &ada.access, "/api/v1/auth/step-up", json!({ "pin": pin })).await;
        set("481516").await;
        for left in ["4 tries are left", "3 tries are left", "2 tries are left", "One try is left", "locked"] {
            let answer = step_up("481517").await;
            assert_eq!((answer.status, answer.code()), (400, "PIN_INVALID"));
            assert!(answer.body["detail"].as_str().unwrap().contains(left), "{}", answer.body);
        }
        let locked = step_up("481516").await;
        assert_eq!((locked.status, locked.code()), (429, "PIN_LOCKED"));
        assert!(overview(&test, &ada).await["pin"]["lockedUntil"].is_string());
        assert_eq!(mails(&test, &ada, "wrong PIN was entered five times").await, 1);

        set("908172").await;
        assert_eq!(step_up("908172").await.status, 200, "a new PIN lifts the lock");
        for _ in 0..5 {
            step_up("481517").await;
        }
        test.advance(Duration::from_secs(29 * 60));
        let answer = login(&test, &ada.email, PASSWORD).await;
        let access = answer.body["accessToken"].as_str().unwrap().to_owned();
        let later = async || post(&test, &access, "/api/v1/auth/step-up", json!({ "pin": "908172" })).await;
        assert_eq!(later().await.code(), "PIN_LOCKED");
        test.advance(Duration::from_secs(61));
        assert_eq!(later().await.status, 200);
    }
}

#[tokio::test]
async fn of_many_pins_tried_at_once_no_more_than_five_are_looked_at() {
    for test in each().await {
        let ada = ada(&test).await;
        let body = json!({ "password": PASSWORD, "pin": "481516" });
        assert_eq!(put(&test, &ada.access, "/api/v1/security/pin", body).await.status, 200);
        let tries = (0..12).map(|number| {
            let (test, access) = (&test, ada.access.clone());
            async move {
                let pin = format!("48{number:04}");
                let request = api(test).post("/api/v1/auth/step-up").token(&access).json(&json!({ "pin": pin }));
                request.send().await.code().to_owned()
            }
        });
        let codes: Vec<String> = futures::future::join_all(tries).await;
        let count = |wanted: &str| codes.iter().filter(|code| *code == wanted).count();
        assert_eq!((count("PIN_INVALID"), count("PIN_LOCKED")), (5, 7), "{codes:?}");
    }
}

#[tokio::test]
async fn with_two_steps_a_pin_needs_a_code_as_well() {
    let test = TestApp::start().await;
    let ada = ada(&test).await;
    with_totp(&test, &ada).await;
    let body = json!({ "password": PASSWORD, "pin": "481516" });
    assert_eq!(put(&test, &ada.access, "/api/v1/security/pin", body).await.code(), "SECOND_FACTOR_REQUIRED");
    let body = json!({ "password": PASSWORD, "pin": "481516", "code": code(&test, &ada).await });
    assert_eq!(put(&test, &ada.access, "/api/v1/security/pin", body).await.status, 200);
}

#[tokio::test]
async fn the_step_up_amount_can_be_lower_than_the_platforms_never_higher() {
    for test in each().await {
        let ada = ada(&test).await;
        let set = async |amount: Value| {
            let mut body = json!({ "password": PASSWORD });
            if !amount.is_null() {
                body["amount"] = amount;
            }
            put(&test, &ada.access, "/api/v1/security/step-up-amount", body).await
        };
        assert_eq!(overview(&test, &ada).await["stepUpAmount"], "100000000");
        assert_eq!(set(json!("5000000")).await.status, 200);
        let view = overview(&test, &ada).await;
        assert_eq!((&view["stepUpAmount"], &view["stepUpOwn"]), (&json!("5000000"), &json!(true)));
        assert_eq!(set(json!("0")).await.status, 200);
        let high = set(json!("100000001")).await;
        assert_eq!((high.status, high.code()), (422, "STEP_UP_AMOUNT_TOO_HIGH"));
        assert_eq!(overview(&test, &ada).await["stepUpAmount"], "0");
        assert_eq!(set(Value::Null).await.status, 200);
        let view = overview(&test, &ada).await;
        assert_eq!((&view["stepUpAmount"], &view["stepUpOwn"]), (&json!("100000000"), &json!(false)));
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    for test in each().await {
        let ada = ada(&test).await;
        let other = login(&test, &ada.email, PASSWORD).await;
        let change = async |current: &str, new: &str, again: &str| {
            let body = json!({ "currentPassword": current, "newPassword": new, "confirmPassword": again });
            post(&test, &ada.access, "/api/v1/auth/password/change", body).await
        };
        assert_eq!(change("WrongPass123!", NEW_PASSWORD, NEW_PASSWORD).await.code(), "PASSWORD_WRONG");
        assert_eq!(change(PASSWORD, "short", "short").await.code(), "PASSWORD_TOO_SHORT");
        assert_eq!(change(PASSWORD, NEW_PASSWORD, "Different456!").await.code(), "PASSWORDS_DONT_MATCH");
        assert_eq!(change(PASSWORD, PASSWORD, PASSWORD).await.code(), "PASSWORD_UNCHANGED");
        let done = change(PASSWORD, NEW_PASSWORD, NEW_PASSWORD).await;
        assert_eq!(done.status, 200, "{}", done.body);

        overview(&test, &ada).await;
        let gone = api(&test).get("/api/v1/security").token(other.body["accessToken"].as_str().unwrap()).send().await;
        assert_eq!((gone.status, gone.code()), (401, "SESSION_REVOKED"));
        assert_eq!(login(&test, &ada.email, PASSWORD).await.code(), "INVALID_CREDENTIALS");
        assert_eq!(login(&test, &ada.email, NEW_PASSWORD).await.status, 200);
        assert_eq!(mails(&test, &ada, "every other session was ended").await, 1);
    }
}

/// The token in the newest mail that has one; waits for it, because it is sent after the answer.
async fn reset_token(test: &TestApp, person: &Registered, seen: usize) -> String {
    for _ in 0..600 {
        let mails = test.mailbox(&person.email).await;
        let tokens: Vec<String> = mails
            .iter()
            .filter_map(|mail| mail.split("/reset?token=").nth(1))
            .map(|rest| rest.split_whitespace().next().unwrap().to_owned())
            .collect();
        if tokens.len() > seen {
            return tokens[0].clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no mail with a token came");
}

#[tokio::test]
async fn a_password_is_reset_by_mail_and_two_steps_stay_on() {
    for test in each().await {
        let ada = ada(&test).await;
        with_totp(&test, &ada).await;
        let forgot = async |email: &str| {
            api(&test).post("/api/v1/auth/password/forgot").json(&json!({ "email": email })).send().await
        };
        let reset = async |token: &str| {
            let body = json!({ "token": token, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
            api(&test).post("/api/v1/auth/password/reset").json(&body).send().await
        };
        // Locked out by somebody's guesses.
        for _ in 0..5 {
            login(&test, &ada.email, "WrongPass123!").await;
        }
        assert_eq!(login(&test, &ada.email, PASSWORD).await.code(), "ACCOUNT_LOCKED");

        // 1. The same answer, known or not.
        let known = forgot(" ADA@devnet.gxcoin.test").await;
        let unknown = forgot("nobody@devnet.gxcoin.test").await;
        assert_eq!((known.status, &known.body), (202, &unknown.body));
        assert_eq!(unknown.status, 202);
        let first = reset_token(&test, &ada, 0).await;

        // 2. A newer mail ends the older token.
        test.advance(Duration::from_secs(61));
        forgot(&ada.email).await;
        let token = reset_token(&test, &ada, 1).await;
        assert_ne!(token, first);
        assert_eq!(reset(&first).await.code(), "TICKET_INVALID");

        // 3. Set, once.
        let done = reset(&token).await;
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(reset(&token).await.code(), "TICKET_INVALID");
        let gone = api(&test).get("/api/v1/security").token(&ada.access).send().await;
        assert_eq!((gone.status, gone.code()), (401, "SESSION_REVOKED"));
        let answer = login(&test, &ada.email, NEW_PASSWORD).await;
        assert_eq!(answer.status, 202, "the lock is lifted, the second step stays: {}", answer.body);
        assert_eq!(mails(&test, &ada, "A new password was set by mail").await, 1);
    }
}

#[tokio::test]
async fn a_reset_token_lives_half_an_hour_and_is_no_other_token() {
    let test = TestApp::start().await;
    let ada = ada(&test).await;
    api(&test).post("/api/v1/auth/password/forgot").json(&json!({ "email": ada.email })).send().await;
    let token = reset_token(&test, &ada, 0).await;
    // Tokens of one family at the door of another: a coded refusal each.
    assert_eq!(second(&test, &token, "123456").await.code(), "TICKET_INVALID");
    let objection = api(&test).post("/api/v1/security/objection").json(&json!({ "token": token })).send().await;
    assert_eq!(objection.code(), "TICKET_INVALID");
    let refresh = api(&test).post("/api/v1/auth/refresh").json(&json!({ "refreshToken": token })).send().await;
    assert_eq!(refresh.code(), "UNAUTHORIZED");
    let grant = post(&test, &ada.access, "/api/v1/auth/step-up", json!({ "grant": token })).await;
    assert_eq!((grant.status, grant.field()), (422, "grant:FIELD_INVALID".to_owned()));
    assert_eq!(api(&test).get("/api/v1/security").token(&token).send().await.code(), "UNAUTHORIZED");
    for other in [ada.refresh.as_str(), ada.access.as_str(), "", "gxt_", &token[1..], &format!("{token}0")] {
        let body = json!({ "token": other, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
        let answer = api(&test).post("/api/v1/auth/password/reset").json(&body).send().await;
        assert_eq!((answer.status, answer.code()), (400, "TICKET_INVALID"), "{other}");
    }
    test.advance(Duration::from_secs(30 * 60));
    let body = json!({ "token": token, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
    let late = api(&test).post("/api/v1/auth/password/reset").json(&body).send().await;
    assert_eq!(late.code(), "TICKET_INVALID");
    assert_eq!(login(&test, &ada.email, PASSWORD).await.status, 200, "nothing was changed");
}

#[tokio::test]
async fn sessions_are_listed_named_and_ended() {
    for test in each().await {
        let ada = ada(&test).await;
        let body = json!({ "email": ada.email, "password": PASSWORD });
        let phone = api(&test).post("/api/v1/auth/login").header("user-agent", CHROME).json(&body).send().await;
        let phone_token = phone.body["accessToken"].as_str().unwrap().to_owned();
        let list = async |token: &str| {
            api(&test).get("/api/v1/security/sessions").token(token).send().await.body["sessions"].clone()
        };
        let sessions = list(&ada.access).await;
        assert_eq!(sessions.as_array().unwrap().len(), 2);
        assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(true), &json!(false)));
        assert_eq!(sessions[1]["deviceName"], "Chrome on Android");
        let path = format!("/api/v1/security/sessions/{}", sessions[1]["sessionId"].as_str().unwrap());

        let renamed = api(&test).patch(&path).token(&ada.access).json(&json!({ "name": " Phone " })).send().await;
        assert_eq!(renamed.body["sessions"][1]["deviceName"], "Phone", "{}", renamed.body);
        let long = json!({ "name": "x".repeat(61) });
        assert_eq!(api(&test).patch(&path).token(&ada.access).json(&long).send().await.status, 422);

        // Somebody else can neither name nor end it.
        let eve = register(&test, "eve", "+447700900124").await;
        let named = api(&test).patch(&path).token(&eve.access).json(&json!({ "name": "mine" })).send().await;
        let ended = api(&test).request(axum::http::Method::DELETE, &path).token(&eve.access).send().await;
        assert_eq!((named.status, ended.status), (404, 404));

        let ended = api(&test).request(axum::http::Method::DELETE, &path).token(&ada.access).send().await;
        assert_eq!(ended.status, 200, "{}", ended.body);
        let again = api(&test).request(axum::http::Method::DELETE, &path).token(&ada.access).send().await;
        assert_eq!(again.status, 404);
        assert_eq!(api(&test).get("/api/v1/security").token(&phone_token).send().await.code(), "SESSION_REVOKED");

        for _ in 0..3 {
            login(&test, &ada.email, PASSWORD).await;
        }
        let all = post(&test, &ada.access, "/api/v1/security/sessions/revoke-others", json!({})).await;
        assert_eq!(all.body["ended"], 3, "{}", all.body);
        assert_eq!(list(&ada.access).await.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_new_device_is_told_and_a_known_one_is_not() {
    for test in each().await {
        let ada = ada(&test).await;
        login(&test, &ada.email, PASSWORD).await;
        assert_eq!(mails(&test, &ada, "from a device that was not used before").await, 0, "as at registration");
        let body = json!({ "email": ada.email, "password": PASSWORD });
        for _ in 0..2 {
            let answer = api(&test).post("/api/v1/auth/login").header("user-agent", CHROME).json(&body).send().await;
            assert_eq!(answer.status, 200);
        }
        assert_eq!(mails(&test, &ada, "Chrome on Android").await, 1);
        assert_eq!(notices(&test, &ada).await, ["New device"]);
    }
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_session_and_its_owner_is_told() {
    for test in each().await {
        let ada = ada(&test).await;
        let refresh = async |token: &str| {
            api(&test).post("/api/v1/auth/refresh").json(&json!({ "refreshToken": token })).send().await
        };
        let mut ended = test.app.bus().subscribe();
        let renewed = refresh(&ada.refresh).await;
        assert_eq!(renewed.status, 200);
        let stolen = refresh(&ada.refresh).await;
        assert_eq!((stolen.status, stolen.code()), (401, "SESSION_REVOKED"));
        // The owner's newer tokens are over as well.
        let (access, token) = (&renewed.body["accessToken"], &renewed.body["refreshToken"]);
        assert_eq!(refresh(token.as_str().unwrap()).await.code(), "SESSION_REVOKED");
        let gone = api(&test).get("/api/v1/security").token(access.as_str().unwrap()).send().await;
        assert_eq!(gone.code(), "SESSION_REVOKED");
        assert_eq!(mails(&test, &ada, "sign-in token was used a second time").await, 1);
        assert_eq!(notices(&test, &ada).await, ["A session was ended for your safety"]);
        let message = ended.recv().await.unwrap();
        assert!(matches!(message, gx_platform::BusMessage::SessionEnded { .. }), "{message:?}");
    }
}

/// The entries of the audit chain about a person, the oldest first: event and actor.
async fn chain(test: &TestApp, person: &Registered) -> Vec<(String, String)> {
    use gx_store::audit::{self, AuditFilter};
    let rows = audit::list(test.app.store().read(), &AuditFilter::default(), 200).await.unwrap();
    let about = format!("person:{}", person.profile_id);
    let by_them =
        |row: &gx_store::audit::AuditRow| row.object.0.to_string() == about || row.actor.0.to_string() == about;
    let mut entries: Vec<_> = rows.iter().filter(|row| by_them(row)).map(|row| row.entry().unwrap()).collect();
    entries.reverse();
    for entry in &entries {
        let text = serde_json::to_string(entry).unwrap();
        for word in ["Ada", "Lovelace", "gxcoin", "447700", "481516", PASSWORD, NEW_PASSWORD] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    let who =
        |actor: Actor| if actor == Actor::Person(person.profile_id) { "person".to_owned() } else { actor.to_string() };
    entries.into_iter().map(|entry| (entry.event.to_string(), who(entry.actor))).collect()
}

fn by<'a>(actor: &str, events: &[&'a str]) -> Vec<(String, String)> {
    events.iter().map(|event: &&'a str| ((*event).to_owned(), actor.to_owned())).collect()
}

#[tokio::test]
async fn what_happens_to_an_account_is_in_the_audit_chain_with_who_did_it() {
    for test in each().await {
        let ada = ada(&test).await;
        let mut expected = chain(&test, &ada).await;

        // Failures and the lock; what strangers type is no entry.
        for _ in 0..5 {
            assert_eq!(login(&test, &ada.email, "wrong").await.status, 401);
        }
        login(&test, "nobody@devnet.gxcoin.test", "wrong").await;
        expected.extend(by("platform", &["PERSON_SIGN_IN_FAILED"; 4]));
        expected.extend(by("platform", &["PERSON_LOCKED_OUT"]));
        assert_eq!(chain(&test, &ada).await, expected);
        test.advance(Duration::from_secs(15 * 60));

        // PIN: set, locked by whoever it was.
        let access = login(&test, &ada.email, PASSWORD).await.body["accessToken"].as_str().unwrap().to_owned();
        put(&test, &access, "/api/v1/security/pin", json!({ "password": PASSWORD, "pin": "481516" })).await;
        for _ in 0..5 {
            post(&test, &access, "/api/v1/auth/step-up", json!({ "pin": "481517" })).await;
        }
        expected.extend(by("person", &["PERSON_SIGNED_IN", "PERSON_PIN_SET"]));
        expected.extend(by("platform", &["PERSON_PIN_LOCKED"]));
        assert_eq!(chain(&test, &ada).await, expected);

        // Second factor: on, a wrong code, a right one, off.
        let person = Registered { access: access.clone(), refresh: String::new(), email: ada.email.clone(), ..ada };
        let codes = with_totp(&test, &person).await;
        let first = ticket(&test, &person).await;
        second(&test, &first, "000000").await;
        let signed_in = second(&test, &first, &codes[0]).await;
        assert_eq!(signed_in.status, 200, "{}", signed_in.body);
        let off = json!({ "password": PASSWORD, "code": codes[1] });
        assert_eq!(post(&test, &access, "/api/v1/security/totp/disable", off).await.status, 200);
        expected.extend(by("person", &["PERSON_TOTP_ENABLED"]));
        expected.extend(by("platform", &["PERSON_SIGN_IN_FAILED"]));
        expected.extend(by("person", &["PERSON_BACKUP_CODE_USED", "PERSON_SIGNED_IN", "PERSON_BACKUP_CODE_USED"]));
        expected.extend(by("person", &["PERSON_TOTP_DISABLED"]));
        assert_eq!(chain(&test, &person).await, expected);

        // Sessions: one is ended, then a spent token comes.
        let ended = post(&test, &access, "/api/v1/security/sessions/revoke-others", json!({})).await;
        let ended = usize::try_from(ended.body["ended"].as_u64().unwrap()).unwrap();
        expected.extend(by("person", &vec!["PERSON_SIGNED_OUT"; ended]));
        let tokens = login(&test, &person.email, PASSWORD).await.body;
        let spent = json!({ "refreshToken": tokens["refreshToken"] });
        for _ in 0..2 {
            api(&test).post("/api/v1/auth/refresh").json(&spent).send().await;
        }
        expected.extend(by("person", &["PERSON_SIGNED_IN"]));
        expected.extend(by("platform", &["PERSON_TOKEN_REUSED"]));
        assert_eq!(chain(&test, &person).await, expected);

        // The password, and the end of the account.
        let body = json!({ "currentPassword": PASSWORD, "newPassword": NEW_PASSWORD, "confirmPassword": NEW_PASSWORD });
        assert_eq!(post(&test, &access, "/api/v1/auth/password/change", body).await.status, 200);
        let out = api(&test).post("/api/v1/auth/logout").token(&access).send().await;
        assert_eq!(out.status, 200, "{}", out.body);
        expected.extend(by("person", &["PERSON_PASSWORD_CHANGED", "PERSON_SIGNED_OUT"]));
        let last = login(&test, &person.email, NEW_PASSWORD).await.body["accessToken"].as_str().unwrap().to_owned();
        let closed = post(&test, &last, "/api/v1/security/close", json!({ "password": NEW_PASSWORD })).await;
        assert_eq!(closed.status, 200, "{}", closed.body);
        expected.extend(by("person", &["PERSON_SIGNED_IN", "PERSON_CLOSED"]));
        assert_eq!(chain(&test, &person).await, expected);
        assert_eq!(gx_store::audit::check(test.app.store().read(), None).await.unwrap().faults(), []);
    }
}
