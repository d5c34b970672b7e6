//! A mail server that fails costs nobody their registration.

use std::time::Duration;

use gx_platform::testing::{MailMood, MailServer, TestAnswer, TestApp, TestOptions};
use serde_json::{Value, json};

use crate::support::api;

const ADDRESS: &str = "someone@example.com";

async fn post(test: &TestApp, step: &str, body: Value) -> TestAnswer {
    test.advance(Duration::from_secs(1));
    api(test).post(&format!("/api/v1/registration/{step}")).json(&body).send().await
}

fn code_in(mail: &str) -> String {
    let (_, text) = mail.split_once("\r\n\r\n").unwrap();
    text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap().to_owned()
}

#[tokio::test]
async fn a_registration_survives_a_mail_server_that_fails() {
    let server = MailServer::start().await;
    let options = TestOptions::default().set("SMTP_URL", server.url()).set("MAIL_FROM", "GX <no-reply@gxcoin.money>");
    let test = TestApp::start_with(options).await.unwrap();
    let start = async || post(&test, "email", json!({ "email": ADDRESS })).await;

    // 1. As often as anyone tries: told what is the matter, and no try is used up.
    for mood in [MailMood::Busy, MailMood::HangsUp] {
        server.set(mood);
        for _ in 0..12 {
            let failed = start().await;
            assert_eq!((failed.status, failed.code()), (502, "UPSTREAM_UNAVAILABLE"), "{}", failed.body);
            assert_eq!(failed.body["detail"], "mail cannot be sent at present");
        }
    }
    server.set(MailMood::Takes);
    let started = start().await;
    assert_eq!(started.status, 201, "{}", started.body);

    // 2. Under way: a code that cannot be sent again does not count, and the last one stays good.
    let claim = json!({
        "registrationId": started.body["registrationId"],
        "registrationToken": started.body["registrationToken"],
    });
    server.set(MailMood::Busy);
    for _ in 0..12 {
        let failed = post(&test, "email/resend", claim.clone()).await;
        assert_eq!((failed.status, failed.code()), (502, "UPSTREAM_UNAVAILABLE"), "{}", failed.body);
    }
    server.set(MailMood::Takes);
    let sent = post(&test, "email/resend", claim.clone()).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let mails = server.taken();
    let mut verify = claim.clone();
    verify["otp"] = json!(code_in(mails.last().unwrap()));
    let verified = post(&test, "email/verify", verify).await;
    assert_eq!(verified.status, 200, "{}", verified.body);
}
