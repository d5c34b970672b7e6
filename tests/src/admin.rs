//! An administrator.

use serde_json::{Value, json};

use crate::people::Person;
use crate::{Api, Platform, SETTLE_LIMIT, wait_for};

/// A signed-in administrator.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The API, signed in.
    pub api: Api,
}

impl Admin {
    /// The first administrator: one of the two of devnet, whose logins `gx up` prints and keeps; where only a part of
    /// the platform is up, one that an operator makes on the host.
    pub async fn of(platform: &Platform) -> Self {
        let (username, password) = match login_of(platform, 0) {
            Some(login) => login,
            None => ("olga".to_owned(), made_on_the_host(platform, "olga")),
        };
        Self::sign_in(platform, &username, &password).await
    }

    /// The other administrator of devnet: the second person of an approval.
    pub async fn second(platform: &Platform) -> Self {
        let (username, password) = login_of(platform, 1).expect("a second login");
        Self::sign_in(platform, &username, &password).await
    }

    /// Asks for something that `second` approves, which executes it; the approval.
    pub async fn agreed(&self, second: &Self, path: &str, body: &Value) -> Value {
        let asked = self.api.post(path, body).await.expect(202);
        let approval = asked["approvalId"].as_str().unwrap_or_else(|| panic!("no approval: {asked}"));
        let vote = format!("/api/v1/admin/approvals/{approval}/vote");
        let voted = second.api.post(&vote, &json!({ "decision": "APPROVE" })).await.expect(200);
        assert_eq!(voted["approval"]["status"], "EXECUTED", "{voted}");
        voted["approval"].clone()
    }

    /// Signs in, with a code from the host. Codes are good once: who signs in again and again waits for the next.
    pub async fn sign_in(platform: &Platform, username: &str, password: &str) -> Self {
        let api = platform.api();
        let body = json!({ "username": username, "password": password });
        let first = api.post("/api/v1/admin/auth/login", &body).await.expect(202);
        let mut tried = String::new();
        let session = wait_for("the second step", SETTLE_LIMIT, || {
            let code = code_of(platform, username);
            let again = code == tried;
            tried.clone_from(&code);
            let (api, ticket) = (api.clone(), first["mfaToken"].clone());
            async move {
                if again {
                    return None;
                }
                let step = json!({ "mfaToken": ticket, "code": code });
                let reply = api.post("/api/v1/admin/auth/mfa/verify", &step).await;
                (reply.status == 200).then_some(reply.body)
            }
        })
        .await;
        let token = session["accessToken"].as_str().unwrap_or_else(|| panic!("no token: {session}")).to_owned();
        Self { api: api.with_token(&token) }
    }

    /// Approves a person: reads the number from the picture and types it again.
    pub async fn approve(&self, person: &Person) -> Value {
        let body = json!({ "issuingCountry": person.person.country, "documentNumber": person.person.passport });
        self.api.post(&format!("/api/v1/admin/users/{}/approve", person.id), &body).await.expect(202)
    }
}

/// A login of devnet, as `gx up` keeps it.
fn login_of(platform: &Platform, number: usize) -> Option<(String, String)> {
    let kept = std::fs::read_to_string(platform.data().join("secrets/devnet-admins")).ok()?;
    let (username, password) = kept.lines().nth(number)?.split_once(' ')?;
    Some((username.to_owned(), password.to_owned()))
}

/// `gx admin code`.
#[must_use]
pub fn code_of(platform: &Platform, username: &str) -> String {
    let output = platform.command(&["admin", "code", username]).output().expect("gx runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// `gx admin create`, once per platform; the password that it prints.
fn made_on_the_host(platform: &Platform, username: &str) -> String {
    let kept = platform.folder().join(username);
    if let Ok(password) = std::fs::read_to_string(&kept) {
        return password;
    }
    let email = format!("{username}@devnet.gxcoin.test");
    let output = platform.command(&["admin", "create", username, "--email", &email]).output().expect("gx runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let password = printed.lines().last().unwrap_or_default().trim().to_owned();
    std::fs::write(kept, &password).expect("a file");
    password
}
