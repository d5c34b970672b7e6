//! The one error that HTTP handlers return, and the table of status codes.
//!
//! | status | when | what a client does |
//! |---|---|---|
//! | 400 | the request could not be read: JSON syntax, percent-encoding, NUL bytes, a missing or malformed header | mend the program |
//! | 401 | no token, or one that is not valid any more | sign in, or refresh once |
//! | 403 | signed in, but without the permission; or a page's CSRF token is stale | nothing; reload the page |
//! | 404 | nothing here that the caller may see, another person's object included | nothing |
//! | 405 | the address exists, the method does not; `Allow` lists what does | mend the program |
//! | 409 | well-formed, but the present state forbids it; the code says which state | read again, decide anew |
//! | 413 | the body is above the route's limit | send less |
//! | 415 | the body has another content type than the route's | mend the program |
//! | 422 | fields are refused; `errors` names each | correct the fields |
//! | 429 | too many requests; `Retry-After` says when | wait |
//! | 500 | our fault; the log line with the correlation id says why | report the correlation id |
//! | 502 | another part of the platform did not answer | try again |
//! | 503 | database, ledger or object store are out of reach; nothing was changed; `Retry-After` says when | try again |
//!
//! A code has one status ([`ErrorCode::status`]). Inner causes are logged once, here, and never sent.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gx_types::{ErrorCode, FieldError, Problem};

use super::correlation;

/// How long a client is asked to wait after a 503 that names no time of its own.
const RETRY_AFTER_UNAVAILABLE: Duration = Duration::from_secs(5);

/// What a handler answers when it cannot do what was asked. Turns into `application/problem+json`.
pub struct ApiError {
    code: ErrorCode,
    detail: Option<Cow<'static, str>>,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What handlers return.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with nothing but its code.
    #[must_use]
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, detail: None, fields: Vec::new(), retry_after: None, source: None }
    }

    /// 404: nothing here that the caller may see.
    #[must_use]
    pub const fn not_found() -> Self {
        Self::new(ErrorCode::NotFound)
    }

    /// 422 that names one field.
    #[must_use]
    pub fn field(field: impl Into<String>, code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ValidationFailed).with_field(field, code, message)
    }

    /// 422 that names every refused field.
    #[must_use]
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(ErrorCode::ValidationFailed);
        error.fields = fields;
        error
    }

    /// 500 with its cause for the log.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorCode::Internal).with_source(source)
    }

    /// Adds what happened this time, for people.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds a refused field.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, code: ErrorCode, message: impl Into<String>) -> Self {
        self.fields.push(FieldError { field: field.into(), code, message: message.into() });
        self
    }

    /// Says when it is worth trying again.
    #[must_use]
    pub const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Keeps the cause for the log; it is never sent.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The fields that are refused.
    #[must_use]
    pub fn refused_fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// The body of the answer.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            code: self.code,
            title: self.code.title().to_owned(),
            status: self.code.status(),
            detail: self.detail.as_deref().map(str::to_owned),
            errors: self.fields.clone(),
            correlation_id: correlation::current(),
        }
    }

    fn log(&self) {
        let Some(source) = &self.source else { return };
        let mut chain = source.to_string();
        let mut cause = source.source();
        while let Some(inner) = cause {
            chain.push_str(": ");
            chain.push_str(&inner.to_string());
            cause = inner.source();
        }
        if self.code.status() == 500 {
            tracing::error!(code = self.code.as_str(), cause = chain, "a request failed on our side");
        } else {
            tracing::warn!(code = self.code.as_str(), cause = chain, "a request could not be served");
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("code", &self.code)
            .field("detail", &self.detail)
            .field("fields", &self.fields)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail.as_deref().unwrap_or(self.code.title()))
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

/// The code of an error answer, for metrics and the log line of the request.
#[derive(Debug, Clone, Copy)]
pub struct AnsweredCode(pub ErrorCode);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A problem has no map with odd keys, so serialising it cannot fail; an empty body would still carry the status.
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let wait = self.retry_after.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_UNAVAILABLE));
        if let Some(wait) = wait {
            // Whole seconds, rounded up: one who comes back a second early is refused again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(AnsweredCode(self.code));
        response
    }
}

impl From<gx_store::StoreError> for ApiError {
    fn from(error: gx_store::StoreError) -> Self {
        if error.is_unavailable() {
            Self::new(ErrorCode::DatabaseUnavailable).with_source(error)
        } else {
            Self::internal(error)
        }
    }
}
