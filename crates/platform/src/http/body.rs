//! Request bodies: JSON and `multipart/form-data`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart, OptionalFromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use gx_types::{ErrorCode, FieldError};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ApiError;
use super::extract::field_error;
use super::route::RouteMeta;

/// How long a body may take to arrive.
const BODY_READ_LIMIT: Duration = Duration::from_secs(60);

/// So much of a body that a route does not take is looked at, to name what is in it.
pub(crate) const SURPLUS_BYTES_MAX: usize = 4 * 1024;

/// A JSON body as `T`. The object's type should refuse unknown fields (`#[serde(deny_unknown_fields)]`).
///
/// Answers 415 for another content type, 413 above the route's limit, 400 for what is no JSON, 422 with the field's name
/// for what is not as it must be. NUL characters in texts are refused: no database keeps them alike.
#[derive(Debug, Clone, Copy)]
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        let meta = request.extensions().get::<Arc<RouteMeta>>().cloned();
        let bytes = read(request, state).await?;
        parse(&bytes).map(Self).map_err(|first| {
            let required = meta.map(|meta| meta.required_fields()).unwrap_or_default();
            with_all_fields::<T>(&bytes, first, &required)
        })
    }
}

/// `None` for a request without a body: no content type, and nothing in it, however its length was announced.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return <Self as FromRequest<S>>::from_request(request, state).await.map(Some);
        }
        // A proxy may announce a body in chunks and send none.
        if read(request, state).await?.is_empty() { Ok(None) } else { Err(not_json()) }
    }
}

fn not_json() -> ApiError {
    ApiError::new(ErrorCode::UnsupportedMediaType).with_detail("send application/json")
}

/// The body of a route that takes none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Looks at what is sent to a route that takes no body: nothing, or the empty object that some clients always send.
/// Anything else would be taken for heard.
pub(crate) async fn expect_none(body: Body) -> Result<(), ApiError> {
    let surplus = || ApiError::field("body", ErrorCode::FieldUnknown, "This route takes no body.");
    let bytes = tokio::time::timeout(BODY_READ_LIMIT, to_bytes(body, SURPLUS_BYTES_MAX))
        .await
        .map_err(|_| ApiError::new(ErrorCode::MalformedRequest).with_detail("the body took too long to arrive"))?
        .map_err(|_| surplus())?;
    if bytes.is_empty() { Ok(()) } else { parse::<Nothing>(&bytes).map(drop) }
}

/// Reads `T` out of JSON text, with the errors of [`ApiJson`].
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let malformed = |error: &serde_json::Error| {
        ApiError::new(ErrorCode::MalformedRequest).with_detail(format!(
            "the body is no JSON (line {}, column {})",
            error.line(),
            error.column()
        ))
    };
    if has_escaped_nul(bytes) {
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
        if let Some(field) = field_with_nul(&value, "") {
            return Err(ApiError::field(field, ErrorCode::FieldInvalid, "A text cannot contain NUL characters."));
        }
    }
    // serde would take `["50"]` for an object with its fields in order; the API does not.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
        return Err(ApiError::field("body", ErrorCode::FieldInvalid, "The body is a JSON object."));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        // A closed word given as a list or a number counts as a syntax error for serde_json, though the body is JSON.
        let is_json = || serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
        match inner.classify() {
            serde_json::error::Category::Data => ApiError::fields(vec![field_error(&path, &inner.to_string())]),
            serde_json::error::Category::Syntax if is_json() => {
                ApiError::field(path, ErrorCode::FieldInvalid, "This field is none of the known words.")
            }
            serde_json::error::Category::Syntax if inner.to_string().starts_with("number out of range") => {
                ApiError::fields(vec![field_error(&path, "this number is out of range")])
            }
            _ => malformed(&inner),
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// Adds to a refusal whatever else is wrong with the fields of the body: the deserialiser stops at the first. What it has
/// named is taken out and the rest read again; what is missing is known from the declaration (`required`).
fn with_all_fields<T: DeserializeOwned>(bytes: &[u8], first: ApiError, required: &[String]) -> ApiError {
    use serde_json::Value;
    if first.code() != ErrorCode::ValidationFailed {
        return first;
    }
    let Ok(Value::Object(sent)) = serde_json::from_slice::<Value>(bytes) else { return first };
    let mut fields: Vec<FieldError> = first.refused_fields().to_vec();
    let mut rest = sent.clone();
    // Ends with the fields at the latest: each round takes one out.
    while let Some(last) = fields.last() {
        let name = last.field.split(['.', '[']).next().unwrap_or_default();
        if rest.shift_remove(name).is_none() {
            break;
        }
        // A map of JSON values always serialises.
        let Err(next) = parse::<T>(&serde_json::to_vec(&rest).unwrap_or_default()) else { break };
        let known = |field: &FieldError| fields.iter().any(|known| known.field == field.field);
        let taken_out = |field: &FieldError| sent.contains_key(&field.field) && !rest.contains_key(&field.field);
        let fresh: Vec<FieldError> =
            next.refused_fields().iter().filter(|field| !known(field) && !taken_out(field)).cloned().collect();
        if fresh.is_empty() {
            break;
        }
        fields.extend(fresh);
    }
    for name in required {
        if !sent.contains_key(name) && !fields.iter().any(|field| field.field == *name) {
            fields.push(FieldError {
                field: name.clone(),
                code: ErrorCode::FieldRequired,
                message: ErrorCode::FieldRequired.title().to_owned(),
            });
        }
    }
    ApiError::fields(fields)
}

/// A `multipart/form-data` body; read its parts with axum's [`Multipart`].
#[derive(Debug)]
pub struct ApiMultipart(pub Multipart);

impl<S: Send + Sync> FromRequest<S> for ApiMultipart {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data")) {
            return Err(ApiError::new(ErrorCode::UnsupportedMediaType).with_detail("send multipart/form-data"));
        }
        <Multipart as FromRequest<S>>::from_request(request, state)
            .await
            .map(Self)
            .map_err(|_| ApiError::new(ErrorCode::MalformedRequest).with_detail("the multipart boundary is missing"))
    }
}

