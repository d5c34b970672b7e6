//! Asking routes as a client does, without a network.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use futures::TryStreamExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::http::PeerAddr;

/// Routes to ask.
#[derive(Clone)]
pub struct TestApi {
    router: Router,
}

impl TestApi {
    pub(super) const fn new(router: Router) -> Self {
        Self { router }
    }

    /// A GET request.
    #[must_use]
    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    /// A POST request.
    #[must_use]
    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    /// A PATCH request.
    #[must_use]
    pub fn patch(&self, path: &str) -> TestRequest {
        self.request(Method::PATCH, path)
    }

    /// Any request.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest {
            api: self.clone(),
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            peer: [127, 0, 0, 1].into(),
        }
    }
}

/// A request to be sent.
pub struct TestRequest {
    api: TestApi,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    peer: std::net::IpAddr,
}

impl TestRequest {
    /// Sends it from another address than the usual 127.0.0.1.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.peer = address.parse().expect("an address");
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().expect("a header value"));
        self
    }

    /// Adds an access token.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    /// Adds a body.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends it.
    pub async fn send(self) -> TestAnswer {
        let mut request =
            Request::builder().method(self.method).uri(&self.path).body(Body::from(self.body)).expect("a request");
        *request.headers_mut() = self.headers;
        request.extensions_mut().insert(PeerAddr(self.peer));
        let response = match self.api.router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let bytes: Vec<u8> = body
            .into_data_stream()
            .try_fold(Vec::new(), |mut all, part| async move {
                all.extend_from_slice(&part);
                Ok(all)
            })
            .await
            .expect("the body is read");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        TestAnswer { status: parts.status.as_u16(), headers: parts.headers, bytes, body }
    }
}

/// An answer.
#[derive(Debug)]
pub struct TestAnswer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body as bytes.
    pub bytes: Vec<u8>,
    /// Body as JSON; null when it is none.
    pub body: Value,
}

impl TestAnswer {
    /// The stable code of a problem; empty when it is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The first refused field as `name:CODE`; empty when there is none.
    #[must_use]
    pub fn field(&self) -> String {
        let error = &self.body["errors"][0];
        match (error["field"].as_str(), error["code"].as_str()) {
            (Some(field), Some(code)) => format!("{field}:{code}"),
            _ => String::new(),
        }
    }

    /// A header as text; empty when it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
