//! The one way from the pages to the API: an HTTP request to the edge's own API routes.
//!
//! In `gx up` those routes are the services, mounted in process; in a cluster they forward to them. Either way the pages
//! see what any client sees: session cookie, CSRF header, problem documents. They never touch the database.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::Response;
use gx_platform::http::PeerAddr;
use gx_types::{CorrelationId, ErrorCode, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt;

/// Largest answer that a page reads into memory, bytes. Lists page well below it.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a page waits for the API, above the longest wait for a payment.
const ANSWER_WAIT: Duration = Duration::from_secs(20);

static CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
static CSRF: HeaderName = HeaderName::from_static("x-csrf-token");

/// On whose behalf a page asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The session cookie as the browser sent it, `name=value`.
    pub cookie: Option<String>,
    /// The token that came with the form.
    pub csrf: Option<String>,
    /// The id of the page's own request.
    pub correlation: CorrelationId,
    /// The client's address as the edge has found it.
    pub address: Option<PeerAddr>,
    /// Who opened the connection to the edge.
    pub peer: Option<SocketAddr>,
    /// What the proxy in front of the edge said about the client, unjudged.
    pub forwarded_for: Option<HeaderValue>,
    /// What the client calls itself.
    pub user_agent: Option<HeaderValue>,
}

/// Why there is no answer to use.
#[derive(Debug, thiserror::Error)]
pub enum ApiFailure {
    /// The API refused, with its reason.
    #[error("the API answered {}: {}", .0.code, .0.detail.as_deref().unwrap_or(&.0.title))]
    Refused(Box<Problem>),
    /// A component is out of reach.
    #[error("a component is out of reach: {0}")]
    Unreachable(String),
    /// The answer is not what the API promises.
    #[error("{path} gave an answer that cannot be read ({status}): {cause}")]
    Unreadable {
        /// What was asked for.
        path: String,
        /// The status of the answer.
        status: StatusCode,
        /// What is wrong with it.
        cause: String,
    },
}

impl ApiFailure {
    /// The refusal, when it is about what the person sent (4xx) and a page can say it in place; a payment that must be
    /// confirmed is one.
    ///
    /// # Errors
    /// Gives the failure back when it is about the session, or not the person's doing.
    pub fn refusal(self) -> Result<Box<Problem>, Self> {
        match self {
            Self::Refused(problem) if matches!(problem.status, 400 | 404 | 409 | 410 | 413 | 415 | 422 | 429) => {
                Ok(problem)
            }
            Self::Refused(problem) if is_unconfirmed(problem.code) => Ok(problem),
            other => Err(other),
        }
    }

    /// Whether the API says that there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 404)
    }
}

const fn is_unconfirmed(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::StepUpPinRequired
            | ErrorCode::StepUpCodeRequired
            | ErrorCode::StepUpSetupRequired
            | ErrorCode::StepUpInvalid
    )
}

/// An answer with its status.
#[derive(Debug)]
pub struct Reply<T> {
    /// 200, 201, 202 …
    pub status: StatusCode,
    /// What came with it, for example cookies.
    pub headers: HeaderMap,
    /// The body.
    pub body: T,
}

/// A call that is being put together.
#[derive(Debug)]
pub struct Call<'a> {
    api: &'a Api,
    caller: &'a Caller,
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<Result<Vec<u8>, serde_json::Error>>,
}

/// The client.
#[derive(Debug, Clone)]
pub struct Api {
    routes: Router,
}

impl Api {
    /// Asks these routes.
    #[must_use]
    pub const fn new(routes: Router) -> Self {
        Self { routes }
    }

    /// A read.
    pub fn get<'a>(&'a self, caller: &'a Caller, path: impl Into<String>) -> Call<'a> {
        self.call(Method::GET, caller, path)
    }

    /// A write.
    pub fn post<'a>(&'a self, caller: &'a Caller, path: impl Into<String>) -> Call<'a> {
        self.call(Method::POST, caller, path)
    }

    /// A change.
    pub fn patch<'a>(&'a self, caller: &'a Caller, path: impl Into<String>) -> Call<'a> {
        self.call(Method::PATCH, caller, path)
    }

    /// Sets something as a whole.
    pub fn put<'a>(&'a self, caller: &'a Caller, path: impl Into<String>) -> Call<'a> {
        self.call(Method::PUT, caller, path)
    }

    /// A removal.
    pub fn delete<'a>(&'a self, caller: &'a Caller, path: impl Into<String>) -> Call<'a> {
        self.call(Method::DELETE, caller, path)
    }

    fn call<'a>(&'a self, method: Method, caller: &'a Caller, path: impl Into<String>) -> Call<'a> {
        Call { api: self, caller, method, path: path.into(), query: Vec::new(), headers: Vec::new(), body: None }
    }

