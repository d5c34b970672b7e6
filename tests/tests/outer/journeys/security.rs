//! Accounts that deserve the money in them: large payments, stolen tokens, lock-outs and the ways out of them.

use gx_base::{Clock, SystemClock};
use gx_tests::{Admin, Api, NewPerson, PASSWORD, Person, Platform, wait_for};
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::live::Ear;

/// 100 GX: from here on a session alone does not pay.
const LARGE: u64 = 100_000_000;
const PIN: &str = "481516";

/// The person's telephone: the codes that its app shows.
pub struct Phone {
    secret: String,
    /// Steps ahead of the clock, within what GX allows; a code is good once.
    ahead: u64,
}

impl Phone {
    /// With the secret that the platform showed.
    pub fn of(secret: &str) -> Self {
        Self { secret: secret.chars().filter(|sign| !sign.is_whitespace()).collect(), ahead: 0 }
    }

    /// The next code.
    pub fn code(&mut self) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        let now = u64::try_from(SystemClock.now().micros() / 1_000_000).unwrap();
        let code = Builder::new().with_secret(secret).build().unwrap().generate(now + 30 * self.ahead);
        self.ahead += 1;
        code.to_string()
    }
}

async fn put(api: &Api, path: &str, body: Value) -> gx_tests::Reply {
    api.send(Method::PUT, path, api.request(Method::PUT, path).json(&body)).await
}

async fn login(api: &Api, person: &Person) -> gx_tests::Reply {
    api.post("/api/v1/auth/login", &json!({ "email": person.person.email(), "password": PASSWORD })).await
}

async fn is_told(person: &Person, title: &str) {
    let told = person.notifications().await;
    assert!(told.iter().any(|notice| notice["title"] == title), "«{title}» is not among {told:?}");
}

/// Waits for a mail: they are sent after the answer.
async fn is_mailed(platform: &Platform, person: &Person, words: &str) {
    let path = format!("/api/v1/dev/mailbox?to={}", person.person.email());
    wait_for(&format!("a mail that says «{words}»"), gx_tests::SETTLE_LIMIT, || async {
        let reply = platform.api().get(&path).await.expect(200);
        reply.to_string().contains(words).then_some(())
    })
    .await;
}

/// Everything, one after the other.
pub(super) async fn people_protect_their_accounts(platform: &Platform, admin: &Admin) {
    let ada = NewPerson::of("Ada", "FR", "1990-03-15").settle(platform, admin).await;
    let ben = NewPerson::of("Ben", "US", "1948-05-01").settle(platform, admin).await;
    a_large_payment_with_step_up(platform, &ada, &ben).await;
    a_pin_is_locked_and_set_anew(platform, &ada, &ben).await;
    a_stolen_refresh_token_used_twice(platform, &ben).await;
    a_second_factor_is_locked_and_recovered(platform, &ben).await;
    sessions_are_ended_from_afar(platform, &ada).await;
}

async fn a_large_payment_with_step_up(platform: &Platform, ada: &Person, ben: &Person) {
    let pay = async |api: &Api, key: &str, proof: Value| {
        let mut body = json!({ "toID": ben.gx_id, "amount": LARGE.to_string(), "reason": "a car" });
        if !proof.is_null() {
            body["stepUp"] = proof;
        }
        api.post_once("/api/v1/transfers", key, &body).await
    };
    // 1. Neither PIN nor app: the way to one is said, and nothing moves.
    assert_eq!(pay(&ada.api, "a-car-for-ben", Value::Null).await.refused(403), "STEP_UP_SETUP_REQUIRED");
    put(&ada.api, "/api/v1/security/pin", json!({ "password": PASSWORD, "pin": PIN })).await.expect(200);
    assert_eq!(pay(&ada.api, "a-car-for-ben", Value::Null).await.refused(403), "STEP_UP_PIN_REQUIRED");
    assert_eq!(pay(&ada.api, "a-car-for-ben", json!({ "pin": "481517" })).await.refused(400), "PIN_INVALID");
    assert_eq!(ada.balance().await, (500_000_000, 0));

    // 2. A grant of this session pays; it is none in another session, and for another person.
    let grant = ada.api.post("/api/v1/auth/step-up", &json!({ "pin": PIN })).await.expect(200)["grant"].clone();
    let other = ada.sign_in(&platform.api()).await.unwrap();
    for api in [&other, &ben.api] {
        let refused = pay(api, "a-car-for-ben", json!({ "grant": grant })).await;
        assert!(matches!(refused.status, 403 | 409 | 422), "{} {}", refused.status, refused.body);
    }
    let accepted = pay(&ada.api, "a-car-for-ben", json!({ "grant": grant })).await.expect(202);
    ada.settled(accepted["commandId"].as_str().unwrap()).await;
    assert_eq!(ben.balance().await, (LARGE, 0));
    is_told(ada, "PIN set").await;
}

