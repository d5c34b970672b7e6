//! An administrator.

use serde_json::{Value, json};

use crate::people::Person;
use crate::{Api, Platform};

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
        let kept = platform.data().join("secrets/devnet-admins");
        let login = match std::fs::read_to_string(kept) {
            Ok(logins) => logins.lines().next().and_then(|line| line.split_once(' ')).map(owned),
            Err(_) => Some(("olga".to_owned(), made_on_the_host(platform, "olga"))),
        };
        let (username, password) = login.expect("a login");
        Self::sign_in(&platform.api(), &username, &password).await
    }

    /// Signs in.
    pub async fn sign_in(api: &Api, username: &str, password: &str) -> Self {
        let body = json!({ "username": username, "password": password });
        let session = api.post("/api/v1/admin/auth/login", &body).await.expect(200);
        let token = session["accessToken"].as_str().unwrap_or_else(|| panic!("no token: {session}")).to_owned();
        Self { api: api.with_token(&token) }
    }

    /// Approves a person: reads the number from the picture and types it again.
    pub async fn approve(&self, person: &Person) -> Value {
        let body = json!({ "issuingCountry": person.person.country, "documentNumber": person.person.passport });
        self.api.post(&format!("/api/v1/admin/users/{}/approve", person.id), &body).await.expect(202)
    }
}

fn owned((username, password): (&str, &str)) -> (String, String) {
    (username.to_owned(), password.to_owned())
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
