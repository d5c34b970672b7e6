//! The own profile: read and changed by its owner alone, locked where an admin looks at it.

use gx_platform::testing::{TestAnswer, TestApp, TestPerson};
use gx_types::{OnchainStatus, PersonState, PersonStatus, ProfileId};
use serde_json::{Value, json};

use crate::support::{api, each};

async fn patch(test: &TestApp, id: ProfileId, token: &str, body: Value) -> TestAnswer {
    api(test).patch(&format!("/api/v1/users/{id}")).token(token).json(&body).send().await
}

#[tokio::test]
async fn only_the_owner_sees_or_changes_a_profile() {
    let test = TestApp::start().await;
    let ada = test.person(TestPerson::default()).await;
    let eve = test.person(TestPerson::default()).await;
    let path = format!("/api/v1/users/{}", ada.profile_id);
    assert_eq!(api(&test).get(&path).token(&ada.token).send().await.status, 200);
    let routes = [
        ("GET", path.clone()),
        ("PATCH", path.clone()),
        ("GET", format!("{path}/documents")),
        ("GET", format!("{path}/kyc")),
        ("POST", format!("{path}/kyc")),
    ];
    for (method, path) in routes {
        let request = |token: Option<&str>| {
            let request = api(&test).request(method.parse().unwrap(), &path);
            let request =
                token.map_or_else(|| api(&test).request(method.parse().unwrap(), &path), |token| request.token(token));
            if method == "GET" { request } else { request.json(&json!({ "documentIds": [] })) }
        };
        assert_eq!(request(None).send().await.status, 401, "{method} {path} without a token");
        let body = if method == "PATCH" { json!({}) } else { json!({ "documentIds": [eve.profile_id] }) };
        let stranger = api(&test).request(method.parse().unwrap(), &path).token(&eve.token);
        let stranger = if method == "GET" { stranger } else { stranger.json(&body) };
        let answer = stranger.send().await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{method} {path} by a stranger");
    }
    let answer = api(&test).get("/api/v1/users/not-an-id").token(&ada.token).send().await;
    assert_eq!((answer.status, answer.field().as_str()), (422, "id:FIELD_INVALID"));
}

#[tokio::test]
async fn fields_change_clear_and_stay() {
    for test in each().await {
        let ada = test.person(TestPerson::default()).await;
        let all = json!({
            "firstName": "Āda", "middleName": "M.", "lastName": "Lovelace", "dateOfBirth": "1991-04-16", "gender": "MALE",
            "placeOfBirth": "London", "nationalityCountryCode": "gb", "nationalIdNumber": "ab 12-34", "nationalIdIssuedAt": "2020-01-01",
            "nationalIdExpiresAt": "2030-01-01", "passportNumber": "p-99 887", "passportIssuingCountry": "FR", "passportIssuedAt": "2020-02-29",
            "passportExpiresAt": "2030-02-28", "employmentStatus": "SELF_EMPLOYED", "jobTitle": "Analyst", "companyName": "Engine & Co",
            "industry": "Computing", "workEmail": "Ada@Work.example", "workPhoneNum": "+44 7700 900555", "isPEP": true, "pepDetails": "Minister",
            "addressLine1": "1 St James's Sq", "addressLine2": "Flat 2", "city": "London", "stateProvince": "England", "postalCode": "SW1Y 4LB",
            "addressCountry": "GB",
        });
        // «M.» alone is an initial, not a name.
        let answer = patch(&test, ada.profile_id, &ada.token, all.clone()).await;
        assert_eq!((answer.status, answer.field().as_str()), (422, "middleName:NAME_TOO_SHORT"));
        let mut all = all;
        all["middleName"] = json!("Maria");
        let answer = patch(&test, ada.profile_id, &ada.token, all).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let user = &answer.body["user"];
        for (name, value) in [
            ("firstName", "Āda"),
            ("gender", "MALE"),
            ("nationalityCountryCode", "GB"),
            ("nationalIdNumber", "AB1234"),
            ("identityNum", "AB1234"),
            ("passportNumber", "P99887"),
            ("passportIssuedAt", "2020-02-29"),
            ("employmentStatus", "SELF_EMPLOYED"),
            ("workPhoneNum", "+447700900555"),
            ("pepDetails", "Minister"),
        ] {
            assert_eq!(user[name], value, "{name}");
        }
        assert_eq!(user["isPEP"], true);
        assert_eq!(user["address"]["countryCode"], "GB");
        assert_eq!(user["address"]["addressLine1"], "1 St James's Sq");

        let cleared = json!({ "jobTitle": null, "addressLine1": null, "addressLine2": null, "city": null, "stateProvince": null,
            "postalCode": null, "addressCountry": null });
        let answer = patch(&test, ada.profile_id, &ada.token, cleared).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["user"]["jobTitle"], Value::Null);
        assert_eq!(answer.body["user"]["address"], Value::Null);
        assert_eq!(answer.body["user"]["industry"], "Computing");
        assert_eq!(patch(&test, ada.profile_id, &ada.token, json!({})).await.status, 200);
    }
}

