//! Protecting an account: two steps, PIN, sessions, new passwords, and the end.

use serde_json::{Value, json};

use crate::site::{ME, NOW, OTHER, Site, request, security};

const TICKET: &str = "gxt_0123";

fn granted() -> Value {
    json!({
        "csrfToken": "fresh-token", "expiresIn": 900,
        "user": {
            "profileId": ME, "email": "ada@devnet.gxcoin.test", "firstName": "Ada", "lastName": "Lovelace", "phoneNum": null,
            "identityNum": null, "status": "ACTIVE", "onchainStatus": "REGISTERED", "nationalityCountryCode": "GB",
            "createdAt": NOW, "updatedAt": NOW,
        },
    })
}

fn session(id: &str, name: &str, current: bool) -> Value {
    json!({
        "sessionId": id, "deviceName": name, "named": false, "transport": "COOKIE", "place": "192.0.2.x",
        "createdAt": NOW, "lastSeenAt": NOW, "expiresAt": NOW, "current": current,
    })
}

#[tokio::test]
async fn a_login_with_two_steps_asks_for_the_code_and_leads_on() {
    let site = Site::new();
    site.says("POST", "/api/v1/auth/login", 202, json!({ "ticket": TICKET, "expiresIn": 300 }));
    site.get("/login/code").await.leads_to(303, "/login");
    let fields = [("next", "/history"), ("email", "ada@devnet.gxcoin.test"), ("password", "x")];
    let first = site.post("/login", &fields).await;
    first.leads_to(303, "/login/code?next=%2Fhistory");
    let cookie = first.cookie("gx_login").unwrap().to_owned();
    assert!(cookie.starts_with(&format!("{TICKET}; Path=/login; HttpOnly; SameSite=Lax; Max-Age=300")), "{cookie}");
    assert!(first.cookie("gx_session").is_none());

    let site = site.with_cookie(&format!("gx_login={TICKET}"));
    let page = site.get("/login/code?next=%2Fhistory").await;
    page.is(200).shows("Code of your app").lacks(TICKET);
    let path = "/api/v1/auth/login/second-factor";
    site.refuses("POST", path, 400, "SECOND_FACTOR_INVALID", &[("code", "This is not the present code.")]);
    let wrong = site.post("/login/code", &[("next", "/history"), ("code", "000000")]).await;
    wrong.is(400).shows("This is not the present code.");
    site.says_with_cookie("POST", path, granted(), "gx_session=s.secret; Path=/; HttpOnly; SameSite=Lax");
    let done = site.post("/login/code", &[("next", "/history"), ("code", "123456")]).await;
    done.leads_to(303, "/history");
    assert_eq!(site.last("POST", path).json(), json!({ "ticket": TICKET, "code": "123456", "transport": "cookie" }));
    assert!(done.cookie("gx_session").is_some() && done.cookie("gx_login").unwrap().contains("Max-Age=0"));

    site.refuses("POST", path, 400, "TICKET_INVALID", &[]);
    let late = site.post("/login/code", &[("code", "123456")]).await;
    late.leads_to(303, "/login?done=login-too-slow");
}

#[tokio::test]
async fn the_overview_shows_protection_and_sessions() {
    let site = Site::signed_in();
    let sessions =
        json!({ "sessions": [session(ME, "Firefox on Linux", true), session(OTHER, "<b>Phone</b>", false)] });
    site.says("GET", "/api/v1/security/sessions", 200, sessions);
    site.get("/settings/security")
        .await
        .is(200)
        .shows("Without a PIN you cannot make payments of 100 GX and more.")
        .shows("This device")
        .shows("&#60;b&#62;Phone")
        .shows("from 192.0.2.x")
        .shows("id=\"end-others\"");
    site.says("GET", "/api/v1/security", 200, security(true, true, "0"));
    site.get("/settings/security")
        .await
        .shows("every payment")
        .shows("Few backup codes are left")
        .lacks("id=\"no-pin\"");

    let path = format!("/api/v1/security/sessions/{OTHER}");
    site.says("DELETE", &path, 200, json!({ "message": "" }));
    let end = site.post(&format!("/settings/security/sessions/{OTHER}/end"), &[]).await;
    end.leads_to(303, "/settings/security?done=sessions-ended");
    site.refuses("PATCH", &path, 422, "VALIDATION_FAILED", &[("name", "A name has at most 60 characters.")]);
    let named = site.post(&format!("/settings/security/sessions/{OTHER}/name"), &[("name", "x")]).await;
    named.is(422).shows("A name has at most 60 characters.");
}