impl From<axum::extract::multipart::MultipartError> for ApiError {
    fn from(error: axum::extract::multipart::MultipartError) -> Self {
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(ErrorCode::BodyTooLarge),
            StatusCode::INTERNAL_SERVER_ERROR => Self::internal(error),
            _ => Self::new(ErrorCode::MalformedRequest).with_detail("the multipart body could not be read"),
        }
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let bytes = tokio::time::timeout(BODY_READ_LIMIT, Bytes::from_request(request, state))
        .await
        .map_err(|_| ApiError::new(ErrorCode::MalformedRequest).with_detail("the body took too long to arrive"))?;
    bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(ErrorCode::BodyTooLarge),
        _ => ApiError::new(ErrorCode::MalformedRequest).with_detail("the body broke off"),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| {
            let parameter = parameter.to_ascii_lowercase();
            parameter == "charset=utf-8" || parameter == "charset=\"utf-8\""
        })
}

/// Whether the text contains the escape `\u0000` (an escaped backslash before `u0000` is none). A bare NUL byte is no
/// JSON in the first place.
fn has_escaped_nul(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if rest.starts_with(b"u0000") {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

fn field_with_nul(value: &serde_json::Value, path: &str) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) if text.contains('\0') => {
            Some(if path.is_empty() { "body".to_owned() } else { path.to_owned() })
        }
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| field_with_nul(item, &format!("{path}[{index}]")))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            let clean = name.replace('\0', "");
            let path = if path.is_empty() { clean } else { format!("{path}.{clean}") };
            if name.contains('\0') { Some(path) } else { field_with_nul(field, &path) }
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Payment {
        #[expect(dead_code, reason = "only parsed")]
        amount: gx_types::Qirat,
        #[expect(dead_code, reason = "only parsed")]
        remark: Option<String>,
    }

    fn refused(text: &str) -> (u16, String) {
        let error = parse::<Payment>(text.as_bytes()).unwrap_err();
        let field =
            error.refused_fields().first().map(|field| format!("{}:{}", field.field, field.code)).unwrap_or_default();
        (error.code().status(), field)
    }

    #[test]
    fn every_refusal_names_its_field() {
        for (text, status, field) in [
            ("", 400, ""),
            ("{", 400, ""),
            ("{} {}", 422, "amount:FIELD_REQUIRED"),
            (r#"{"amount":"1"} x"#, 400, ""),
            ("[]", 422, "body:FIELD_INVALID"),
            (r#"["1", null]"#, 422, "body:FIELD_INVALID"),
            ("nonsense", 400, ""),
            ("7", 422, "body:FIELD_INVALID"),
            ("{}", 422, "amount:FIELD_REQUIRED"),
            (r#"{"amount":"1.5"}"#, 422, "amount:AMOUNT_INVALID"),
            (r#"{"amount":1.0}"#, 422, "amount:AMOUNT_INVALID"),
            (r#"{"amount":-1}"#, 422, "amount:AMOUNT_INVALID"),
            (r#"{"amount":1e400}"#, 422, "amount:FIELD_INVALID"),
            (r#"{"amount":"1","amount":"2"}"#, 422, "amount:FIELD_INVALID"),
            (r#"{"amount":"1","fee":1}"#, 422, "fee:FIELD_UNKNOWN"),
            (r#"{"amount":"1","remark":7}"#, 422, "remark:FIELD_INVALID"),
            (r#"{"amount":"1","remark":"a\u0000b"}"#, 422, "remark:FIELD_INVALID"),
            (r#"{"amount":"1","remark":"\ud800"}"#, 400, ""),
        ] {
            assert_eq!(refused(text), (status, field.to_owned()), "{text}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[expect(dead_code, reason = "only parsed")]
        struct Transfer {
            #[serde(rename = "toID")]
            to_id: String,
            amount: gx_types::Qirat,
            reason: String,
            #[serde(default)]
            parts: Vec<Payment>,
        }
        let required = ["toID", "amount", "reason"].map(str::to_owned);
        for (text, wrong) in [
            (
                r#"{"toID":5,"amount":-1,"reason":7,"x":1}"#,
                "toID:FIELD_INVALID amount:AMOUNT_INVALID reason:FIELD_INVALID x:FIELD_UNKNOWN",
            ),
            ("{}", "toID:FIELD_REQUIRED amount:FIELD_REQUIRED reason:FIELD_REQUIRED"),
            (
                r#"{"x":1,"amount":"01","parts":[{"amount":"1"},{"amount":true}]}"#,
                "x:FIELD_UNKNOWN amount:AMOUNT_INVALID parts[1].amount:FIELD_INVALID toID:FIELD_REQUIRED \
                 reason:FIELD_REQUIRED",
            ),
            (r#"{"toID":"a","amount":null,"reason":"b"}"#, "amount:FIELD_INVALID"),
            (r#"{"toID":"a","toID":"b","amount":5.5,"reason":"b"}"#, "toID:FIELD_INVALID amount:AMOUNT_INVALID"),
        ] {
            let first = parse::<Transfer>(text.as_bytes()).unwrap_err();
            let all = with_all_fields::<Transfer>(text.as_bytes(), first, &required);
            let named: Vec<String> =
                all.refused_fields().iter().map(|field| format!("{}:{}", field.field, field.code)).collect();
            assert_eq!(named.join(" "), wrong, "{text}");
        }
    }

    #[test]
    fn an_escaped_backslash_before_u0000_is_text() {
        assert!(parse::<Payment>(br#"{"amount":"1","remark":"\\u0000"}"#).is_ok());
    }

    #[tokio::test]
    async fn a_body_that_may_be_left_out_is_not_half_there() {
        let ask = async |request: Request| {
            <ApiJson<Payment> as OptionalFromRequest<()>>::from_request(request, &())
                .await
                .map(|body| body.is_some())
                .map_err(|error| error.code())
        };
        let empty = || Request::builder().body(axum::body::Body::empty()).unwrap();
        assert_eq!(ask(empty()).await, Ok(false));
        let mut typed = empty();
        typed.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        assert_eq!(ask(typed).await, Err(ErrorCode::MalformedRequest));
        let mut plain = Request::new(axum::body::Body::from("{}"));
        plain.headers_mut().insert(header::CONTENT_LENGTH, 2.into());
        assert_eq!(ask(plain).await, Err(ErrorCode::UnsupportedMediaType));
        let mut full = Request::new(axum::body::Body::from(r#"{"amount":"1"}"#));
        full.headers_mut().insert(header::CONTENT_LENGTH, 14.into());
        full.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        assert_eq!(ask(full).await, Ok(true));
    }

    #[test]
    fn only_json_is_json() {
        let with = |text: &'static str| HeaderMap::from_iter([(header::CONTENT_TYPE, text.parse().unwrap())]);
        for good in ["application/json", "Application/JSON; charset=utf-8"] {
            assert!(is_json(&with(good)), "{good}");
        }
        for bad in ["text/plain", "application/json; charset=latin1", "application/jsonx", ""] {
            assert!(!is_json(&with(bad)), "{bad}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