#[tokio::test]
async fn every_field_is_checked_and_nothing_changes() {
    let test = TestApp::start().await;
    let ada = test.person(TestPerson::default()).await;
    let path = format!("/api/v1/users/{}", ada.profile_id);
    let before = api(&test).get(&path).token(&ada.token).send().await.body;
    let long = "x".repeat(121);
    for (body, expected) in [
        (json!({ "firstName": null }), "firstName:FIELD_REQUIRED"),
        (json!({ "firstName": "1" }), "firstName:NAME_INVALID_CHARS"),
        (json!({ "middleName": "" }), "middleName:NAME_REQUIRED"),
        (json!({ "lastName": "x".repeat(51) }), "lastName:NAME_TOO_LONG"),
        (json!({ "dateOfBirth": "2020-01-01" }), "dateOfBirth:DOB_MIN_AGE"),
        (json!({ "dateOfBirth": null }), "dateOfBirth:FIELD_REQUIRED"),
        (json!({ "gender": "OTHER" }), "gender:GENDER_INVALID"),
        (json!({ "placeOfBirth": "a\nb" }), "placeOfBirth:FIELD_INVALID"),
        (json!({ "nationalityCountryCode": "XX" }), "nationalityCountryCode:COUNTRY_NOT_FOUND"),
        (json!({ "nationalityCountryCode": "XXX" }), "nationalityCountryCode:COUNTRY_INVALID_FORMAT"),
        (json!({ "nationalIdNumber": "--" }), "nationalIdNumber:FIELD_INVALID"),
        (json!({ "nationalIdIssuedAt": "01/01/2020" }), "nationalIdIssuedAt:FIELD_INVALID"),
        (json!({ "nationalIdExpiresAt": "2021-02-29" }), "nationalIdExpiresAt:FIELD_INVALID"),
        (json!({ "passportNumber": "a" }), "passportNumber:FIELD_INVALID"),
        (json!({ "passportIssuingCountry": "1" }), "passportIssuingCountry:COUNTRY_INVALID_FORMAT"),
        (json!({ "passportIssuedAt": "x" }), "passportIssuedAt:FIELD_INVALID"),
        (json!({ "passportExpiresAt": "" }), "passportExpiresAt:FIELD_INVALID"),
        (json!({ "employmentStatus": "SLEEPING" }), "employmentStatus:FIELD_INVALID"),
        (json!({ "jobTitle": long }), "jobTitle:FIELD_INVALID"),
        (json!({ "companyName": "" }), "companyName:FIELD_INVALID"),
        (json!({ "industry": "a\u{7}" }), "industry:FIELD_INVALID"),
        (json!({ "workEmail": "x" }), "workEmail:EMAIL_INVALID_FORMAT"),
        (json!({ "workPhoneNum": "1" }), "workPhoneNum:PHONE_INVALID_FORMAT"),
        (json!({ "isPEP": null }), "isPEP:FIELD_REQUIRED"),
        (json!({ "isPEP": "yes" }), "isPEP:FIELD_INVALID"),
        (json!({ "pepDetails": "x".repeat(1001) }), "pepDetails:FIELD_INVALID"),
        (json!({ "addressLine1": "1 Main St" }), "city:FIELD_REQUIRED"),
        (json!({ "addressLine2": "Flat 2" }), "addressLine1:FIELD_REQUIRED"),
        (json!({ "city": "London", "addressCountry": "GB" }), "addressLine1:FIELD_REQUIRED"),
        (json!({ "addressCountry": "G" }), "addressCountry:COUNTRY_INVALID_FORMAT"),
        (json!({ "postalCode": "x".repeat(17) }), "postalCode:FIELD_INVALID"),
        (json!({ "stateProvince": 7 }), "stateProvince:FIELD_INVALID"),
        (json!({ "status": "ACTIVE" }), "status:FIELD_UNKNOWN"),
        (json!({ "email": "eve@example.org" }), "email:CONFIRMATION_NEEDED"),
        (json!({ "phoneNum": "+447700900999" }), "phoneNum:CONFIRMATION_NEEDED"),
        (json!({ "identityNum": "--" }), "nationalIdNumber:FIELD_INVALID"),
        (json!({ "identityNum": "AB1234", "nationalIdNumber": "AB1234" }), "nationalIdNumber:FIELD_INVALID"),
        (json!({ "addressCountry": "XX" }), "addressCountry:COUNTRY_NOT_FOUND"),
        (json!({ "passportIssuingCountry": "ZZ" }), "passportIssuingCountry:COUNTRY_NOT_FOUND"),
        (json!({ "passportIssuedAt": "2050-01-01" }), "passportIssuedAt:FIELD_INVALID"),
        (
            json!({ "passportIssuedAt": "2020-01-02", "passportExpiresAt": "2020-01-01" }),
            "passportExpiresAt:FIELD_INVALID",
        ),
        (json!({ "nationalIdIssuedAt": "2026-01-16" }), "nationalIdIssuedAt:FIELD_INVALID"),
        (json!({ "fabricUserId": "US 984 AUM945 0ABCD 1234" }), "fabricUserId:FIELD_UNKNOWN"),
    ] {
        let answer = patch(&test, ada.profile_id, &ada.token, body.clone()).await;
        assert_eq!((answer.status, answer.field().as_str()), (422, expected), "{body}: {}", answer.body);
    }
    assert_eq!(api(&test).get(&path).token(&ada.token).send().await.body, before);
}

