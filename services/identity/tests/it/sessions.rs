//! Signing in: no oracle, the lock, tokens that are good once, cookies, signing out.

use std::time::Duration;

use gx_platform::testing::{TestAnswer, TestApp, TestOptions};
use gx_store::repo::people;
use gx_types::{PersonChange, PersonStatus};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Registered, api, each, register};

async fn login(test: &TestApp, email: &str, password: &str) -> TestAnswer {
    api(test).post("/api/v1/auth/login").json(&json!({ "email": email, "password": password })).send().await
}

async fn refresh(test: &TestApp, token: &str) -> TestAnswer {
    api(test).post("/api/v1/auth/refresh").json(&json!({ "refreshToken": token })).send().await
}

async fn profile(test: &TestApp, person: &Registered, access: &str) -> TestAnswer {
    api(test).get(&format!("/api/v1/users/{}", person.profile_id)).token(access).send().await
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn signing_in_with_tokens() {
    for test in each().await {
        let ada = register(&test, "ada", "+447700900123").await;
        let answer = login(&test, " ADA@Devnet.gxcoin.test ", PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["expiresIn"], 900);
        assert_eq!(answer.body["user"]["profileId"], ada.profile_id.to_string());
        assert!(answer.body.get("csrfToken").is_none());
        assert!(answer.header("set-cookie").is_empty());
        let access = text(&answer.body, "accessToken");
        assert_eq!(profile(&test, &ada, &access).await.status, 200);
        // Fifteen minutes later the access token is over.
        test.advance(Duration::from_secs(15 * 60));
        assert_eq!(profile(&test, &ada, &access).await.status, 401);
    }
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_look_alike() {
    let test = TestApp::start().await;
    register(&test, "ada", "+447700900123").await;
    let wrong = login(&test, "ada@devnet.gxcoin.test", "WrongPass123!").await;
    let unknown = login(&test, "nobody@devnet.gxcoin.test", "WrongPass123!").await;
    let odd = login(&test, "no address at all", "WrongPass123!").await;
    let long = login(&test, "ada@devnet.gxcoin.test", &"x".repeat(5_000)).await;
    for answer in [&wrong, &unknown, &odd, &long] {
        assert_eq!((answer.status, answer.code()), (401, "INVALID_CREDENTIALS"));
        assert_eq!(answer.body["detail"], wrong.body["detail"]);
        assert_eq!(answer.body["errors"], wrong.body["errors"]);
    }
    for (body, status, field) in [
        (json!({ "email": "", "password": PASSWORD }), 400, "email:EMAIL_REQUIRED"),
        (json!({ "email": "a@b.cd", "password": "" }), 400, "password:PASSWORD_REQUIRED"),
        (json!({ "password": PASSWORD }), 422, "email:FIELD_REQUIRED"),
        (json!({ "email": "a@b.cd" }), 422, "password:FIELD_REQUIRED"),
        (json!({ "email": "a@b.cd", "password": PASSWORD, "transport": "x" }), 422, "transport:FIELD_INVALID"),
    ] {
        let answer = api(&test).post("/api/v1/auth/login").json(&body).send().await;
        assert_eq!((answer.status, answer.field().as_str()), (status, field));
    }
}

#[tokio::test]
async fn five_failures_lock_known_and_unknown_addresses_alike() {
    for test in each().await {
        register(&test, "ada", "+447700900123").await;
        for email in ["ada@devnet.gxcoin.test", "nobody@devnet.gxcoin.test"] {
            for _ in 0..5 {
                assert_eq!(login(&test, email, "WrongPass123!").await.code(), "INVALID_CREDENTIALS", "{email}");
            }
            let answer = login(&test, email, PASSWORD).await;
            assert_eq!((answer.status, answer.code()), (429, "ACCOUNT_LOCKED"), "{email}");
            assert_eq!(answer.header("retry-after"), "900");
        }
        test.advance(Duration::from_secs(15 * 60 - 1));
        assert_eq!(login(&test, "ada@devnet.gxcoin.test", PASSWORD).await.code(), "ACCOUNT_LOCKED");
        test.advance(Duration::from_secs(1));
        assert_eq!(login(&test, "ada@devnet.gxcoin.test", PASSWORD).await.status, 200);
        assert_eq!(login(&test, "nobody@devnet.gxcoin.test", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    }
}

#[tokio::test]
async fn signing_in_forgets_failures_and_so_does_time() {
    let test = TestApp::start().await;
    register(&test, "ada", "+447700900123").await;
    let email = "ada@devnet.gxcoin.test";
    for _ in 0..3 {
        for _ in 0..4 {
            login(&test, email, "WrongPass123!").await;
        }
        assert_eq!(login(&test, email, PASSWORD).await.status, 200);
    }
    for _ in 0..4 {
        login(&test, email, "WrongPass123!").await;
    }
    test.advance(Duration::from_secs(15 * 60));
    assert_eq!(login(&test, email, "WrongPass123!").await.code(), "INVALID_CREDENTIALS");
    assert_eq!(login(&test, email, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn guesses_sent_at_once_are_made_one_after_another() {
    let test = TestApp::start().await;
    register(&test, "ada", "+447700900123").await;
    let guess = || login(&test, "ada@devnet.gxcoin.test", "WrongPass123!");
    let (a, b, c, d, e, f, g, h) = tokio::join!(guess(), guess(), guess(), guess(), guess(), guess(), guess(), guess());
    let made = [&a, &b, &c, &d, &e, &f, &g, &h].iter().filter(|answer| answer.code() == "INVALID_CREDENTIALS").count();
    assert_eq!(made, 5);
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_an_old_one_ends_the_session() {
    for test in each().await {
        let ada = register(&test, "ada", "+447700900123").await;
        let second = refresh(&test, &ada.refresh).await;
        assert_eq!(second.status, 200, "{}", second.body);
        let (access, newest) = (text(&second.body, "accessToken"), text(&second.body, "refreshToken"));
        assert_ne!(newest, ada.refresh);
        assert_eq!(profile(&test, &ada, &access).await.status, 200);

        // The thief, or the robbed: one of them is late.
        let reused = refresh(&test, &ada.refresh).await;
        assert_eq!((reused.status, reused.code()), (401, "SESSION_REVOKED"));
        let after = refresh(&test, &newest).await;
        assert_eq!((after.status, after.code()), (401, "SESSION_REVOKED"), "the whole session is over");
        let answer = profile(&test, &ada, &access).await;
        assert_eq!((answer.status, answer.code()), (401, "SESSION_REVOKED"));
        // Other sessions live on.
        assert_eq!(login(&test, &ada.email, PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_is_told_to_sign_in_again() {
    for test in each().await {
        let ada = register(&test, "ada", "+447700900123").await;
        let (a, b) = tokio::join!(refresh(&test, &ada.refresh), refresh(&test, &ada.refresh));
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
    }
}

#[tokio::test]
async fn refresh_tokens_that_are_none_are_refused() {
    let test = TestApp::start().await;
    let ada = register(&test, "ada", "+447700900123").await;
    let (id, secret) = ada.refresh.split_once('.').unwrap();
    let unknown = format!("00000000-0000-7000-8000-000000000000.{secret}");
    for bad in ["", "x", id, &ada.access, &unknown, &format!("{id}.{}", &secret[1..])] {
        let answer = refresh(&test, bad).await;
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHORIZED"), "{bad}");
    }
    // A refresh token is no access token, and a session lives 30 days from its last refresh.
    assert_eq!(profile(&test, &ada, &ada.refresh).await.status, 401);
    test.advance(Duration::from_secs(30 * 24 * 3600 - 10));
    let renewed = refresh(&test, &ada.refresh).await;
    assert_eq!(renewed.status, 200);
    test.advance(Duration::from_secs(30 * 24 * 3600));
    let answer = refresh(&test, &text(&renewed.body, "refreshToken")).await;
    assert_eq!((answer.status, answer.code()), (401, "SESSION_EXPIRED"));
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let test = TestApp::start().await;
    let ada = register(&test, "ada", "+447700900123").await;
    let logout = |access: Option<&str>, body: Value| {
        let request = api(&test).post("/api/v1/auth/logout").json(&body);
        access.map_or_else(|| api(&test).post("/api/v1/auth/logout").json(&body), |access| request.token(access)).send()
    };
    // Without a body: the session of the token.
    let bare = api(&test).post("/api/v1/auth/logout").token(&ada.access).send().await;
    assert_eq!(bare.status, 200, "{}", bare.body);
    assert_eq!(profile(&test, &ada, &ada.access).await.code(), "SESSION_REVOKED");
    assert_eq!(refresh(&test, &ada.refresh).await.code(), "SESSION_REVOKED");

    let other = login(&test, &ada.email, PASSWORD).await;
    assert_eq!(logout(Some(&text(&other.body, "accessToken")), json!({})).await.status, 200);

    // With the refresh token alone, for programs whose access token has run out; again and again.
    let again = login(&test, &ada.email, PASSWORD).await;
    let token = text(&again.body, "refreshToken");
    for _ in 0..2 {
        assert_eq!(logout(None, json!({ "refreshToken": token })).await.status, 200);
    }
    assert_eq!(refresh(&test, &token).await.code(), "SESSION_REVOKED");

    // Somebody else's session is not ended by a token that is not its own.
    let third = login(&test, &ada.email, PASSWORD).await;
    let token = text(&third.body, "refreshToken");
    let forged = format!("{}.{}", token.split_once('.').unwrap().0, "0".repeat(64));
    assert_eq!(logout(None, json!({ "refreshToken": forged })).await.status, 200);
    assert_eq!(refresh(&test, &token).await.status, 200);
}

#[tokio::test]
async fn a_cookie_session_needs_its_csrf_token() {
    let test = TestApp::start().await;
    let ada = register(&test, "ada", "+447700900123").await;
    let body = json!({ "email": ada.email, "password": PASSWORD, "transport": "cookie" });
    let answer = api(&test).post("/api/v1/auth/login").json(&body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.get("accessToken").is_none() && answer.body.get("refreshToken").is_none());
    let set = answer.header("set-cookie").to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    let csrf = text(&answer.body, "csrfToken");
    let path = format!("/api/v1/users/{}", ada.profile_id);
    let change = json!({ "jobTitle": "Analyst" });

    assert_eq!(api(&test).get(&path).header("cookie", &cookie).send().await.status, 200);
    let without = api(&test).patch(&path).header("cookie", &cookie).json(&change).send().await;
    assert_eq!((without.status, without.code()), (403, "CSRF_FAILED"));
    let wrong =
        api(&test).patch(&path).header("cookie", &cookie).header("x-csrf-token", "x").json(&change).send().await;
    assert_eq!((wrong.status, wrong.code()), (403, "CSRF_FAILED"));
    let with =
        api(&test).patch(&path).header("cookie", &cookie).header("x-csrf-token", &csrf).json(&change).send().await;
    assert_eq!(with.status, 200, "{}", with.body);

    let secret = cookie.split_once('=').unwrap().1;
    assert_eq!(refresh(&test, secret).await.code(), "UNAUTHORIZED", "a cookie is no refresh token");
    let out = api(&test)
        .post("/api/v1/auth/logout")
        .header("cookie", &cookie)
        .header("x-csrf-token", &csrf)
        .json(&json!({}))
        .send()
        .await;
    assert_eq!(out.status, 200);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(api(&test).get(&path).header("cookie", &cookie).send().await.status, 401);
}

#[tokio::test]
async fn suspended_and_closed_people_are_told_only_after_their_password() {
    for test in each().await {
        for (index, (change, status)) in
            [(PersonChange::Suspend, PersonStatus::Suspended), (PersonChange::Close, PersonStatus::Closed)]
                .into_iter()
                .enumerate()
        {
            let person = register(&test, &format!("p{index}"), &format!("+44770090012{index}")).await;
            let (id, now) = (person.profile_id, test.app.now());
            let state =
                test.write(move |tx| Box::pin(async move { people::change_state(tx, id, change, now).await })).await;
            assert_eq!(state.unwrap().status, status);

            assert_eq!(login(&test, &person.email, "WrongPass123!").await.code(), "INVALID_CREDENTIALS");
            let answer = login(&test, &person.email, PASSWORD).await;
            assert_eq!((answer.status, answer.code()), (403, "ACCOUNT_DISABLED"));
            let answer = refresh(&test, &person.refresh).await;
            assert_eq!((answer.status, answer.code()), (403, "ACCOUNT_DISABLED"));
            test.advance(Duration::from_secs(6));
            assert_eq!(profile(&test, &person, &person.access).await.status, 401);
        }
    }
}

#[tokio::test]
async fn the_published_keys_are_two_and_verify_the_tokens() {
    let test = TestApp::start().await;
    let ada = register(&test, "ada", "+447700900123").await;
    let answer = api(&test).get("/api/v1/auth/jwks.json").send().await;
    assert_eq!(answer.status, 200);
    let keys = answer.body["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 2);
    for key in &keys {
        assert_eq!(
            (key["kty"].as_str(), key["crv"].as_str(), key["alg"].as_str()),
            (Some("OKP"), Some("Ed25519"), Some("EdDSA"))
        );
        assert!(key.get("d").is_none(), "only the public half");
    }
    let header = ada.access.split('.').next().unwrap();
    assert!(!header.is_empty() && ada.access.split('.').count() == 3);
}

#[tokio::test]
async fn sessions_that_ended_long_ago_are_forgotten() {
    let test = TestApp::start().await;
    let ada = register(&test, "ada", "+447700900123").await;
    let rows = async || {
        use gx_store::sea_orm::{EntityTrait, PaginatorTrait};
        gx_store::entity::sessions::Entity::find().count(test.app.store().read()).await.unwrap()
    };
    test.advance(Duration::from_secs(59 * 24 * 3600));
    gx_identity::jobs::forget(&test.app).await.unwrap();
    assert_eq!(rows().await, 1, "ended, but not long ago");
    assert_eq!(refresh(&test, &ada.refresh).await.code(), "SESSION_EXPIRED");
    test.advance(Duration::from_secs(2 * 24 * 3600));
    gx_identity::jobs::forget(&test.app).await.unwrap();
    assert_eq!(rows().await, 0);
    assert_eq!(refresh(&test, &ada.refresh).await.code(), "UNAUTHORIZED");
}

/// Behind one address there may be a house full of people: their refreshes neither stop each other nor anyone's login.
#[tokio::test]
async fn refreshes_are_counted_by_session_and_stop_no_login() {
    let options = TestOptions::default().set("RATE_LIMIT_LOGIN", "40/60").set("RATE_LIMIT_REFRESH", "3/60");
    let test = TestApp::start_with(options).await.unwrap();
    register(&test, "ada", "+447700900123").await;
    let mut tokens = Vec::new();
    for _ in 0..20 {
        tokens.push(text(&login(&test, "ada@devnet.gxcoin.test", PASSWORD).await.body, "refreshToken"));
    }
    // Three times each, sixty from one address, more than all logins that it may do.
    for _ in 0..3 {
        for token in &mut tokens {
            let answer = refresh(&test, token).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            *token = text(&answer.body, "refreshToken");
        }
    }
    let answer = refresh(&test, &tokens[0]).await;
    assert_eq!((answer.status, answer.code()), (429, "RATE_LIMITED"));
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(login(&test, "ada@devnet.gxcoin.test", PASSWORD).await.status, 200);
    // Refused for now, not ended: the token is good when the time is up.
    test.advance(Duration::from_secs(20));
    assert_eq!(refresh(&test, &tokens[0]).await.status, 200);
}