#[tokio::test]
async fn secret_and_backup_codes_are_shown_in_the_answer_alone() {
    let site = Site::signed_in();
    let setup =
        json!({ "secret": "ABCDEFGH", "uri": "otpauth://totp/x", "qrSvg": "<svg id=\"q\"></svg>", "expiresIn": 600 });
    site.says("POST", "/api/v1/security/totp/setup", 200, setup);
    site.get("/settings/security/totp").await.is(200).shows("Two-step sign-in").lacks("ABCD");
    let page = site.post("/settings/security/totp", &[("password", "x")]).await;
    page.is(200).shows("<svg id=\"q\"></svg>").shows("ABCD EFGH");
    assert_eq!(page.headers["cache-control"], "no-store");
    let confirm = "/api/v1/security/totp/confirm";
    site.refuses("POST", confirm, 400, "SECOND_FACTOR_INVALID", &[("code", "Not this one.")]);
    site.post("/settings/security/totp/confirm", &[("code", "123 456")]).await.is(400).shows("Not this one.");
    assert_eq!(site.last("POST", confirm).json(), json!({ "code": "123456" }));
    site.says("POST", confirm, 200, json!({ "backupCodes": ["ABCDE-FGHJK"] }));
    site.post("/settings/security/totp/confirm", &[("code", "123456")]).await.is(200).shows("ABCDE-FGHJK");

    site.says("GET", "/api/v1/security", 200, security(false, true, "100000000"));
    site.get("/settings/security/totp").await.shows("Switch two-step sign-in off");
}

#[tokio::test]
async fn a_pin_is_set_with_the_password_and_a_code_where_there_is_one() {
    let site = Site::signed_in();
    site.get("/settings/security/pin").await.is(200).shows("Set a PIN").lacks("name=\"code\"");
    site.refuses("PUT", "/api/v1/security/pin", 400, "PIN_TOO_SIMPLE", &[("pin", "Others would try this PIN first.")]);
    let refused = site.post("/settings/security/pin", &[("pin", "123456"), ("password", "x")]).await;
    refused.is(400).shows("Others would try this PIN first.").lacks("123456");
    site.says("PUT", "/api/v1/security/pin", 200, json!({ "message": "" }));
    let done = site.post("/settings/security/pin", &[("pin", "481516"), ("password", "x")]).await;
    done.leads_to(303, "/settings/security?done=pin-set");
    assert_eq!(site.last("PUT", "/api/v1/security/pin").json(), json!({ "password": "x", "pin": "481516" }));
    site.says("GET", "/api/v1/security", 200, security(true, true, "100000000"));
    site.get("/settings/security/pin").await.shows("Change your PIN").shows("name=\"code\"");
}

#[tokio::test]
async fn the_amount_to_confirm_from_is_typed_in_gx() {
    let site = Site::signed_in();
    let path = "/api/v1/security/step-up-amount";
    site.says("PUT", path, 200, json!({ "message": "" }));
    for (typed, sent) in [("5", json!("5000000")), ("0.5", json!("500000")), ("0", json!("0")), ("", Value::Null)] {
        let page = site.post("/settings/security/step-up", &[("amount", typed), ("password", "x")]).await;
        page.leads_to(303, "/settings/security?done=step-up-saved");
        assert_eq!(site.last("PUT", path).json()["amount"], sent, "{typed}");
    }
    site.post("/settings/security/step-up", &[("amount", "many"), ("password", "x")]).await.is(422);
}

#[tokio::test]
async fn a_large_payment_asks_for_what_the_person_has() {
    let pay = |amount: &str| {
        let mut open = request(OTHER, "ACTIVE");
        open["amount"] = json!(amount);
        open
    };
    let site = Site::signed_in();
    let path = "/api/v1/qsend/QS-6PAS3LHD";
    site.says("GET", path, 200, pay("100000000"));
    site.get("/pay/QS-6PAS3LHD").await.is(200).shows("id=\"needs-pin\"").lacks("id=\"confirm-pay\"");
    site.says("GET", "/api/v1/security", 200, security(false, true, "100000000"));
    site.get("/pay/QS-6PAS3LHD").await.shows("name=\"stepUp.code\"").shows("id=\"confirm-pay\"");
    site.says("GET", "/api/v1/security", 200, security(true, true, "100000000"));
    let page = site.get("/pay/QS-6PAS3LHD").await;
    page.shows("name=\"stepUp.pin\"").lacks("name=\"stepUp.code\"").shows("id=\"confirm-pay\"");
    // What is small is asked for nothing.
    site.says("GET", path, 200, pay("99999999"));
    site.get("/pay/QS-6PAS3LHD").await.lacks("stepUp").shows("id=\"confirm-pay\"");

    site.says("GET", path, 200, pay("100000000"));
    let api = "/api/v1/qsend/QS-6PAS3LHD/pay";
    site.refuses("POST", api, 400, "PIN_INVALID", &[("stepUp.pin", "This is not your PIN. 4 tries are left.")]);
    let wrong = site.post("/pay/QS-6PAS3LHD", &[("fee", "2"), ("stepUp.pin", "481517")]).await;
    wrong.is(400).shows("4 tries are left").lacks("481517");
    assert_eq!(site.last("POST", api).json(), json!({ "expectedFee": "2", "stepUp": { "pin": "481517" } }));
    // The amount was lowered meanwhile: the page asks for it instead of giving up.
    site.refuses("POST", api, 403, "STEP_UP_PIN_REQUIRED", &[]);
    site.post("/pay/QS-6PAS3LHD", &[("fee", "2")]).await.is(403).shows("name=\"stepUp.pin\"");
}