#[tokio::test]
async fn identity_is_locked_from_the_submission_on_and_open_again_after_a_refusal() {
    let test = TestApp::start().await;
    for (status, onchain) in [
        (PersonStatus::Registered, OnchainStatus::NotRegistered),
        (PersonStatus::Denied, OnchainStatus::NotRegistered),
        (PersonStatus::PendingAdminApproval, OnchainStatus::NotRegistered),
        (PersonStatus::ApprovedPendingOnchain, OnchainStatus::Pending),
        (PersonStatus::Active, OnchainStatus::Registered),
        (PersonStatus::Frozen, OnchainStatus::Frozen),
    ] {
        let open = PersonState { status, onchain }.identity_is_open();
        let person = test.person(TestPerson { status, onchain_status: onchain, ..TestPerson::default() }).await;
        for (field, value) in [
            ("firstName", json!("Eve")),
            ("middleName", json!(null)),
            ("lastName", json!("Evil")),
            ("dateOfBirth", json!("1980-01-01")),
            ("gender", json!("MALE")),
            ("placeOfBirth", json!("Rome")),
            ("nationalityCountryCode", json!("FR")),
            ("nationalIdNumber", json!(format!("ID {}", person.profile_id))),
            ("nationalIdIssuedAt", json!("2020-01-01")),
            ("nationalIdExpiresAt", json!("2030-01-01")),
            ("passportNumber", json!("12345")),
            ("passportIssuingCountry", json!("FR")),
            ("passportIssuedAt", json!("2020-01-01")),
            ("passportExpiresAt", json!("2030-01-01")),
        ] {
            let answer = patch(&test, person.profile_id, &person.token, json!({ field: value, "jobTitle": "x" })).await;
            if open {
                assert_eq!(answer.status, 200, "{status} {field}: {}", answer.body);
            } else {
                assert_eq!((answer.status, answer.code()), (409, "PROFILE_LOCKED"), "{status} {field}");
                assert_eq!(answer.field(), format!("{field}:PROFILE_LOCKED"));
            }
        }
        // What nobody checks stays free.
        let answer = patch(&test, person.profile_id, &person.token, json!({ "jobTitle": "Analyst" })).await;
        assert_eq!(answer.status, 200, "{status}");
        assert_eq!(answer.body["user"]["identityEditable"], open);
    }
}

