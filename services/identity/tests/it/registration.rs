//! The wizard as people go through it: to the end, resumed, corrected, expired, and by those who have no business there.

use std::time::Duration;

use gx_platform::testing::{TestApp, TestOptions};
use serde_json::json;

use crate::support::{PASSWORD, Wizard, api, each, newest_code, register, wrong};

#[tokio::test]
async fn from_an_address_to_a_signed_in_person() {
    for test in each().await {
        let wizard = Wizard::start(&test, "Ada.Lovelace").await;
        assert_eq!(wizard.state().await["currentStep"], "EMAIL_SENT");

        let code = newest_code(&test, &wizard.email).await;
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert_eq!(wizard.ok("email/verify", json!({ "otp": spaced })).await["currentStep"], "EMAIL_VERIFIED");
        // Verified already: the same answer, whatever the code.
        assert_eq!(wizard.ok("email/verify", json!({ "otp": "000000" })).await["currentStep"], "EMAIL_VERIFIED");

        let body = wizard
            .ok("name-country", json!({ "firstName": " 王 ", "lastName": "O’Neill-Sáenz", "countryCode": "gb" }))
            .await;
        assert_eq!(body["currentStep"], "NAME_COUNTRY_SET");
        assert!(body.get("genesisEligible").is_none());

        let body = wizard.ok("dob-gender", json!({ "dateOfBirth": "1990-03-15", "gender": "female" })).await;
        assert_eq!(body["currentStep"], "DOB_GENDER_SET");
        assert_eq!(body["genesisEligible"], true);
        assert!(body["eligibilityMessage"].as_str().unwrap().contains("500 GX"), "{body}");

        let body = wizard.ok("password", json!({ "password": PASSWORD, "confirmPassword": PASSWORD })).await;
        assert_eq!(
            (body["currentStep"].as_str(), body["passwordStrength"].as_str()),
            (Some("PASSWORD_SET"), Some("strong"))
        );

        let body = wizard.ok("phone", json!({ "phoneNum": "+44 7700 900-123" })).await;
        assert_eq!(body["currentStep"], "PHONE_SENT");
        let state = wizard.state().await;
        assert_eq!(state["phoneNum"], "+447700900123");
        assert_eq!(state["emailVerified"], true);
        assert_eq!(state["phoneVerified"], false);

        let code = newest_code(&test, "+447700900123").await;
        let done = wizard.ok("phone/verify", json!({ "otp": code })).await;
        assert_eq!((done["success"].as_bool(), done["currentStep"].as_str()), (Some(true), Some("COMPLETED")));
        let user = &done["user"];
        assert_eq!(user["status"], "REGISTERED");
        assert_eq!(user["onchainStatus"], "NOT_REGISTERED");
        assert_eq!(user["firstName"], "王");

        let path = format!("/api/v1/users/{}", user["profileId"].as_str().unwrap());
        let profile = api(&test).get(&path).token(done["accessToken"].as_str().unwrap()).send().await;
        assert_eq!(profile.status, 200, "{}", profile.body);
        assert_eq!(profile.body["user"]["email"], wizard.email);
        assert_eq!(profile.body["user"]["phoneNum"], "+447700900123");
        assert_eq!(profile.body["user"]["dateOfBirth"], "1990-03-15");
        assert_eq!(profile.body["user"]["gender"], "FEMALE");
        assert_eq!(profile.body["user"]["nationalityCountryName"], "United Kingdom");

        // Complete means complete.
        for (step, fields) in [
            ("phone/verify", json!({ "otp": "123456" })),
            ("phone", json!({ "phoneNum": "+447700900124" })),
            ("password", json!({ "password": PASSWORD, "confirmPassword": PASSWORD })),
            ("email/verify", json!({ "otp": "123456" })),
            ("email/resend", json!({})),
        ] {
            let answer = wizard.step(step, fields).await;
            assert_eq!((answer.status, answer.code()), (400, "REGISTRATION_ALREADY_COMPLETED"), "{step}");
        }
        assert_eq!(wizard.state().await["currentStep"], "COMPLETED");
    }
}

#[tokio::test]
async fn a_browser_gets_a_cookie_instead_of_tokens() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    wizard.up_to_phone("+447700900123").await;
    let code = newest_code(&test, "+447700900123").await;
    let done = wizard.step("phone/verify", json!({ "otp": code, "transport": "cookie" })).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.header("set-cookie").starts_with("gx_session="));
    assert!(done.body.get("accessToken").is_none() && done.body.get("refreshToken").is_none());
    assert!(done.body["csrfToken"].is_string());
}