    /// Passes a request on as it is, with the caller's credentials: for uploads and for bytes that a page shows.
    ///
    /// # Errors
    /// [`ApiFailure::Unreachable`] when no answer comes in time.
    pub async fn pass(&self, caller: &Caller, mut request: Request<Body>) -> Result<Response, ApiFailure> {
        let path = request.uri().path().to_owned();
        let headers = request.headers_mut();
        let mut put = |name: &HeaderName, value: Option<HeaderValue>| {
            if let Some(value) = value {
                headers.insert(name.clone(), value);
            }
        };
        put(&header::COOKIE, caller.cookie.as_deref().and_then(|text| text.parse().ok()));
        put(&CSRF, caller.csrf.as_deref().and_then(|text| text.parse().ok()));
        put(&CORRELATION, caller.correlation.to_string().parse().ok());
        put(&HeaderName::from_static("x-forwarded-for"), caller.forwarded_for.clone());
        put(&header::USER_AGENT, caller.user_agent.clone());
        if let Some(address) = caller.address {
            request.extensions_mut().insert(address);
        }
        if let Some(peer) = caller.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let answer = tokio::time::timeout(ANSWER_WAIT, self.routes.clone().oneshot(request)).await;
        match answer {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(never)) => match never {},
            Err(_) => {
                tracing::warn!(path, "the API did not answer a page in time");
                Err(ApiFailure::Unreachable("The answer took too long.".to_owned()))
            }
        }
    }

    /// Passes a request on and reads its answer; anything but success is a failure.
    ///
    /// # Errors
    /// See [`ApiFailure`].
    pub async fn sent(
        &self,
        caller: &Caller,
        request: Request<Body>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), ApiFailure> {
        let path = request.uri().path().to_owned();
        let (parts, body) = self.pass(caller, request).await?.into_parts();
        let bytes = axum::body::to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|error| ApiFailure::Unreadable {
            path: path.clone(),
            status: parts.status,
            cause: error.to_string(),
        })?;
        if parts.status.is_success() {
            return Ok((parts.status, parts.headers, bytes));
        }
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) if matches!(parts.status.as_u16(), 502 | 504) => {
                Err(ApiFailure::Unreachable(problem.detail.unwrap_or(problem.title)))
            }
            Ok(problem) => Err(ApiFailure::Refused(Box::new(problem))),
            Err(_) if matches!(parts.status.as_u16(), 502..=504) => {
                Err(ApiFailure::Unreachable("A part of the platform does not answer.".to_owned()))
            }
            Err(error) => Err(ApiFailure::Unreadable { path, status: parts.status, cause: error.to_string() }),
        }
    }
}

impl Call<'_> {
    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a query parameter, if there is a value.
    #[must_use]
    pub fn maybe(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sends it once, however often the form is posted.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        self.header("idempotency-key", key)
    }

    /// Waits for the ledger up to so many seconds.
    #[must_use]
    pub fn wait(self, seconds: u32) -> Self {
        self.header("prefer", format!("wait={seconds}"))
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body));
        self
    }

    /// The body of the answer.
    ///
    /// # Errors
    /// See [`ApiFailure`].
    pub async fn read<T: DeserializeOwned>(self) -> Result<T, ApiFailure> {
        self.reply().await.map(|reply| reply.body)
    }

    /// Only whether it worked.
    ///
    /// # Errors
    /// See [`ApiFailure`].
    pub async fn done(self) -> Result<HeaderMap, ApiFailure> {
        let (_, _, headers, _) = self.bytes().await?;
        Ok(headers)
    }

    /// The answer with status and headers.
    ///
    /// # Errors
    /// See [`ApiFailure`].
    pub async fn reply<T: DeserializeOwned>(self) -> Result<Reply<T>, ApiFailure> {
        let (path, status, headers, bytes) = self.bytes().await?;
        let body = serde_json::from_slice(&bytes).map_err(|error| ApiFailure::Unreadable {
            path,
            status,
            cause: error.to_string(),
        })?;
        Ok(Reply { status, headers, body })
    }

    async fn bytes(self) -> Result<(String, StatusCode, HeaderMap, Bytes), ApiFailure> {
        let mut uri = self.path.clone();
        if !self.query.is_empty() {
            uri.push('?');
            uri.push_str(&form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish());
        }
        let unreadable =
            |cause: String| ApiFailure::Unreadable { path: self.path.clone(), status: StatusCode::BAD_REQUEST, cause };
        let mut request = Request::builder().method(self.method).uri(uri).header(header::ACCEPT, "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = match self.body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.map_err(|error| unreadable(error.to_string()))?)
            }
            None => Body::empty(),
        };
        let request = request.body(body).map_err(|error| unreadable(error.to_string()))?;
        let (status, headers, bytes) = self.api.sent(self.caller, request).await?;
        Ok((self.path, status, headers, bytes))
    }
}

/// Encodes one segment of a path.
#[must_use]
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            // A dot is encoded too, so that no segment can be `..`.
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
