//! What the tests share: the application on every database there is, the wizard step by step, uploads.

use std::time::Duration;

use gx_platform::testing::{TestAnswer, TestApi, TestApp, TestOptions};
use gx_types::ProfileId;
use serde_json::{Value, json};

pub const PASSWORD: &str = "TestPass123!";

/// The application on SQLite, and on PostgreSQL when there is a server.
pub async fn each() -> Vec<TestApp> {
    let mut apps = vec![TestApp::start().await];
    apps.extend(TestApp::start_with(TestOptions { postgres: true, ..TestOptions::default() }).await);
    apps
}

/// The service's routes.
pub fn api(test: &TestApp) -> TestApi {
    test.serve([gx_identity::routes()])
}

/// The code in the newest message to `recipient`.
pub async fn newest_code(test: &TestApp, recipient: &str) -> String {
    let messages = test.mailbox(&recipient.to_lowercase()).await;
    let text = messages.first().unwrap_or_else(|| panic!("nothing was sent to {recipient}"));
    text.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6).expect("a code of six digits").to_owned()
}

/// A code that is not `code`.
pub fn wrong(code: &str) -> String {
    if code == "000000" { "111111".to_owned() } else { "000000".to_owned() }
}

/// A registration under way.
pub struct Wizard<'t> {
    pub test: &'t TestApp,
    pub api: TestApi,
    pub id: String,
    pub token: String,
    pub email: String,
}

impl<'t> Wizard<'t> {
    /// Step 1 with an address that belongs to the mailbox.
    pub async fn start(test: &'t TestApp, mailbox: &str) -> Self {
        let (api, email) = (api(test), format!("{mailbox}@devnet.gxcoin.test"));
        test.advance(Duration::from_secs(1));
        let answer = api.post("/api/v1/registration/email").json(&json!({ "email": email })).send().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        Self { test, api, id: text("registrationId"), token: text("registrationToken"), email }
    }

    /// Sends a step with this registration's id and token.
    pub async fn step(&self, step: &str, mut fields: Value) -> TestAnswer {
        self.test.advance(Duration::from_secs(1));
        let object = fields.as_object_mut().unwrap();
        object.entry("registrationId").or_insert_with(|| json!(self.id));
        object.entry("registrationToken").or_insert_with(|| json!(self.token));
        self.api.post(&format!("/api/v1/registration/{step}")).json(&fields).send().await
    }

    /// Sends a step that must succeed.
    pub async fn ok(&self, step: &str, fields: Value) -> Value {
        let answer = self.step(step, fields).await;
        assert_eq!(answer.status, 200, "{step}: {}", answer.body);
        answer.body
    }

    /// The registration as its owner sees it.
    pub async fn state(&self) -> Value {
        let path = format!("/api/v1/registration/{}", self.id);
        let answer = self.api.get(&path).header("x-registration-token", &self.token).send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["data"].clone()
    }

    /// Steps 2 to 5.
    pub async fn up_to_password(&self) {
        let code = newest_code(self.test, &self.email).await;
        self.ok("email/verify", json!({ "otp": code })).await;
        self.ok("name-country", json!({ "firstName": "Ada", "lastName": "Lovelace", "countryCode": "gb" })).await;
        self.ok("dob-gender", json!({ "dateOfBirth": "1990-03-15", "gender": "FEMALE" })).await;
        self.ok("password", json!({ "password": PASSWORD, "confirmPassword": PASSWORD })).await;
    }

    /// Steps 2 to 6.
    pub async fn up_to_phone(&self, phone: &str) {
        self.up_to_password().await;
        self.ok("phone", json!({ "phoneNum": phone })).await;
    }
}

/// Somebody who went through the whole wizard.
pub struct Registered {
    pub profile_id: ProfileId,
    pub email: String,
    pub access: String,
    pub refresh: String,
}

/// Goes through the whole wizard.
pub async fn register(test: &TestApp, mailbox: &str, phone: &str) -> Registered {
    let wizard = Wizard::start(test, mailbox).await;
    wizard.up_to_phone(phone).await;
    let code = newest_code(test, phone).await;
    let done = wizard.ok("phone/verify", json!({ "otp": code })).await;
    Registered {
        profile_id: done["user"]["profileId"].as_str().unwrap().parse().unwrap(),
        email: wizard.email,
        access: done["accessToken"].as_str().unwrap().to_owned(),
        refresh: done["refreshToken"].as_str().unwrap().to_owned(),
    }
}

/// A part of a multipart body: name, file name, content.
pub type Part<'p> = (&'p str, Option<&'p str>, &'p [u8]);

/// A multipart body with its content type.
pub fn multipart(parts: &[Part<'_>]) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "gx-test-boundary-8f7a";
    let mut body = Vec::new();
    for (name, file_name, content) in parts {
        let file_name = file_name.map_or_else(String::new, |file_name| format!("; filename=\"{file_name}\""));
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n").bytes(),
        );
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// A small picture.
pub fn png(shade: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in
        [(b"IHDR", vec![0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]), (b"IDAT", vec![shade]), (b"IEND", vec![])]
    {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(kind);
        bytes.extend(data);
        bytes.extend([0; 4]);
    }
    bytes
}

/// A small file of another kind.
pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<<>>\nstartxref\n40\n%%EOF\n";

/// Uploads parts.
pub async fn upload(api: &TestApi, id: ProfileId, token: &str, parts: &[Part<'_>]) -> TestAnswer {
    let (content_type, body) = multipart(parts);
    let path = format!("/api/v1/users/{id}/documents/upload");
    api.post(&path).token(token).body(&content_type, body).send().await
}

/// Uploads a passport and returns its id.
pub async fn upload_passport(api: &TestApi, id: ProfileId, token: &str, number: &str) -> String {
    let metadata = json!({ "documentNumber": number, "issuingCountry": "GB" }).to_string();
    // Every passport has a picture of its own.
    let picture = png(number.bytes().fold(1, u8::wrapping_add));
    let parts: [Part<'_>; 3] = [
        ("documentType", None, b"PASSPORT"),
        ("metadata", None, metadata.as_bytes()),
        ("file", Some("passport.png"), &picture),
    ];
    let answer = upload(api, id, token, &parts).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["data"]["documentId"].as_str().unwrap().to_owned()
}