#[tokio::test]
async fn no_step_can_be_skipped() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    let name = json!({ "firstName": "Ada", "lastName": "Lovelace", "countryCode": "GB" });
    let birth = json!({ "dateOfBirth": "1990-03-15", "gender": "FEMALE" });
    let password = json!({ "password": PASSWORD, "confirmPassword": PASSWORD });
    let phone = json!({ "phoneNum": "+447700900123" });
    let otp = json!({ "otp": "123456" });
    let steps = [("name-country", name), ("dob-gender", birth), ("password", password), ("phone", phone)];

    let refused = async |step: &str, fields: &serde_json::Value, done: &str| {
        let answer = wizard.step(step, fields.clone()).await;
        assert_eq!((answer.status, answer.code()), (400, "REGISTRATION_STEP_INVALID"), "{step} {done}");
    };
    for (step, fields) in &steps {
        refused(step, fields, "before the address is verified").await;
    }
    let code = newest_code(&test, &wizard.email).await;
    wizard.ok("email/verify", json!({ "otp": code })).await;
    for (done, (step, fields)) in steps.iter().enumerate() {
        for (later, fields) in steps.iter().skip(done + 1) {
            refused(later, fields, &format!("before {step}")).await;
        }
        refused("phone/verify", &otp, &format!("before {step}")).await;
        refused("phone/resend", &json!({}), &format!("before {step}")).await;
        wizard.ok(step, fields.clone()).await;
    }
    // The other way round: an address that is verified needs no code again.
    let answer = wizard.step("email/resend", json!({})).await;
    assert_eq!((answer.status, answer.code()), (400, "REGISTRATION_STEP_INVALID"));
}

#[tokio::test]
async fn a_step_can_be_corrected_without_falling_back() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    wizard.up_to_password().await;
    // A country changed later tells the outlook again, because the birth date is known.
    let body = wizard.ok("name-country", json!({ "firstName": "Ada", "lastName": "King", "countryCode": "VA" })).await;
    assert_eq!(body["currentStep"], "PASSWORD_SET");
    assert_eq!(body["genesisEligible"], true);
    let body = wizard.ok("dob-gender", json!({ "dateOfBirth": "1940-01-01", "gender": "MALE" })).await;
    assert_eq!(body["genesisEligible"], false);
    assert!(body["eligibilityMessage"].as_str().unwrap().contains("without a genesis grant"));
    let state = wizard.state().await;
    assert_eq!((state["lastName"].as_str(), state["countryCode"].as_str()), (Some("King"), Some("VA")));
    assert_eq!((state["genesisEligible"].as_bool(), state["gender"].as_str()), (Some(false), Some("MALE")));
}

#[tokio::test]
async fn nobody_without_the_token_reads_or_changes_a_registration() {
    for test in each().await {
        let victim = Wizard::start(&test, "ada").await;
        let code = newest_code(&test, &victim.email).await;
        victim.ok("email/verify", json!({ "otp": code })).await;
        victim.ok("name-country", json!({ "firstName": "Ada", "lastName": "Lovelace", "countryCode": "GB" })).await;

        // Knowing the address starts another registration, which knows nothing of the first.
        let other = Wizard::start(&test, "ada").await;
        assert_ne!(other.id, victim.id);
        let state = other.state().await;
        assert_eq!(state["currentStep"], "EMAIL_SENT");
        assert!(state.get("firstName").is_none());

        // Knowing the id opens nothing, and looks like an id that does not exist.
        let unknown = "00000000-0000-7000-8000-000000000000";
        let long = "f".repeat(64);
        for (id, token) in [
            (victim.id.as_str(), other.token.as_str()),
            (&victim.id, ""),
            (&victim.id, &long),
            (unknown, &victim.token),
        ] {
            let read = victim
                .api
                .get(&format!("/api/v1/registration/{id}"))
                .header("x-registration-token", token)
                .send()
                .await;
            assert_eq!((read.status, read.code()), (404, "REGISTRATION_NOT_FOUND"));
            for (step, mut fields) in [
                ("email/verify", json!({ "otp": "123456" })),
                ("email/resend", json!({})),
                ("name-country", json!({ "firstName": "Eve", "lastName": "Evil", "countryCode": "GB" })),
                ("dob-gender", json!({ "dateOfBirth": "1990-03-15", "gender": "FEMALE" })),
                ("password", json!({ "password": PASSWORD, "confirmPassword": PASSWORD })),
                ("phone", json!({ "phoneNum": "+447700900123" })),
                ("phone/verify", json!({ "otp": "123456" })),
                ("phone/resend", json!({})),
            ] {
                fields["registrationId"] = json!(id);
                fields["registrationToken"] = json!(token);
                let answer = victim.step(step, fields).await;
                assert_eq!((answer.status, answer.code()), (404, "REGISTRATION_NOT_FOUND"), "{step}");
            }
        }
        let read = victim.api.get(&format!("/api/v1/registration/{}", victim.id)).send().await;
        assert_eq!((read.status, read.code()), (404, "REGISTRATION_NOT_FOUND"), "without a token");
        assert_eq!(victim.state().await["firstName"], "Ada");
    }
}

