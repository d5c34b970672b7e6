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
    /// Makes an administrator on the host, as an operator does, and signs in.
    pub async fn of(platform: &Platform, username: &str) -> Self {
        let email = format!("{username}@devnet.gxcoin.test");
        let output =
            platform.command(&["admin", "create", username, "--email", &email]).output().expect("gx admin create runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "gx admin create: {printed}{errors}");
        let first = printed
            .lines()
            .find_map(|line| line.split_once("assword:"))
            .map(|(_, password)| password.trim().to_owned())
            .unwrap_or_else(|| panic!("no password in: {printed}"));
        Self::sign_in(&platform.api(), username, &first).await
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
