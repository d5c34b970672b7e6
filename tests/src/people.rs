//! People who use the platform as anyone would: they register, hand in a passport, are approved, and pay.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Admin, Api, Platform, wait_for};

/// How long an accepted command may take to settle on a busy test machine.
pub const SETTLE_LIMIT: Duration = Duration::from_secs(60);

/// What every new person's password is.
pub const PASSWORD: &str = "Correct-Horse-7";

/// The smallest picture that a browser shows, a PNG of one pixel.
pub const PICTURE: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 0x0A, b'I', b'D', b'A', b'T', 0x78, 0x9C, 0x63, 0x68, 0, 0, 0, 0x82,
    0, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Someone who is about to register.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Country, two letters.
    pub country: String,
    /// `YYYY-MM-DD`.
    pub born: String,
    /// `MALE` or `FEMALE`.
    pub gender: String,
    /// Number of the passport.
    pub passport: String,
    /// Told apart from every other person of this test process.
    number: u64,
}

impl NewPerson {
    /// Someone of a country, born on a day.
    #[must_use]
    pub fn of(first_name: &str, country: &str, born: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        Self {
            passport: format!("{country}P{number:07}"),
            first_name: first_name.to_owned(),
            last_name: "Tester".to_owned(),
            country: country.to_owned(),
            born: born.to_owned(),
            gender: "FEMALE".to_owned(),
            number,
        }
    }

    /// Given and family name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// The e-mail address, read by the development mailbox.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}.{}@devnet.gxcoin.test", self.first_name.to_lowercase(), self.number)
    }

    /// A phone number that is set aside for fiction.
    #[must_use]
    pub fn phone(&self) -> String {
        format!("+1{}55501{:02}", 200 + self.number / 100, self.number % 100)
    }

    /// Goes through the wizard to an account.
    pub async fn register(self, api: &Api) -> Person {
        let started = api.post("/api/v1/registration/email", &json!({ "email": self.email() })).await.expect(201);
        let step = |more: Value| {
            let mut body = json!({
                "registrationId": started["registrationId"],
                "registrationToken": started["registrationToken"],
            });
            if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
                body.extend(more.clone());
            }
            body
        };
        let wizard = |path: &str| format!("/api/v1/registration/{path}");
        let code = code_for(api, &self.email()).await;
        api.post(&wizard("email/verify"), &step(json!({ "otp": code }))).await.expect(200);
        let name = json!({ "firstName": self.first_name, "lastName": self.last_name, "countryCode": self.country });
        api.post(&wizard("name-country"), &step(name)).await.expect(200);
        let birth = json!({ "dateOfBirth": self.born, "gender": self.gender });
        let eligibility = api.post(&wizard("dob-gender"), &step(birth)).await.expect(200);
        let password = json!({ "password": PASSWORD, "confirmPassword": PASSWORD });
        api.post(&wizard("password"), &step(password)).await.expect(200);
        api.post(&wizard("phone"), &step(json!({ "phoneNum": self.phone() }))).await.expect(200);
        let code = code_for(api, &self.phone()).await;
        let done = api.post(&wizard("phone/verify"), &step(json!({ "otp": code }))).await.expect(200);
        Person {
            api: api.with_token(text(&done["accessToken"])),
            id: text(&done["user"]["profileId"]).to_owned(),
            gx_id: String::new(),
            told_eligible: eligibility["genesisEligible"].as_bool() == Some(true),
            person: self,
        }
    }

    /// Registers, hands in, is approved, and waits until the ledger has registered the account.
    pub async fn settle(self, platform: &Platform, admin: &Admin) -> Person {
        let mut person = self.register(&platform.api()).await;
        person.hand_in().await;
        admin.approve(&person).await;
        person.wait_until_active().await;
        person
    }
}

/// The newest code that went to an address or number.
async fn code_for(api: &Api, to: &str) -> String {
    let path = format!("/api/v1/dev/mailbox?to={}", to.replace('+', "%2B").replace('@', "%40"));
    wait_for(&format!("a code for {to}"), SETTLE_LIMIT, || {
        let path = path.clone();
        async move {
            let reply = api.get(&path).await.expect(200);
            let message = reply["messages"].get(0)?["text"].as_str()?.to_owned();
            message.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).map(str::to_owned)
        }
    })
    .await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Someone with an account.