#[tokio::test]
async fn a_registration_can_be_resumed_for_a_day() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    let code = newest_code(&test, &wizard.email).await;
    wizard.ok("email/verify", json!({ "otp": code })).await;
    wizard.ok("name-country", json!({ "firstName": "Ada", "lastName": "Lovelace", "countryCode": "GB" })).await;

    test.advance(Duration::from_secs(24 * 3600 - 60));
    assert_eq!(wizard.state().await["lastName"], "Lovelace");
    wizard.ok("dob-gender", json!({ "dateOfBirth": "1990-03-15", "gender": "FEMALE" })).await;

    test.advance(Duration::from_secs(120));
    let answer = wizard.step("password", json!({ "password": PASSWORD, "confirmPassword": PASSWORD })).await;
    assert_eq!((answer.status, answer.code()), (410, "REGISTRATION_EXPIRED"));
    let path = format!("/api/v1/registration/{}", wizard.id);
    let read = wizard.api.get(&path).header("x-registration-token", &wizard.token).send().await;
    assert_eq!((read.status, read.code()), (410, "REGISTRATION_EXPIRED"));

    // What was typed is gone once the service has tidied up.
    gx_identity::jobs::forget(&test.app).await.unwrap();
    let read = wizard.api.get(&path).header("x-registration-token", &wizard.token).send().await;
    assert_eq!((read.status, read.code()), (404, "REGISTRATION_NOT_FOUND"));
}

#[tokio::test]
async fn five_wrong_codes_end_it_and_a_new_code_buys_no_more_tries() {
    for test in each().await {
        let wizard = Wizard::start(&test, "ada").await;
        let first = newest_code(&test, &wizard.email).await;
        for _ in 0..3 {
            let answer = wizard.step("email/verify", json!({ "otp": wrong(&first) })).await;
            assert_eq!(
                (answer.status, answer.code(), answer.field().as_str()),
                (400, "OTP_INVALID", "otp:OTP_INVALID")
            );
        }
        wizard.ok("email/resend", json!({})).await;
        let second = newest_code(&test, &wizard.email).await;
        if first != second {
            let answer = wizard.step("email/verify", json!({ "otp": first })).await;
            assert_eq!((answer.status, answer.code()), (400, "OTP_INVALID"), "the last code is the only one");
        } else {
            wizard.step("email/verify", json!({ "otp": wrong(&first) })).await;
        }
        let answer = wizard.step("email/verify", json!({ "otp": wrong(&second) })).await;
        assert_eq!((answer.status, answer.code()), (400, "OTP_INVALID"), "the fifth");
        let answer = wizard.step("email/verify", json!({ "otp": second })).await;
        assert_eq!((answer.status, answer.code()), (429, "OTP_MAX_ATTEMPTS"), "even the right one");
        let answer = wizard.step("email/resend", json!({})).await;
        assert_eq!((answer.status, answer.code()), (429, "OTP_MAX_ATTEMPTS"));
        // A new registration is the way out.
        let again = Wizard::start(&test, "ada").await;
        again.up_to_password().await;
    }
}

