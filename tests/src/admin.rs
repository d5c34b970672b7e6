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
    /// One of the two administrators of devnet, whose logins `gx up` prints and keeps.
    pub async fn of(platform: &Platform) -> Self {
        let path = platform.data().join("secrets/devnet-admins");
        let logins = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (username, password) = logins.lines().next().and_then(|line| line.split_once(' ')).expect("a login");
        Self::sign_in(&platform.api(), username, password).await
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