async fn a_pin_is_locked_and_set_anew(platform: &Platform, ada: &Person, ben: &Person) {
    let request = ben.request(LARGE, "The rest").await;
    let path = format!("/api/v1/qsend/{}/pay", request["requestCode"].as_str().unwrap());
    let pay = async |pin: &str| ada.api.post(&path, &json!({ "stepUp": { "pin": pin } })).await;
    for _ in 0..5 {
        assert_eq!(pay("481517").await.refused(400), "PIN_INVALID");
    }
    assert_eq!(pay(PIN).await.refused(429), "PIN_LOCKED");
    is_told(ada, "PIN locked").await;
    is_mailed(platform, ada, "wrong PIN was entered five times").await;
    // Who knows the password need not wait.
    put(&ada.api, "/api/v1/security/pin", json!({ "password": PASSWORD, "pin": "908172" })).await.expect(200);
    assert_eq!(pay(PIN).await.refused(400), "PIN_INVALID");
    let paid = pay("908172").await;
    assert!(matches!(paid.status, 200 | 202), "{} {}", paid.status, paid.body);
    ada.settled(paid.body["commandId"].as_str().unwrap()).await;
    assert_eq!(ben.balance().await, (2 * LARGE, 0));
}

async fn a_stolen_refresh_token_used_twice(platform: &Platform, ben: &Person) {
    let api = platform.api();
    let granted = login(&api, ben).await.expect(200);
    let stolen = json!({ "refreshToken": granted["refreshToken"] });
    let renewed = api.post("/api/v1/auth/refresh", &stolen).await.expect(200);
    let session = api.with_token(renewed["accessToken"].as_str().unwrap());
    session.get("/api/v1/security").await.expect(200);
    assert_eq!(api.post("/api/v1/auth/refresh", &stolen).await.refused(401), "SESSION_REVOKED");
    // In processes of their own the others hear of it over the bus, or look within five seconds.
    wait_for("the session to be over", gx_tests::SETTLE_LIMIT, || async {
        (session.get("/api/v1/security").await.status == 401).then_some(())
    })
    .await;
    let newest = json!({ "refreshToken": renewed["refreshToken"] });
    assert_eq!(api.post("/api/v1/auth/refresh", &newest).await.refused(401), "SESSION_REVOKED");
    is_told(ben, "A session was ended for your safety").await;
    is_mailed(platform, ben, "used a second time").await;
}

async fn a_second_factor_is_locked_and_recovered(platform: &Platform, ben: &Person) {
    let api = platform.api();
    let setup = ben.api.post("/api/v1/security/totp/setup", &json!({ "password": PASSWORD })).await.expect(200);
    let mut phone = Phone::of(setup["secret"].as_str().unwrap());
    let code = phone.code();
    let codes = ben.api.post("/api/v1/security/totp/confirm", &json!({ "code": code })).await.expect(200);
    let backup = codes["backupCodes"].as_array().unwrap().clone();
    let ticket = async || login(&api, ben).await.expect(202)["ticket"].clone();
    let second = async |ticket: &Value, code: &Value| {
        api.post("/api/v1/auth/login/second-factor", &json!({ "ticket": ticket, "code": code })).await
    };

    // 1. The code that switched it on is spent; the next one is good, once, and so is its ticket.
    let first = ticket().await;
    assert_eq!(second(&first, &json!(code)).await.refused(400), "SECOND_FACTOR_INVALID");
    let next = json!(phone.code());
    second(&first, &next).await.expect(200);
    assert_eq!(second(&first, &backup[9]).await.refused(400), "TICKET_INVALID");

    // 2. Locked, and let in by a backup code.
    let again = ticket().await;
    for _ in 0..5 {
        assert_eq!(second(&again, &next).await.refused(400), "SECOND_FACTOR_INVALID");
    }
    assert_eq!(second(&again, &next).await.refused(429), "SECOND_FACTOR_LOCKED");
    let granted = second(&again, &backup[0]).await.expect(200);
    is_mailed(platform, ben, "Five wrong codes").await;
    is_told(ben, "A backup code was used").await;

    // 3. Off again, with a backup code; a password alone does nothing.
    let session = api.with_token(granted["accessToken"].as_str().unwrap());
    let off = async |body: Value| session.post("/api/v1/security/totp/disable", &body).await;
    assert_eq!(off(json!({ "password": PASSWORD })).await.refused(400), "SECOND_FACTOR_REQUIRED");
    off(json!({ "password": PASSWORD, "code": backup[1] })).await.expect(200);
    login(&api, ben).await.expect(200);
}

async fn sessions_are_ended_from_afar(platform: &Platform, ada: &Person) {
    let other = ada.sign_in(&platform.api()).await.unwrap();
    other.get("/api/v1/security").await.expect(200);
    let (here, mut there) = (Ear::with(&ada.api, platform).await, Ear::with(&other, platform).await);
    let list = ada.api.get("/api/v1/security/sessions").await.expect(200);
    assert!(list["sessions"].as_array().unwrap().len() >= 2 && list["sessions"][0]["current"] == true, "{list}");
    ada.api.post("/api/v1/security/sessions/revoke-others", &json!({})).await.expect(200);
    wait_for("the other session to be over", gx_tests::SETTLE_LIMIT, || async {
        (other.get("/api/v1/security").await.status == 401).then_some(())
    })
    .await;
    // Its socket was told why and is closed for good; the one at hand goes on.
    assert_eq!(there.event("session:ended").await["code"], "SESSION_REVOKED");
    there.is_closed().await;
    ada.api.get("/api/v1/security").await.expect(200);
    assert_eq!(here.ask("sync:request", json!({ "after": 0 })).await, json!({ "ok": true }));
    // Nobody closes an account with coins in it.
    let close = ada.api.post("/api/v1/security/close", &json!({ "password": PASSWORD })).await;
    assert_eq!(close.refused(409), "ACCOUNT_NOT_EMPTY");
}