#[tokio::test]
async fn wrong_codes_sent_at_once_are_all_counted() {
    for test in each().await {
        let wizard = Wizard::start(&test, "ada").await;
        let code = newest_code(&test, &wizard.email).await;
        let guess = || wizard.step("email/verify", json!({ "otp": wrong(&code) }));
        let (a, b, c, d, e, f, g) = tokio::join!(guess(), guess(), guess(), guess(), guess(), guess(), guess());
        let invalid = [&a, &b, &c, &d, &e, &f, &g].iter().filter(|answer| answer.code() == "OTP_INVALID").count();
        assert_eq!(invalid, 5);
        assert_eq!(guess().await.code(), "OTP_MAX_ATTEMPTS");
    }
}

#[tokio::test]
async fn the_phones_code_has_its_own_tries_and_a_new_number_buys_none() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    wizard.up_to_phone("+447700900123").await;
    let code = newest_code(&test, "+447700900123").await;
    for _ in 0..4 {
        assert_eq!(wizard.step("phone/verify", json!({ "otp": wrong(&code) })).await.code(), "OTP_INVALID");
    }
    wizard.ok("phone", json!({ "phoneNum": "+447700900124" })).await;
    let second = newest_code(&test, "+447700900124").await;
    assert_eq!(wizard.step("phone/verify", json!({ "otp": wrong(&second) })).await.code(), "OTP_INVALID");
    let answer = wizard.step("phone/verify", json!({ "otp": second })).await;
    assert_eq!((answer.status, answer.code()), (429, "OTP_MAX_ATTEMPTS"));
    assert_eq!(wizard.step("phone", json!({ "phoneNum": "+447700900125" })).await.code(), "OTP_MAX_ATTEMPTS");
}

#[tokio::test]
async fn a_code_proves_only_the_number_it_was_sent_to() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    wizard.up_to_phone("+447700900123").await;
    let own = newest_code(&test, "+447700900123").await;
    wizard.ok("phone", json!({ "phoneNum": "+447700900999" })).await;
    if own != newest_code(&test, "+447700900999").await {
        assert_eq!(wizard.step("phone/verify", json!({ "otp": own })).await.code(), "OTP_INVALID");
    }
}

#[tokio::test]
async fn codes_expire_after_ten_minutes() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    let code = newest_code(&test, &wizard.email).await;
    test.advance(Duration::from_secs(10 * 60));
    let answer = wizard.step("email/verify", json!({ "otp": code })).await;
    assert_eq!((answer.status, answer.code()), (400, "OTP_EXPIRED"));
    wizard.ok("email/resend", json!({})).await;
    let code = newest_code(&test, &wizard.email).await;
    test.advance(Duration::from_secs(9 * 60 + 50));
    wizard.ok("email/verify", json!({ "otp": code })).await;
}

#[tokio::test]
async fn at_most_five_codes_are_sent_per_channel() {
    let test = TestApp::start().await;
    let wizard = Wizard::start(&test, "ada").await;
    for _ in 0..4 {
        wizard.ok("email/resend", json!({})).await;
    }
    let answer = wizard.step("email/resend", json!({})).await;
    assert_eq!((answer.status, answer.code()), (429, "OTP_MAX_RESENDS"));
    assert_eq!(test.mailbox(&wizard.email).await.len(), 5);

    wizard.up_to_phone("+447700900123").await;
    for _ in 0..2 {
        wizard.ok("phone/resend", json!({})).await;
        wizard.ok("phone", json!({ "phoneNum": "+447700900123" })).await;
    }
    for (step, fields) in [("phone/resend", json!({})), ("phone", json!({ "phoneNum": "+447700900124" }))] {
        let answer = wizard.step(step, fields).await;
        assert_eq!((answer.status, answer.code()), (429, "OTP_MAX_RESENDS"), "{step}");
    }
    let code = newest_code(&test, "+447700900123").await;
    wizard.ok("phone/verify", json!({ "otp": code })).await;
}

