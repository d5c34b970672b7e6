//! The wizard: every step, coming back, refusals, the end.

use serde_json::{Value, json};

use crate::site::{ME, NOW, Site, countries};

const STATE: &str = "/api/v1/registration/01890a5d-ac96-774b-bcce-b302099a8057";

fn registration(step: &str) -> Value {
    json!({ "success": true, "data": {
        "registrationId": ME, "currentStep": step, "email": "ada@devnet.gxcoin.test", "emailVerified": step != "EMAIL_SENT",
        "firstName": "Ada", "lastName": "Lovelace", "countryCode": "GB", "genesisEligible": true,
        "eligibilityMessage": "As things stand you get 500 GX.", "phoneNum": "+447700900123", "phoneVerified": false,
        "createdAt": NOW, "expiresAt": NOW,
    } })
}

fn at(step: &str) -> Site {
    let site = Site::new().with_cookie(&format!("gx_registration={ME}.the-token"));
    site.says("GET", STATE, 200, registration(step));
    site.says("GET", "/api/v1/countries", 200, countries());
    site
}

#[tokio::test]
async fn the_address_of_the_wizard_shows_the_step_that_comes_next() {
    Site::new().get("/register").await.is(200).shows("Step 1 of 7").shows("action=\"/register/email\"");
    for (step, number, field, action) in [
        ("EMAIL_SENT", 2, "otp", "/register/email/code"),
        ("EMAIL_VERIFIED", 3, "firstName", "/register/name"),
        ("NAME_COUNTRY_SET", 4, "birthDay", "/register/birth"),
        ("DOB_GENDER_SET", 5, "password", "/register/password"),
        ("PASSWORD_SET", 6, "phoneNum", "/register/phone"),
        ("PHONE_SENT", 7, "otp", "/register/phone/code"),
    ] {
        let site = at(step);
        let page = site.get("/register").await;
        page.is(200)
            .shows(&format!("Step {number} of 7"))
            .shows(&format!("id=\"{field}\""))
            .shows(&format!("action=\"{action}\""));
        assert_eq!(site.last("GET", STATE).header("x-registration-token"), Some("the-token"));
    }
    let done = at("COMPLETED").get("/register").await;
    done.leads_to(303, "/login");
    assert!(done.cookie("gx_registration").unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn a_test_network_says_which_addresses_and_numbers_work() {
    Site::new().get("/register").await.is(200).shows("id=\"test-addresses\"").shows("gxcoin.test");
    at("PASSWORD_SET").get("/register").await.is(200).shows("id=\"test-numbers\"").shows("+44 7700 900000");
    Site::new().get("/dev/mailbox").await.is(200).shows("id=\"test-recipients\"");
}

#[tokio::test]
async fn a_registration_that_is_over_begins_again() {
    for (status, code) in [(404, "REGISTRATION_NOT_FOUND"), (410, "REGISTRATION_EXPIRED")] {
        let site = at("EMAIL_SENT");
        site.refuses("GET", STATE, status, code, &[]);
        let page = site.get("/register").await;
        page.leads_to(303, "/register");
        assert!(page.cookie("gx_registration").unwrap().contains("Max-Age=0"));
    }
}

#[tokio::test]
async fn starting_keeps_the_key_on_this_device_only() {
    let site = Site::new();
    site.says(
        "POST",
        "/api/v1/registration/email",
        201,
        json!({ "success": true, "registrationId": ME, "registrationToken": "the-token", "currentStep": "EMAIL_SENT",
            "message": "", "codeExpiresAt": NOW, "expiresAt": NOW }),
    );
    let page = site.post("/register/email", &[("email", "ada@devnet.gxcoin.test")]).await;
    page.leads_to(303, "/register");
    let cookie = page.cookie("gx_registration").unwrap();
    assert!(
        cookie.starts_with(&format!("{ME}.the-token; Path=/register; HttpOnly; SameSite=Lax; Max-Age=86400")),
        "{cookie}"
    );
}

#[tokio::test]
async fn refusals_stand_beside_their_field_with_what_was_typed() {
    let site = Site::new();
    site.refuses(
        "POST",
        "/api/v1/registration/email",
        422,
        "VALIDATION_FAILED",
        &[("email", "This is no e-mail address.")],
    );
    let page = site.post("/register/email", &[("email", "ada@")]).await;
    page.is(422)
        .shows("id=\"email-error\">This is no e-mail address.")
        .shows("value=\"ada@\"")
        .shows("aria-invalid=\"true\"");

    let site = at("EMAIL_SENT");
    site.refuses("POST", "/api/v1/registration/email/verify", 400, "OTP_INVALID", &[]);
    site.post("/register/email/code", &[("otp", "123456")])
        .await
        .is(400)
        .shows("id=\"otp-error\">detail of OTP_INVALID");
    site.refuses("POST", "/api/v1/registration/email/verify", 429, "OTP_MAX_ATTEMPTS", &[]);
    site.post("/register/email/code", &[("otp", "123456")]).await.is(429).shows("id=\"form-error\"");

    let site = at("NAME_COUNTRY_SET");
    let path = "/api/v1/registration/dob-gender";
    site.refuses(
        "POST",
        path,
        422,
        "VALIDATION_FAILED",
        &[("dateOfBirth", "From 13 years on."), ("gender", "Choose one.")],
    );
    let page = site.post("/register/birth", &[("birthDay", "1"), ("birthMonth", "2"), ("birthYear", "2024")]).await;
    page.is(422).shows("From 13 years on.").shows("Choose one.").shows("value=\"2024\"");
    assert_eq!(site.last("POST", path).json()["dateOfBirth"], "2024-02-01");
}

#[tokio::test]
async fn eligibility_is_shown_before_anything_is_handed_in() {
    for step in ["DOB_GENDER_SET", "PASSWORD_SET", "PHONE_SENT"] {
        at(step).get("/register").await.shows("You are due a grant.").shows("As things stand you get 500 GX.");
    }
    let site = at("DOB_GENDER_SET");
    let mut above = registration("DOB_GENDER_SET");
    above["data"]["genesisEligible"] = json!(false);
    above["data"]["eligibilityMessage"] = json!("Grants go to people up to 73.");
    site.says("GET", STATE, 200, above);
    site.get("/register").await.shows("You can join, without a grant.").shows("Grants go to people up to 73.");
}

#[tokio::test]
async fn passwords_are_never_sent_back() {
    let site = at("DOB_GENDER_SET");
    site.refuses(
        "POST",
        "/api/v1/registration/password",
        422,
        "VALIDATION_FAILED",
        &[("confirmPassword", "Not the same.")],
    );
    let page = site.post("/register/password", &[("password", " Secret&1 "), ("confirmPassword", "other")]).await;
    page.is(422).shows("Not the same.").lacks("Secret");
    assert_eq!(site.last("POST", "/api/v1/registration/password").json()["password"], " Secret&1 ", "to the letter");
}

#[tokio::test]
async fn the_last_step_signs_in() {
    let site = at("PHONE_SENT");
    site.says_with_cookie(
        "POST",
        "/api/v1/registration/phone/verify",
        json!({ "success": true, "message": "", "currentStep": "COMPLETED", "csrfToken": "fresh", "expiresIn": 900, "user": {
            "profileId": ME, "email": "ada@devnet.gxcoin.test", "firstName": "Ada", "lastName": "Lovelace",
            "phoneNum": "+447700900123", "identityNum": null, "status": "REGISTERED", "onchainStatus": "NOT_REGISTERED",
            "nationalityCountryCode": "GB", "createdAt": NOW, "updatedAt": NOW } }),
        "gx_session=s.new; Path=/; HttpOnly",
    );
    let page = site.post("/register/phone/code", &[("otp", "123 456")]).await;
    page.leads_to(303, "/dashboard?done=welcome");
    assert_eq!(page.cookie("gx_session"), Some("s.new; Path=/; HttpOnly"));
    assert!(page.cookie("gx_csrf").unwrap().starts_with("fresh;"));
    assert!(page.cookie("gx_registration").unwrap().contains("Max-Age=0"));
    assert_eq!(site.last("POST", "/api/v1/registration/phone/verify").json()["transport"], "cookie");
}

#[tokio::test]
async fn another_number_and_another_address_are_possible_and_a_step_too_late_leads_on() {
    let site = at("PHONE_SENT");
    site.get("/register?change=phone").await.shows("id=\"phoneNum\"");
    let page = site.post("/register/restart", &[]).await;
    page.leads_to(303, "/register");
    assert!(page.cookie("gx_registration").unwrap().contains("Max-Age=0"));
    site.refuses("POST", "/api/v1/registration/email/verify", 400, "REGISTRATION_STEP_INVALID", &[]);
    site.post("/register/email/code", &[("otp", "1")]).await.leads_to(303, "/register");
    site.get("/register/phone/code").await.leads_to(303, "/register");
}
