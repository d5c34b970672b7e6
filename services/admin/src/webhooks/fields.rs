//! What administrators type about a webhook, checked.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_platform::outbound::Refused;
use gx_types::{ErrorCode, WebhookEvent, WebhookId};

use crate::text;

const NAME_CHARS_MAX: usize = 100;
const HEADERS_MAX: usize = 10;
const HEADER_NAME_CHARS_MAX: usize = 64;
const HEADER_VALUE_CHARS_MAX: usize = 500;
/// What sealed headers are for; the context is the webhook.
const SEALED_FOR: &str = "webhook-headers";

pub(super) fn name(text: &str) -> ApiResult<String> {
    text::checked("name", text, 1, NAME_CHARS_MAX)
}

/// The address as it is written; nothing is looked up.
pub(super) fn url(app: &App, text: &str) -> ApiResult<String> {
    app.outbound().judge(text).map_err(refused)?;
    Ok(text.to_owned())
}

/// Where the address leads now. It is looked at again whenever something is sent.
pub(super) async fn leads_somewhere(app: &App, url: &str) -> ApiResult<()> {
    app.outbound().check(url).await.map_err(refused)
}

fn refused(refused: Refused) -> ApiError {
    let code = ErrorCode::WebhookUrlRefused;
    ApiError::new(code).with_detail(refused.to_string()).with_field("url", code, refused.to_string())
}

/// The names of events, each once, as they are stored.
pub(super) fn events(wanted: &[WebhookEvent]) -> ApiResult<String> {
    let refuse = |message: &str| Err(ApiError::field("events", ErrorCode::FieldInvalid, message.to_owned()));
    if wanted.is_empty() {
        return refuse("Name at least one event.");
    }
    if wanted.contains(&WebhookEvent::Test) {
        return refuse("Tests go to every webhook; name other events.");
    }
    let mut names: Vec<&str> = wanted.iter().map(|event| event.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() != wanted.len() {
        return refuse("An event is named twice.");
    }
    serde_json::to_string(&names).map_err(ApiError::internal)
}

/// Headers as they are stored: their names, and everything sealed.
pub(super) struct Headers {
    pub(super) names: String,
    pub(super) sealed: Vec<u8>,
}

/// Headers to send along.
pub(super) fn headers(app: &App, id: WebhookId, typed: &BTreeMap<String, String>) -> ApiResult<Headers> {
    let refuse = |message: String| Err(ApiError::field("headers", ErrorCode::FieldInvalid, message));
    if typed.len() > HEADERS_MAX {
        return refuse(format!("At most {HEADERS_MAX} headers."));
    }
    let mut kept = BTreeMap::new();
    for (name, value) in typed {
        let lower = name.to_ascii_lowercase();
        if lower.len() > HEADER_NAME_CHARS_MAX || HeaderName::try_from(&lower).is_err() {
            return refuse(format!("A name of a header has 1 to {HEADER_NAME_CHARS_MAX} letters, digits and hyphens."));
        }
        if is_reserved(&lower) {
            return refuse(format!("The header {lower} is set by the platform."));
        }
        let plain = value.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        if value.len() > HEADER_VALUE_CHARS_MAX || !plain || HeaderValue::try_from(value).is_err() {
            return refuse(format!("{lower}: at most {HEADER_VALUE_CHARS_MAX} plain characters."));
        }
        if kept.insert(lower.clone(), value.clone()).is_some() {
            return refuse(format!("The header {lower} is named twice."));
        }
    }
    let names: Vec<&String> = kept.keys().collect();
    let names = serde_json::to_string(&names).map_err(ApiError::internal)?;
    let plain = serde_json::to_vec(&kept).map_err(ApiError::internal)?;
    Ok(Headers { names, sealed: app.seal(SEALED_FOR, &id.to_string(), &plain)? })
}

/// The headers of a webhook.
pub(super) fn opened(app: &App, id: WebhookId, sealed: &[u8]) -> ApiResult<BTreeMap<String, String>> {
    serde_json::from_slice(&app.open_sealed(SEALED_FOR, &id.to_string(), sealed)?).map_err(ApiError::internal)
}

/// Headers that say how the message is carried, and ours.
fn is_reserved(name: &str) -> bool {
    const CARRIED: [&str; 14] = [
        "host",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "keep-alive",
        "user-agent",
        "date",
        "accept-encoding",
    ];
    CARRIED.contains(&name) || name.starts_with("x-gx-") || name.starts_with("proxy-")
}