#[tokio::test]
async fn strangers_who_begin_with_an_address_keep_its_owner_out_of_nothing() {
    for test in each().await {
        let api = api(&test);
        let start = async |from: &str| {
            let body = json!({ "email": "ADA@devnet.gxcoin.test" });
            api.post("/api/v1/registration/email").from(from).json(&body).send().await
        };
        let mails = async || test.mailbox("ada@devnet.gxcoin.test").await.len();
        // One network can begin ten, then that network is refused.
        for _ in 0..10 {
            assert_eq!(start("203.0.113.9").await.status, 201);
        }
        let refused = start("203.0.113.9").await;
        assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
        assert!(!refused.header("retry-after").is_empty());
        assert_eq!(mails().await, 10);

        // Many networks fill no mailbox: ten mails at once, then one in five minutes.
        for number in 1..=100 {
            assert_eq!(start(&format!("198.51.100.{number}")).await.status, 201);
        }
        assert_eq!(mails().await, 10);
        test.advance(Duration::from_secs(301));
        for number in 101..=200 {
            assert_eq!(start(&format!("198.51.100.{number}")).await.status, 201);
        }
        assert_eq!(mails().await, 11);

        // Meanwhile the owner begins, and goes on with the code that is in the mailbox.
        let mine = start("192.0.2.1").await;
        assert_eq!(mine.status, 201, "{}", mine.body);
        assert_eq!(mails().await, 11);
        let code = newest_code(&test, "ada@devnet.gxcoin.test").await;
        let try_code = async |otp: &str| {
            let body = json!({ "registrationId": mine.body["registrationId"],
                "registrationToken": mine.body["registrationToken"], "otp": otp });
            api.post("/api/v1/registration/email/verify").from("192.0.2.1").json(&body).send().await
        };
        assert_eq!(try_code(&wrong(&code)).await.code(), "OTP_INVALID");
        let verified = try_code(&code).await;
        assert_eq!((verified.status, &verified.body["currentStep"]), (200, &json!("EMAIL_VERIFIED")));

        test.advance(Duration::from_secs(24 * 3600));
        assert_eq!(start("203.0.113.9").await.status, 201, "a day later it may begin again");
    }
}

#[tokio::test]
async fn a_number_is_not_flooded_either() {
    let test = TestApp::start().await;
    for mailbox in ["ada", "bob", "cleo", "dan"] {
        let wizard = Wizard::start(&test, mailbox).await;
        wizard.up_to_phone("+447700900123").await;
        for _ in 0..3 {
            wizard.ok("phone/resend", json!({})).await;
        }
    }
    assert_eq!(test.mailbox("+447700900123").await.len(), 10);
    let last = Wizard::start(&test, "eve").await;
    last.up_to_phone("+447700900123").await;
    let again = last.ok("phone/resend", json!({})).await;
    assert!(again["message"].as_str().unwrap().contains("good still"), "{again}");
    let code = newest_code(&test, "+447700900123").await;
    last.ok("phone/verify", json!({ "otp": code })).await;
    assert_eq!(test.mailbox("+447700900123").await.len(), 10);
}

#[tokio::test]
async fn who_has_an_account_is_told_to_its_owner_only() {
    for test in each().await {
        register(&test, "ada", "+447700900123").await;

        // The same answer for an address that has an account and one that has none.
        let taken = Wizard::start(&test, "Ada").await;
        let free = Wizard::start(&test, "free").await;
        let keys = |wizard: &serde_json::Value| wizard.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&taken.state().await), keys(&free.state().await));
        let mail = test.mailbox(&taken.email.to_lowercase()).await;
        assert!(mail[0].contains("already belongs to your account"), "{}", mail[0]);

        // With a wrong code: the same refusal. With the right one: the owner is told.
        for wizard in [&taken, &free] {
            let code = newest_code(&test, &wizard.email).await;
            assert_eq!(wizard.step("email/verify", json!({ "otp": wrong(&code) })).await.code(), "OTP_INVALID");
        }
        let code = newest_code(&test, &taken.email).await;
        let answer = taken.step("email/verify", json!({ "otp": code })).await;
        assert_eq!(
            (answer.status, answer.code(), answer.field().as_str()),
            (409, "EMAIL_ALREADY_EXISTS", "email:EMAIL_ALREADY_EXISTS")
        );
        assert_eq!(
            taken
                .step("name-country", json!({ "firstName": "Ada", "lastName": "Two", "countryCode": "GB" }))
                .await
                .code(),
            "REGISTRATION_STEP_INVALID"
        );

        // The same for a phone number; another number goes through.
        free.up_to_phone("+447700900123").await;
        let texts = test.mailbox("+447700900123").await;
        assert!(texts[0].contains("already belongs to an account"), "{}", texts[0]);
        let code = newest_code(&test, "+447700900123").await;
        let answer = free.step("phone/verify", json!({ "otp": code })).await;
        assert_eq!(
            (answer.status, answer.code(), answer.field().as_str()),
            (409, "PHONE_ALREADY_EXISTS", "phoneNum:PHONE_ALREADY_EXISTS")
        );
        free.ok("phone", json!({ "phoneNum": "+447700900124" })).await;
        let code = newest_code(&test, "+447700900124").await;
        free.ok("phone/verify", json!({ "otp": code })).await;
    }
}

