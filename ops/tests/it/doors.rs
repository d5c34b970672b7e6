//! Every secret that people and administrators hold, at every door that is not its own: a coded refusal each time, and
//! nothing is changed by it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gx_base::Secret;
use gx_platform::auth::{ADMIN_COOKIE, PERSON_COOKIE};
use gx_platform::http::ApiError;
use gx_platform::testing::{TestAnswer, TestApi, TestApp, TestPerson};
use gx_store::Col;
use gx_store::entity::{admin_users, user_profiles};
use gx_store::sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use gx_types::{Actor, AdminRole};
use serde_json::{Value, json};

const PASSWORD: &str = "Correct-Horse-7-Battery";

/// A registration that nobody began.
const REGISTRATION: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What is opened by a secret, by the name of the secret that opens it.
const DOORS: &[&str] = &[
    "person access",
    "admin access",
    "person cookie",
    "admin cookie",
    "person csrf",
    "person refresh",
    "admin refresh",
    "person second step",
    "admin second step",
    "person reset",
    "person objection",
    "registration",
];

struct Scene {
    test: TestApp,
    api: TestApi,
    person: Actor,
    admin: Actor,
    email: String,
    username: String,
}

impl Scene {
    /// A person and an administrator, both with password and second factor.
    async fn new() -> Self {
        let test = TestApp::start().await;
        let api = test.serve([gx_identity::routes(), gx_admin::routes()]);
        let made = TestPerson { mailbox: "ada".to_owned(), ..TestPerson::default() };
        let profile_id = test.person(made).await.profile_id;
        let administrator = test.admin(AdminRole::SuperOwner).await;
        let hash = test.app.passwords().hash(Secret::new(PASSWORD)).await.unwrap();
        let admin_id = administrator.admin_id;
        test.write(move |tx| {
            let hash = hash.clone();
            Box::pin(async move {
                user_profiles::Entity::update_many()
                    .col_expr(user_profiles::Column::PasswordHash, hash.clone().into())
                    .filter(user_profiles::Column::ProfileId.eq(Col(profile_id)))
                    .exec(tx)
                    .await?;
                admin_users::Entity::update_many()
                    .col_expr(admin_users::Column::PasswordHash, hash.into())
                    .filter(admin_users::Column::AdminId.eq(Col(admin_id)))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await;
        let (person, admin) = (Actor::Person(profile_id), Actor::Admin(admin_id));
        for owner in [person, admin] {
            let setup = Arc::new(test.app.second_factors().new_setup(owner, "somebody").unwrap());
            let factors = test.app.second_factors().clone();
            let enrolled: Result<(), ApiError> = test
                .app
                .store()
                .write(move |tx| {
                    let (factors, setup) = (factors.clone(), Arc::clone(&setup));
                    Box::pin(async move { factors.enrol_on_devnet(tx, owner, &setup).await })
                })
                .await;
            enrolled.unwrap();
        }
        let email = "ada@devnet.gxcoin.test".to_owned();
        Self { test, api, person, admin, email, username: administrator.username }
    }

    async fn post(&self, path: &str, body: &Value) -> TestAnswer {
        self.api.post(path).json(body).send().await
    }

    /// A code that was not used before.
    async fn code(&self, owner: Actor) -> String {
        self.test.advance(Duration::from_secs(30));
        self.test.app.second_factors().current_code(self.test.app.store(), owner).await.unwrap().unwrap()
    }

    async fn person_ticket(&self, transport: &str) -> Value {
        let body = json!({ "email": self.email, "password": PASSWORD, "transport": transport });
        let first = self.post("/api/v1/auth/login", &body).await;
        assert_eq!(first.status, 202, "{}", first.body);
        first.body["ticket"].clone()
    }

    async fn admin_ticket(&self, transport: &str) -> Value {
        let body = json!({ "username": self.username, "password": PASSWORD, "transport": transport });
        let first = self.post("/api/v1/admin/auth/login", &body).await;
        assert_eq!(first.status, 202, "{}", first.body);
        first.body["mfaToken"].clone()
    }

    async fn person_session(&self, transport: &str) -> TestAnswer {
        let ticket = self.person_ticket(transport).await;
        let body = json!({ "ticket": ticket, "code": self.code(self.person).await, "transport": transport });
        let answer = self.post("/api/v1/auth/login/second-factor", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    async fn admin_session(&self, transport: &str) -> TestAnswer {
        let ticket = self.admin_ticket(transport).await;
        let body = json!({ "mfaToken": ticket, "code": self.code(self.admin).await });
        let answer = self.post("/api/v1/admin/auth/mfa/verify", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    /// The token of a mail, which is sent after the answer.
    async fn reset_token(&self) -> String {
        self.post("/api/v1/auth/password/forgot", &json!({ "email": self.email })).await;
        for _ in 0..1_200 {
            let mails = self.test.mailbox(&self.email).await;
            let rest = mails.iter().find_map(|mail| mail.split("/reset?token=").nth(1));
            if let Some(rest) = rest {
                return rest.split_whitespace().next().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail with a token came");
    }

    /// Every secret, by the name of its door.
    async fn secrets(&self) -> BTreeMap<&'static str, String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let cookie = |answer: &TestAnswer| {
            let header = answer.header("set-cookie").to_owned();
            header.split(['=', ';']).nth(1).unwrap().to_owned()
        };
        let person = self.person_session("token").await.body;
        let admin = self.admin_session("token").await.body;
        let in_browser = self.person_session("cookie").await;
        let admin_in_browser = self.admin_session("cookie").await;
        let step_up = json!({ "code": self.code(self.person).await });
        let access = text(&person["accessToken"]);
        let granted = self.api.post("/api/v1/auth/step-up").token(&access).json(&step_up).send().await;
        assert_eq!(granted.status, 200, "{}", granted.body);
        let email = json!({ "email": "eve@devnet.gxcoin.test" });
        let begun = self.post("/api/v1/registration/email", &email).await.body;
        BTreeMap::from([
            ("person access", access),
            ("person refresh", text(&person["refreshToken"])),
            ("person cookie", cookie(&in_browser)),
            ("person csrf", text(&in_browser.body["csrfToken"])),
            ("person second step", text(&self.person_ticket("token").await)),
            ("person reset", self.reset_token().await),
            ("person step-up", text(&granted.body["grant"])),
            ("admin access", text(&admin["accessToken"])),
            ("admin refresh", text(&admin["refreshToken"])),
            ("admin cookie", cookie(&admin_in_browser)),
            ("admin csrf", text(&admin_in_browser.body["csrfToken"])),
            ("admin second step", text(&self.admin_ticket("token").await)),
            ("registration", text(&begun["registrationToken"])),
        ])
    }

    /// Knocks at a door with a text.
    async fn knock(&self, door: &str, text: &str, person_cookie: &str) -> TestAnswer {
        let bearer = |path: &str| self.api.get(path).token(text);
        let cookie = |path: &str, name: &str| self.api.get(path).header("cookie", &format!("{name}={text}"));
        let new = json!({ "token": text, "newPassword": "Another-Horse-8!", "confirmPassword": "Another-Horse-8!" });
        let registered = json!({ "registrationId": REGISTRATION, "registrationToken": text, "otp": "000000" });
        let (path, body) = match door {
            "person access" => return bearer("/api/v1/security").send().await,
            "admin access" => return bearer("/api/v1/admin/auth/profile").send().await,
            "person cookie" => return cookie("/api/v1/security", PERSON_COOKIE).send().await,
            "admin cookie" => return cookie("/api/v1/admin/auth/profile", ADMIN_COOKIE).send().await,
            "person csrf" => {
                let ask = self.api.post("/api/v1/security/sessions/revoke-others");
                let ask = ask.header("cookie", &format!("{PERSON_COOKIE}={person_cookie}"));
                return ask.header("x-csrf-token", text).send().await;
            }
            "person refresh" => ("/api/v1/auth/refresh", json!({ "refreshToken": text })),
            "admin refresh" => ("/api/v1/admin/auth/refresh", json!({ "refreshToken": text })),
            "person second step" => ("/api/v1/auth/login/second-factor", json!({ "ticket": text, "code": "000000" })),
            "admin second step" => ("/api/v1/admin/auth/mfa/verify", json!({ "mfaToken": text, "code": "000000" })),
            "person reset" => ("/api/v1/auth/password/reset", new),
            "person objection" => ("/api/v1/security/objection", json!({ "token": text })),
            "registration" => ("/api/v1/registration/email/verify", registered),
            door => panic!("there is no door {door}"),
        };
        self.post(path, &body).await
    }
}

#[tokio::test]
async fn every_secret_opens_its_own_door_and_no_other() {
    let scene = Scene::new().await;
    let secrets = scene.secrets().await;
    let malformed = ["", ".", "x", "a.b.c", "gxt_", "00000000-0000-0000-0000-000000000000.0", "%00"];
    let own = secrets.iter().map(|(name, text)| (*name, text.clone()));
    let nobodys = malformed.iter().map(|text| ("nobody", (*text).to_owned()));
    for (name, text) in own.chain(nobodys) {
        // At its own door it would be spent, or do what it is for.
        for door in DOORS.iter().filter(|door| **door != name) {
            let answer = scene.knock(door, &text, &secrets["person cookie"]).await;
            assert!([400, 401, 403, 404, 422].contains(&answer.status), "{name} at {door}: {}", answer.body);
            assert!(!answer.code().is_empty(), "{name} at {door}: {}", answer.body);
        }
    }
    // Nothing was ended, spent or changed: each still opens its own.
    let get = async |path: &str, header: &'static str, value: String| {
        scene.api.get(path).header(header, &value).send().await.status
    };
    let cookie = |name: &str, secret: &str| format!("{name}={}", secrets[secret]);
    let bearer = |secret: &str| format!("Bearer {}", secrets[secret]);
    assert_eq!(get("/api/v1/security", "authorization", bearer("person access")).await, 200);
    assert_eq!(get("/api/v1/admin/auth/profile", "authorization", bearer("admin access")).await, 200);
    assert_eq!(get("/api/v1/security", "cookie", cookie(PERSON_COOKIE, "person cookie")).await, 200);
    assert_eq!(get("/api/v1/admin/auth/profile", "cookie", cookie(ADMIN_COOKIE, "admin cookie")).await, 200);
    for (path, secret) in [("/api/v1/auth/refresh", "person refresh"), ("/api/v1/admin/auth/refresh", "admin refresh")]
    {
        let renewed = scene.post(path, &json!({ "refreshToken": secrets[secret] })).await;
        assert_eq!(renewed.status, 200, "{path}: {}", renewed.body);
    }
    let ticket = json!({ "ticket": secrets["person second step"], "code": scene.code(scene.person).await });
    assert_eq!(scene.post("/api/v1/auth/login/second-factor", &ticket).await.status, 200);
    let ticket = json!({ "mfaToken": secrets["admin second step"], "code": scene.code(scene.admin).await });
    assert_eq!(scene.post("/api/v1/admin/auth/mfa/verify", &ticket).await.status, 200);
    let new = json!({
        "token": secrets["person reset"], "newPassword": "Another-Horse-8!", "confirmPassword": "Another-Horse-8!"
    });
    assert_eq!(scene.post("/api/v1/auth/password/reset", &new).await.status, 200);
}
