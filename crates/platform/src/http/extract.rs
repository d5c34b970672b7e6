//! Extractors that say which field is refused, and why.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Path, RawPathParams};
use axum::http::HeaderName;
use axum::http::request::Parts;
use gx_base::limits::PREFER_WAIT_SECONDS_MAX;
use gx_types::{CorrelationId, ErrorCode, FieldError, QiratError};
use serde::de::DeserializeOwned;

use super::wording::plain;
use super::{ApiError, correlation};

/// Query parameters as `T`. Unknown, repeated and malformed ones are refused by name.
#[derive(Debug, Clone, Copy)]
pub struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| {
            let path = error.path().to_string();
            ApiError::fields(vec![field_error(&path, &error.into_inner().to_string())])
        })
    }
}

/// Path parameters as `T`: one value, a tuple in the order of the path, or a struct.
#[derive(Debug, Clone, Copy)]
pub struct ApiPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for ApiPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let rejection = match <Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(Path(value)) => return Ok(Self(value)),
            Err(rejection) => rejection,
        };
        let PathRejection::FailedToDeserializePathParams(error) = rejection else {
            return Err(ApiError::internal(rejection));
        };
        let (key, message) = match error.into_kind() {
            ErrorKind::InvalidUtf8InPathParam { .. } => return Err(ApiError::new(ErrorCode::MalformedRequest)),
            ErrorKind::DeserializeError { key, message, .. } => (Some(key), message),
            ErrorKind::ParseErrorAtKey { key, expected_type, .. } => (Some(key), format!("not a {expected_type}")),
            other => (None, other.to_string()),
        };
        // A lone parameter is not named by the deserialiser, but there is only one it can be.
        let key = match key {
            Some(key) => key,
            None => match RawPathParams::from_request_parts(parts, state).await {
                Ok(params) => params.iter().next().map_or_else(String::new, |(name, _)| name.to_owned()),
                Err(_) => String::new(),
            },
        };
        Err(ApiError::field(key, ErrorCode::FieldInvalid, plain(&message)))
    }
}

/// The correlation id of the request.
#[derive(Debug, Clone, Copy)]
pub struct Correlation(pub CorrelationId);

impl<S: Sync> FromRequestParts<S> for Correlation {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(correlation::current()))
    }
}

/// What a client chose to make a write repeatable: 8–128 letters, digits, hyphens and underscores.
///
/// The gate has checked presence and form; take `Option<IdempotencyKey>` where the route only accepts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The header that carries it.
    pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 8 to 128 letters, digits, hyphens or underscores")]
pub struct IdempotencyKeyError;

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (8..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdempotencyKeyError)
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::new(ErrorCode::IdempotencyKeyRequired))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// How long the client wants the answer held (`Prefer: wait=<s>`); `None` when it did not say. A header that cannot be
/// read is no wish, as RFC 7240 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreferWait(pub Option<Duration>);

impl PreferWait {
    /// The wish, or `default` without one.
    #[must_use]
    pub fn or(self, default: Duration) -> Duration {
        self.0.unwrap_or(default)
    }
}

impl<S: Sync> FromRequestParts<S> for PreferWait {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let wish = parts
            .headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split([',', ';']))
            .find_map(|part| part.trim().strip_prefix("wait=")?.trim_matches('"').parse::<u64>().ok());
        Ok(Self(wish.map(|seconds| Duration::from_secs(seconds.min(PREFER_WAIT_SECONDS_MAX)))))
    }
}

/// Turns what serde says into the field, its code and a sentence.
pub(crate) fn field_error(path: &str, message: &str) -> FieldError {
    let message = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
    let quoted = |prefix: &str| message.strip_prefix(prefix)?.split('`').next();
    let inside = |name: &str| match path {
        "" | "." | "?" => name.to_owned(),
        // The path may already end in the field that serde stumbled over.
        parent if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    if let Some(name) = quoted("missing field `") {
        return FieldError {
            field: inside(name),
            code: ErrorCode::FieldRequired,
            message: ErrorCode::FieldRequired.title().to_owned(),
        };
    }
    if let Some(name) = quoted("unknown field `") {
        return FieldError {
            field: inside(name),
            code: ErrorCode::FieldUnknown,
            message: ErrorCode::FieldUnknown.title().to_owned(),
        };
    }
    if let Some(name) = quoted("duplicate field `") {
        return FieldError {
            field: inside(name),
            code: ErrorCode::FieldInvalid,
            message: "This field was sent twice.".to_owned(),
        };
    }
    let about_amount = [QiratError::Empty, QiratError::NotDigits, QiratError::LeadingZero, QiratError::AboveCap]
        .iter()
        .any(|error| error.to_string() == message);
    FieldError {
        field: if matches!(path, "" | "." | "?") { "body".to_owned() } else { path.to_owned() },
        code: if about_amount { ErrorCode::AmountInvalid } else { ErrorCode::FieldInvalid },
        message: plain(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_messages_become_fields() {
        for (path, message, field, code) in [
            (".", "missing field `amount` at line 1 column 2", "amount", ErrorCode::FieldRequired),
            ("fee", "unknown field `fee`, expected `amount` at line 1 column 6", "fee", ErrorCode::FieldUnknown),
            ("documents[0]", "missing field `type` at line 1 column 6", "documents[0].type", ErrorCode::FieldRequired),
            ("amount", "an amount has no leading zeros at line 1 column 6", "amount", ErrorCode::AmountInvalid),
            (".", "invalid type: sequence, expected struct X at line 1 column 1", "body", ErrorCode::FieldInvalid),
        ] {
            let error = field_error(path, message);
            assert_eq!((error.field.as_str(), error.code), (field, code), "{message}");
            assert!(!error.message.contains("line"), "{}", error.message);
        }
    }

    #[test]
    fn idempotency_keys_have_a_form() {
        assert!("qsend-QS-6PAS3LHD".parse::<IdempotencyKey>().is_ok());
        for bad in ["", "1234567", "with space", "a:b:c:d:e", &"x".repeat(129), "ключключ"] {
            assert_eq!(bad.parse::<IdempotencyKey>(), Err(IdempotencyKeyError), "{bad}");
        }
    }
}
