//! Every field of every step, invalid: a 4xx with the field's name and its code, and nothing changes.

use gx_platform::testing::TestApp;
use serde_json::{Value, json};

use crate::support::{PASSWORD, Wizard, api, newest_code};

/// Sends a step whose one field is wrong; the registration must be as before.
async fn refused(wizard: &Wizard<'_>, step: &str, fields: Value, status: u16, expected: &str) {
    let before = wizard.state().await;
    let answer = wizard.step(step, fields.clone()).await;
    let code = expected.split(':').nth(1).unwrap();
    assert_eq!((answer.status, answer.field().as_str()), (status, expected), "{step} {fields}: {}", answer.body);
    assert!(answer.code() == code || answer.code() == "VALIDATION_FAILED", "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(wizard.state().await, before, "{step} {fields}");
}

#[tokio::test]
async fn addresses() {
    let test = TestApp::start().await;
    let api = api(&test);
    for (body, status, expected) in [
        (json!({}), 422, "email:FIELD_REQUIRED"),
        (json!({ "email": null }), 422, "email:FIELD_INVALID"),
        (json!({ "email": 7 }), 422, "email:FIELD_INVALID"),
        (json!({ "email": ["a@b.cd"] }), 422, "email:FIELD_INVALID"),
        (json!({ "email": "a@b.cd", "admin": true }), 422, "admin:FIELD_UNKNOWN"),
        (json!({ "email": "" }), 400, "email:EMAIL_REQUIRED"),
        (json!({ "email": " " }), 400, "email:EMAIL_REQUIRED"),
        (json!({ "email": "ada" }), 400, "email:EMAIL_INVALID_FORMAT"),
        (json!({ "email": "ada@@example.org" }), 400, "email:EMAIL_INVALID_FORMAT"),
        (json!({ "email": "ada@example.org\r\nBcc: eve@example.org" }), 400, "email:EMAIL_INVALID_FORMAT"),
        (json!({ "email": format!("{}@example.org", "a".repeat(300)) }), 400, "email:EMAIL_INVALID_FORMAT"),
        (json!({ "email": "a\u{0}@example.org" }), 422, "email:FIELD_INVALID"),
    ] {
        let answer = api.post("/api/v1/registration/email").json(&body).send().await;
        assert_eq!((answer.status, answer.field().as_str()), (status, expected), "{body}: {}", answer.body);
    }
    for (content_type, body, status, code) in [
        ("text/plain", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("application/json", "{", 400, "MALFORMED_REQUEST"),
        ("application/json", "", 400, "MALFORMED_REQUEST"),
    ] {
        let answer = api.post("/api/v1/registration/email").body(content_type, body).send().await;
        assert_eq!((answer.status, answer.code()), (status, code));
    }
    let large = format!("{{\"email\":\"{}\"}}", "a".repeat(70_000));
    let answer = api.post("/api/v1/registration/email").body("application/json", large).send().await;
    assert_eq!((answer.status, answer.code()), (413, "BODY_TOO_LARGE"));
    let answer = api.get("/api/v1/registration/not-an-id").header("x-registration-token", "x").send().await;
    assert_eq!((answer.status, answer.field().as_str()), (422, "registrationId:FIELD_INVALID"));
}

#[tokio::test]
async fn every_field_of_every_step() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;

    for (otp, expected) in [
        (json!(""), "otp:OTP_REQUIRED"),
        (json!("12345"), "otp:OTP_INVALID_FORMAT"),
        (json!("1234567"), "otp:OTP_INVALID_FORMAT"),
        (json!("abcdef"), "otp:OTP_INVALID_FORMAT"),
    ] {
        refused(&wizard, "email/verify", json!({ "otp": otp }), 400, expected).await;
    }
    refused(&wizard, "email/verify", json!({}), 422, "otp:FIELD_REQUIRED").await;
    refused(&wizard, "email/verify", json!({ "otp": 123_456 }), 422, "otp:FIELD_INVALID").await;
    refused(
        &wizard,
        "email/verify",
        json!({ "otp": "123456", "registrationId": "x" }),
        422,
        "registrationId:FIELD_INVALID",
    )
    .await;
    refused(
        &wizard,
        "email/verify",
        json!({ "otp": "123456", "registrationToken": 1 }),
        422,
        "registrationToken:FIELD_INVALID",
    )
    .await;
    let code = newest_code(&test, &wizard.email).await;
    wizard.ok("email/verify", json!({ "otp": code })).await;

    let name = |first: &str, last: &str, country: &str| json!({ "firstName": first, "lastName": last, "countryCode": country });
    for (fields, expected) in [
        (name("", "Lovelace", "GB"), "firstName:NAME_REQUIRED"),
        (name("A", "Lovelace", "GB"), "firstName:NAME_TOO_SHORT"),
        (name("Ada", " ", "GB"), "lastName:NAME_REQUIRED"),
        (name("Ada", &"x".repeat(51), "GB"), "lastName:NAME_TOO_LONG"),
        (name("<b>Ada</b>", "Lovelace", "GB"), "firstName:NAME_INVALID_CHARS"),
        (name("Ada", "Love1ace", "GB"), "lastName:NAME_INVALID_CHARS"),
        (name("Ada", "Lovelace", ""), "countryCode:COUNTRY_REQUIRED"),
        (name("Ada", "Lovelace", "GBR"), "countryCode:COUNTRY_INVALID_FORMAT"),
        (name("Ada", "Lovelace", "XX"), "countryCode:COUNTRY_NOT_FOUND"),
        (name("Ada", "Lovelace", "XK"), "countryCode:COUNTRY_NOT_FOUND"),
    ] {
        refused(&wizard, "name-country", fields, 400, expected).await;
    }
    // Several faults are told at once.
    let answer = wizard.step("name-country", name("", "1", "G")).await;
    let fields: Vec<&str> =
        answer.body["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["firstName", "lastName", "countryCode"]);
    wizard.ok("name-country", name("Ada", "Lovelace", "GB")).await;

    let birth = |date: &str, gender: &str| json!({ "dateOfBirth": date, "gender": gender });
    for (fields, expected) in [
        (birth("", "FEMALE"), "dateOfBirth:DOB_REQUIRED"),
        (birth("15.03.1990", "FEMALE"), "dateOfBirth:DOB_INVALID_FORMAT"),
        (birth("1990-02-30", "FEMALE"), "dateOfBirth:DOB_INVALID_FORMAT"),
        (birth("2026-01-16", "FEMALE"), "dateOfBirth:DOB_FUTURE_DATE"),
        (birth("2013-01-16", "FEMALE"), "dateOfBirth:DOB_MIN_AGE"),
        (birth("1904-01-15", "FEMALE"), "dateOfBirth:DOB_MAX_AGE"),
        (birth("1990-03-15", ""), "gender:GENDER_REQUIRED"),
        (birth("1990-03-15", "X"), "gender:GENDER_INVALID"),
    ] {
        refused(&wizard, "dob-gender", fields, 400, expected).await;
    }
    // The window of the grant, both ends inclusive; tests begin on 2026-01-15.
    for (date, eligible) in [("2013-01-15", true), ("1952-01-16", true), ("1952-01-15", false), ("1905-02-01", false)] {
        let body = wizard.ok("dob-gender", birth(date, "FEMALE")).await;
        assert_eq!(body["genesisEligible"], eligible, "{date}");
    }

    let password = |text: &str, again: &str| json!({ "password": text, "confirmPassword": again });
    for (fields, expected) in [
        (password("", ""), "password:PASSWORD_REQUIRED"),
        (password("Abc4567", "Abc4567"), "password:PASSWORD_TOO_SHORT"),
        (password(&format!("Aa1{}", "x".repeat(126)), ""), "password:PASSWORD_TOO_LONG"),
        (password("testpass123!", "testpass123!"), "password:PASSWORD_MISSING_UPPERCASE"),
        (password("TESTPASS123!", "TESTPASS123!"), "password:PASSWORD_MISSING_LOWERCASE"),
        (password("TestPassword", "TestPassword"), "password:PASSWORD_MISSING_NUMBER"),
        (password(PASSWORD, "TestPass124!"), "confirmPassword:PASSWORDS_DONT_MATCH"),
    ] {
        refused(&wizard, "password", fields, 400, expected).await;
    }
    wizard.ok("password", password(PASSWORD, PASSWORD)).await;

    for (phone, expected) in [
        ("", "phoneNum:PHONE_REQUIRED"),
        ("07700900123", "phoneNum:PHONE_INVALID_FORMAT"),
        ("+44abc", "phoneNum:PHONE_INVALID_FORMAT"),
        ("+4477009001234567", "phoneNum:PHONE_INVALID_FORMAT"),
    ] {
        refused(&wizard, "phone", json!({ "phoneNum": phone }), 400, expected).await;
    }
    wizard.ok("phone", json!({ "phoneNum": "+447700900123" })).await;
    for (otp, expected) in [("", "otp:OTP_REQUIRED"), ("12 34", "otp:OTP_INVALID_FORMAT")] {
        refused(&wizard, "phone/verify", json!({ "otp": otp }), 400, expected).await;
    }
    let odd = json!({ "otp": "123456", "transport": "pigeon" });
    refused(&wizard, "phone/verify", odd, 422, "transport:FIELD_INVALID").await;
}

#[tokio::test]
async fn a_country_without_slots_registers_without_a_grant() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    let code = newest_code(&test, &wizard.email).await;
    wizard.ok("email/verify", json!({ "otp": code })).await;
    wizard.ok("name-country", json!({ "firstName": "Ada", "lastName": "Lovelace", "countryCode": "VA" })).await;
    let birth = json!({ "dateOfBirth": "1990-03-15", "gender": "FEMALE" });

    for (granted, eligible, says) in [
        ([0, 0, 0, 0, 0, 0], true, "500 GX in phase 1"),
        ([12, 24, 0, 0, 0, 0], true, "300 GX in phase 3"),
        ([12, 24, 36, 48, 186, 294], false, "all grants of your country are given"),
    ] {
        grant(&test, granted).await;
        let body = wizard.ok("dob-gender", birth.clone()).await;
        assert_eq!(body["genesisEligible"], eligible);
        assert!(body["eligibilityMessage"].as_str().unwrap().contains(says), "{body}");
    }
}

/// Sets how many slots of the Vatican are used, as the projector would.
async fn grant(test: &TestApp, granted: [i64; 6]) {
    use gx_store::entity::countries::{ActiveModel, Entity};
    use gx_store::sea_orm::{EntityTrait, Set};
    let [one, two, three, four, five, six] = granted;
    let row = ActiveModel {
        country_code: Set(gx_store::Col("VA".parse().unwrap())),
        phase1_granted: Set(one),
        phase2_granted: Set(two),
        phase3_granted: Set(three),
        phase4_granted: Set(four),
        phase5_granted: Set(five),
        phase6_granted: Set(six),
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