#[tokio::test]
async fn a_password_is_forgotten_and_set_anew() {
    let site = Site::new();
    site.get("/login").await.shows("href=\"/forgot\"");
    site.says("POST", "/api/v1/auth/password/forgot", 202, json!({ "message": "" }));
    let sent = site.post("/forgot", &[("email", "ada@devnet.gxcoin.test")]).await;
    sent.leads_to(303, "/login?done=reset-sent");
    let page = site.get("/reset?token=gxt_1%22%3E").await;
    page.is(200).shows("Choose a new password").lacks("gxt_1\">");
    let path = "/api/v1/auth/password/reset";
    let fields = [("token", "gxt_1"), ("newPassword", "New-Pass-1"), ("confirmPassword", "New-Pass-1")];
    site.refuses("POST", path, 400, "TICKET_INVALID", &[]);
    let late = site.post("/reset", &fields).await;
    late.is(400).shows("detail of TICKET_INVALID").lacks("New-Pass-1");
    assert_eq!(late.hidden("token"), "gxt_1");
    site.says("POST", path, 200, json!({ "message": "" }));
    site.post("/reset", &fields).await.leads_to(303, "/login?done=password-reset");

    site.get("/objection?token=gxt_2").await.is(200).shows("That was not me");
    site.says("POST", "/api/v1/security/objection", 200, json!({ "message": "" }));
    let back = site.post("/objection", &[("token", "gxt_2")]).await;
    back.leads_to(303, "/forgot?done=change-taken-back");
}

#[tokio::test]
async fn an_address_is_changed_in_two_pages() {
    let site = Site::signed_in();
    let started = json!({ "changeId": OTHER, "oldCodeTo": "a•••@devnet.gxcoin.test", "newCodeTo": "new@x.test", "expiresAt": NOW });
    site.says("POST", "/api/v1/security/email/change", 200, started);
    let page = site.post("/settings/email", &[("newEmail", "new@x.test"), ("password", "x")]).await;
    page.is(200).shows("a•••@devnet.gxcoin.test").shows("name=\"oldCode\"");
    assert_eq!(page.hidden("changeId"), OTHER);
    let path = "/api/v1/security/email/confirm";
    let fields = [("changeId", OTHER), ("oldCodeTo", "a•••"), ("newCodeTo", "n"), ("oldCode", "1"), ("newCode", "2")];
    site.refuses("POST", path, 400, "OTP_INVALID", &[("newCode", "This is not the code.")]);
    site.post("/settings/email/confirm", &fields).await.is(400).shows("This is not the code.").shows("a•••");
    site.says("POST", path, 200, json!({ "message": "" }));
    site.post("/settings/email/confirm", &fields).await.leads_to(303, "/settings/security?done=email-changed");
    site.get("/settings/phone").await.is(200).shows("I cannot reach the old number");
}

#[tokio::test]
async fn a_closed_account_leaves_no_cookies() {
    let site = Site::signed_in();
    site.get("/settings/close").await.is(200).shows("Close it for good");
    site.refuses("POST", "/api/v1/security/close", 409, "ACCOUNT_NOT_EMPTY", &[]);
    site.post("/settings/close", &[("password", "x")]).await.is(409).shows("detail of ACCOUNT_NOT_EMPTY");
    site.says("POST", "/api/v1/security/close", 200, json!({ "message": "", "kept": ["The ledger keeps it."] }));
    let page = site.post("/settings/close", &[("password", "x")]).await;
    page.is(200).shows("The ledger keeps it.").lacks("id=\"logout\"");
    for name in ["gx_session", "gx_csrf", "gx_profile"] {
        assert!(page.cookie(name).unwrap().contains("Max-Age=0"), "{name}: {:?}", page.cookies());
    }
}