#[tokio::test]
async fn an_identity_number_belongs_to_one_account() {
    for test in each().await {
        let ada = test.person(TestPerson::default()).await;
        let eve = test.person(TestPerson::default()).await;
        assert_eq!(
            patch(&test, ada.profile_id, &ada.token, json!({ "nationalIdNumber": "AB 1234" })).await.status,
            200
        );
        let check = |token: String, number: &'static str| {
            let body = json!({ "nationalIdNumber": number, "countryCode": "us" });
            api(&test).post("/api/v1/validation/national-id").token(&token).json(&body).send()
        };
        let answer = check(eve.token.clone(), "ab-12-34").await;
        assert_eq!((answer.status, answer.body["isAvailable"].as_bool()), (200, Some(false)), "{}", answer.body);
        assert_eq!(check(eve.token.clone(), "ab-12-35").await.body["isAvailable"], true);
        assert_eq!(check(ada.token.clone(), "AB1234").await.body["isAvailable"], true, "one's own is no conflict");
        let answer = patch(&test, eve.profile_id, &eve.token, json!({ "nationalIdNumber": "AB1234" })).await;
        assert_eq!((answer.status, answer.field().as_str()), (409, "nationalIdNumber:DOCUMENT_ALREADY_USED"));
        // The same number of another country is another document.
        let body = json!({ "nationalIdNumber": "AB1234", "nationalityCountryCode": "GB" });
        assert_eq!(patch(&test, eve.profile_id, &eve.token, body).await.status, 200);
    }
    let test = TestApp::start().await;
    let ada = test.person(TestPerson::default()).await;
    for (body, status, field) in [
        (json!({ "nationalIdNumber": "1", "countryCode": "US" }), 422, "nationalIdNumber:FIELD_INVALID"),
        (json!({ "nationalIdNumber": "AB1234", "countryCode": "" }), 422, "countryCode:COUNTRY_REQUIRED"),
        (json!({ "nationalIdNumber": "AB1234" }), 422, "countryCode:FIELD_REQUIRED"),
    ] {
        let answer = api(&test).post("/api/v1/validation/national-id").token(&ada.token).json(&body).send().await;
        assert_eq!((answer.status, answer.field().as_str()), (status, field));
    }
    let answer = api(&test).post("/api/v1/validation/national-id").json(&json!({})).send().await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn all_countries_are_served_by_name() {
    for test in each().await {
        let answer = api(&test).get("/api/v1/countries").send().await;
        assert_eq!(answer.status, 200);
        let countries = answer.body["countries"].as_array().unwrap();
        assert_eq!(countries.len(), 234);
        assert!(countries.iter().any(|row| row["countryCode"] == "VA"));
        assert!(!countries.iter().any(|row| row["countryCode"] == "XK"));
    }
}

#[tokio::test]
async fn nobody_enters_a_hash_of_their_own() {
    let test = TestApp::start().await;
    let ada = test.person(TestPerson::default()).await;
    let bcrypt = "$2b$10$abcdefghijklmnopqrstuv1234567890abcdefghijklmnopqrstu12345";
    for hash in [bcrypt, "A", &"a".repeat(64)] {
        let answer = patch(&test, ada.profile_id, &ada.token, json!({ "biometricHash": hash })).await;
        assert_eq!((answer.status, answer.field().as_str()), (422, "biometricHash:FIELD_UNKNOWN"), "{hash}");
    }
}