#[derive(Debug, Clone)]
pub struct Person {
    /// The API, signed in.
    pub api: Api,
    /// Profile id.
    pub id: String,
    /// GX id; empty until the ledger has registered the account.
    pub gx_id: String,
    /// Whether the wizard promised a grant.
    pub told_eligible: bool,
    /// What was typed.
    pub person: NewPerson,
}

impl Person {
    /// Given and family name.
    #[must_use]
    pub fn name(&self) -> String {
        self.person.name()
    }

    /// Uploads a passport and submits it.
    pub async fn hand_in(&self) {
        let metadata = json!({
            "documentNumber": self.person.passport,
            "issuingCountry": self.person.country,
            "expiryDate": "2099-12-31",
        });
        let picture = reqwest::multipart::Part::bytes(PICTURE)
            .file_name("passport.png")
            .mime_str("image/png")
            .expect("a media type");
        let form = reqwest::multipart::Form::new()
            .part("file", picture)
            .text("documentType", "PASSPORT")
            .text("metadata", metadata.to_string());
        let path = format!("/api/v1/users/{}/documents/upload", self.id);
        let upload = self.api.request(reqwest::Method::POST, &path).multipart(form);
        let document = self.api.send(reqwest::Method::POST, &path, upload).await.expect(201);
        let ids = json!({ "documentIds": [document["data"]["documentId"]] });
        self.api.post(&format!("/api/v1/users/{}/kyc", self.id), &ids).await.expect(201);
    }

    /// Signs in anew with e-mail address and password; `None` when no answer came.
    pub async fn sign_in(&self, api: &Api) -> Option<Api> {
        let body = json!({ "email": self.person.email(), "password": PASSWORD });
        let reply = api.try_post_once("/api/v1/auth/login", "signing-in", &body).await?;
        Some(api.with_token(reply.body["accessToken"].as_str()?))
    }

    /// The profile.
    pub async fn profile(&self) -> Value {
        self.api.get(&format!("/api/v1/users/{}", self.id)).await.expect(200)["user"].clone()
    }

    /// Waits until the account is active, and remembers its GX id.
    pub async fn wait_until_active(&mut self) {
        let gx_id = wait_for(&format!("{} to be active", self.name()), SETTLE_LIMIT, || async {
            let profile = self.profile().await;
            assert_ne!(profile["status"], "DENIED", "{profile}");
            (profile["status"] == "ACTIVE" && profile["onchainStatus"] == "REGISTERED")
                .then(|| text(&profile["fabricUserId"]).to_owned())
        })
        .await;
        self.gx_id = gx_id;
    }

    /// Settled and pending balance, Qirat.
    pub async fn balance(&self) -> (u64, u64) {
        let reply = self.api.get(&format!("/api/v1/wallets/{}/balance", self.id)).await.expect(200);
        (qirat(&reply["balance"]["balance"]), qirat(&reply["balance"]["pending"]))
    }

    /// Accepts a transfer; the command's id.
    pub async fn send(&self, to: &str, amount: u64, key: &str) -> String {
        let body = json!({ "toID": to, "amount": amount.to_string(), "reason": "a test" });
        let accepted = self.api.post_once("/api/v1/transfers", key, &body).await.expect(202);
        text(&accepted["commandId"]).to_owned()
    }

    /// Waits until a command of this person is settled or refused.
    pub async fn settled(&self, command: &str) -> Value {
        let path = format!("/api/v1/transfers/{command}/status");
        wait_for(&format!("command {command} to settle"), SETTLE_LIMIT, || async {
            let view = self.api.get(&path).await.expect(200);
            ["CONFIRMED", "FAILED"].contains(&text(&view["status"])).then_some(view)
        })
        .await
    }

    /// Transfers and waits until it is settled.
    pub async fn pay(&self, to: &str, amount: u64, key: &str) -> Value {
        let command = self.send(to, amount, key).await;
        let view = self.settled(&command).await;
        assert_eq!(view["status"], "CONFIRMED", "{view}");
        view
    }

    /// Makes a Q Send request.
    pub async fn request(&self, amount: u64, description: &str) -> Value {
        let body = json!({ "amount": amount.to_string(), "description": description });
        self.api.post("/api/v1/qsend", &body).await.expect(201)
    }

    /// Every notification, newest first.
    pub async fn notifications(&self) -> Vec<Value> {
        let reply = self.api.get("/api/v1/notifications?limit=100").await.expect(200);
        reply["notifications"].as_array().cloned().unwrap_or_default()
    }
}

/// An amount as the API gives it.
#[must_use]
pub fn qirat(value: &Value) -> u64 {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no amount: {value}"))
}