#[tokio::test]
async fn of_two_registrations_with_one_address_the_first_to_finish_has_it() {
    for test in each().await {
        let one = Wizard::start(&test, "ada").await;
        one.up_to_phone("+447700900121").await;
        let two = Wizard::start(&test, "ada").await;
        two.up_to_phone("+447700900122").await;
        let (code_one, code_two) =
            (newest_code(&test, "+447700900121").await, newest_code(&test, "+447700900122").await);
        let (a, b) = tokio::join!(
            one.step("phone/verify", json!({ "otp": code_one })),
            two.step("phone/verify", json!({ "otp": code_two })),
        );
        let mut outcomes = [(a.status, a.code()), (b.status, b.code())];
        outcomes.sort_unstable();
        assert_eq!(outcomes, [(200, ""), (409, "EMAIL_ALREADY_EXISTS")]);
    }
}

#[tokio::test]
async fn what_this_network_sends_nothing_to_is_refused_by_name() {
    // No mail server is set up, and the address is no test person's: it will never work, on a test network.
    let test = TestApp::start().await;
    let start = async |test: &TestApp| {
        api(test).post("/api/v1/registration/email").json(&json!({ "email": "ada@example.org" })).send().await
    };
    let answer = start(&test).await;
    assert_eq!((answer.status, answer.field()), (422, "email:RECIPIENT_UNREACHABLE".to_owned()), "{}", answer.body);
    assert!(answer.body["detail"].as_str().unwrap().contains("gxcoin.test"), "{}", answer.body);
    // The same for a number; the registration stays where it was.
    let wizard = Wizard::start(&test, "ada").await;
    wizard.up_to_phone("+447700900123").await;
    let other = Wizard::start(&test, "bea").await;
    other.up_to_phone("+447700900124").await;
    let refused = other.step("phone", json!({ "phoneNum": "+4917612345678" })).await;
    assert_eq!((refused.status, refused.field()), (422, "phoneNum:RECIPIENT_UNREACHABLE".to_owned()));
    let state = other.state().await;
    assert_eq!(state["phoneNum"], "+447700900124", "{state}");
    // Elsewhere the network is at fault, not the address.
    let test = TestApp::start_with(TestOptions::default().set("GX_ENV", "mainnet")).await.unwrap();
    let answer = start(&test).await;
    assert_eq!((answer.status, answer.code()), (502, "UPSTREAM_UNAVAILABLE"), "{}", answer.body);
}

#[tokio::test]
async fn nobody_is_told_of_a_code_on_its_way_to_a_number_that_it_has_not_reached() {
    // Where the provider should be, nobody listens.
    let test = TestApp::start_with(TestOptions::default().set("SMS_URL", "http://127.0.0.1:9/")).await.unwrap();
    let wizard = Wizard::start(&test, "ada").await;
    wizard.up_to_password().await;
    let failed = wizard.step("phone", json!({ "phoneNum": "+4917612345678" })).await;
    assert_eq!((failed.status, failed.code()), (502, "UPSTREAM_UNAVAILABLE"), "{}", failed.body);
    let state = wizard.state().await;
    assert_eq!(state["currentStep"], "PASSWORD_SET", "{state}");
    wizard.ok("phone", json!({ "phoneNum": "+447700900123" })).await;
    let code = newest_code(&test, "+447700900123").await;
    wizard.ok("phone/verify", json!({ "otp": code })).await;
}

#[tokio::test]
async fn limits_hold_and_are_set_by_settings() {
    let options = TestOptions::default().set("RATE_LIMIT_CODE_CHECK", "3/60").set("RATE_LIMIT_REGISTER", "2/60");
    let test = TestApp::start_with(options).await.unwrap();
    let wizard = Wizard::start(&test, "ada").await;
    for expected in ["OTP_INVALID", "OTP_INVALID", "OTP_INVALID", "RATE_LIMITED"] {
        // Without moving the clock, so that nothing is refilled.
        let code = wrong(&newest_code(&test, &wizard.email).await);
        let body = json!({ "registrationId": wizard.id, "registrationToken": wizard.token, "otp": code });
        let answer = wizard.api.post("/api/v1/registration/email/verify").json(&body).send().await;
        assert_eq!(answer.code(), expected);
    }
}
