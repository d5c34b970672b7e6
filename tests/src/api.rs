//! Someone who uses the public API.

use reqwest::{Method, StatusCode};
use serde_json::Value;

/// An answer: status and JSON body (`Null` when there is none).
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// The request, for messages.
    pub request: String,
}

impl Reply {
    /// The body, if the status is this one; otherwise the test fails and shows the answer.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{} answered {}", self.request, self.body);
        self.body
    }

    /// The problem's code, if the status is this one.
    #[must_use]
    pub fn refused(self, status: u16) -> String {
        let request = self.request.clone();
        let body = self.expect(status);
        body["code"].as_str().unwrap_or_else(|| panic!("{request}: no code in {body}")).to_owned()
    }
}

/// A client with an address and, after a login, a token.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    token: Option<String>,
    client: reqwest::Client,
}

impl Api {
    /// Nobody in particular at this address.
    #[must_use]
    pub fn at(base: String) -> Self {
        let client =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("an HTTP client");
        Self { base, token: None, client }
    }

    /// The same address with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same person at another address.
    #[must_use]
    pub fn moved_to(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The token, after a login.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A request that a test finishes itself.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, method: Method, path: &str, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        let body = if text.is_empty() || status == StatusCode::NO_CONTENT {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Reply { status: status.as_u16(), body, request: format!("{method} {path}") }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, self.request(Method::GET, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, self.request(Method::POST, path).json(body)).await
    }

    /// `POST` with a JSON body and an idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Reply {
        let request = self.request(Method::POST, path).header("idempotency-key", key).json(body);
        self.send(Method::POST, path, request).await
    }

    /// `POST` with an idempotency key to a platform that may be dead; `None` when no answer came.
    pub async fn try_post_once(&self, path: &str, key: &str, body: &Value) -> Option<Reply> {
        let request = self.request(Method::POST, path).header("idempotency-key", key).json(body);
        let response = request.timeout(std::time::Duration::from_secs(10)).send().await.ok()?;
        let status = response.status().as_u16();
        let body = serde_json::from_str(&response.text().await.ok()?).unwrap_or(Value::Null);
        Some(Reply { status, body, request: format!("POST {path}") })
    }

    /// `GET` from a platform that may be dead; `None` when no answer came.
    pub async fn try_get(&self, path: &str) -> Option<Reply> {
        let request = self.request(Method::GET, path).timeout(std::time::Duration::from_secs(10));
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let body = serde_json::from_str(&response.text().await.ok()?).unwrap_or(Value::Null);
        Some(Reply { status, body, request: format!("GET {path}") })
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, self.request(Method::PATCH, path).json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, self.request(Method::DELETE, path)).await
    }
}
