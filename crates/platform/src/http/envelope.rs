//! What surrounds every request: correlation id, caller's address, a look at the address line, the log line, the
//! metrics, and a net under panics.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use gx_base::EntropyExt;
use gx_types::{CorrelationId, ErrorCode};
use tracing::Instrument;

use super::route::RouteMeta;
use super::{AnsweredCode, ApiError, PeerAddr, RouteSet, correlation};
use crate::{App, metrics};

/// Longest path with query, bytes.
const URI_BYTES_MAX: usize = 8 * 1024;

#[derive(Clone)]
struct Envelope {
    app: App,
    component: &'static str,
}

/// Wraps a finished router, once. Everything that the component serves goes inside.
pub fn envelope(router: Router, app: &App, component: &'static str) -> Router {
    router.layer(from_fn_with_state(Envelope { app: app.clone(), component }, enclose))
}

/// Adds the API's answer for addresses that do not exist. Methods that are not served are answered by the routes
/// themselves ([`RouteSet::mount`]).
///
/// A caller without a session is told to sign in instead of learning what exists, whether it is served here, elsewhere or
/// nowhere; only under a prefix whose routes all need no session the answer is that there is nothing.
pub fn api_not_found(router: Router, app: &App, sets: &[&RouteSet]) -> Router {
    let of = |guarded: bool| -> BTreeSet<&'static str> {
        sets.iter()
            .flat_map(|set| set.metas())
            .filter(|meta| meta.access().needs_session() == guarded)
            .filter_map(|meta| first_segment(meta.path()))
            .collect()
    };
    let open = Arc::new(&of(false) - &of(true));
    let app = app.clone();
    router.fallback(move |request: Request| {
        let (app, open) = (app.clone(), Arc::clone(&open));
        async move {
            let guarded = first_segment(request.uri().path()).is_some_and(|segment| !open.contains(segment));
            if guarded && !app.auth().is_signed_in(request.headers()).await {
                return ApiError::new(ErrorCode::Unauthorized);
            }
            ApiError::not_found()
        }
    })
}

/// `wallets` of `/api/v1/wallets/…`.
fn first_segment(path: &str) -> Option<&str> {
    path.strip_prefix("/api/v1/")?.split('/').next().filter(|segment| !segment.is_empty())
}

async fn enclose(State(Envelope { app, component }): State<Envelope>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = correlation::from_headers(request.headers())
        .unwrap_or_else(|| CorrelationId::from_uuid(app.entropy().uuid_v7(app.clock().now())));
    let peer = PeerAddr::of(request.extensions(), request.headers(), app.settings().trusted_proxies());
    request.extensions_mut().insert(peer);
    let method = request.method().clone();
    let template = request.extensions().get::<MatchedPath>().cloned();
    let route = template.as_ref().map_or("unmatched", MatchedPath::as_str);
    // Of the highest level, though it says nothing by itself: at every LOG_LEVEL what is logged carries the number of
    // its request.
    let span = tracing::error_span!("request", correlation_id = %id, component, method = %method, route);

    let work = async {
        if let Err(refusal) = check_uri(request.uri()) {
            return refusal.into_response();
        }
        match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => {
                let message = panic
                    .downcast_ref::<&str>()
                    .map(|text| (*text).to_owned())
                    .or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_default();
                ApiError::internal(format!("panic: {message}")).into_response()
            }
        }
    };
    let mut response = correlation::scope(id, work).instrument(span.clone()).await;

    finish(&mut response, id);
    let took = started.elapsed();
    metrics::request(component, &method, route, response.status(), took);
    let code = response.extensions().get::<AnsweredCode>().map(|AnsweredCode(code)| code.as_str());
    let operation = response.extensions().get::<Arc<RouteMeta>>().map(|meta| meta.operation_id());
    span.in_scope(|| log(&method, response.status(), took, code, operation));
    response
}

/// One line per request: writes and failures for everyone to read, reads for those who ask for them.
fn log(method: &Method, status: StatusCode, took: std::time::Duration, code: Option<&str>, operation: Option<&str>) {
    let (status, micros) = (status.as_u16(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    if method.is_safe() && status < 400 {
        tracing::debug!(status, micros, operation, "a request was answered");
    } else {
        tracing::info!(status, micros, operation, code, "a request was answered");
    }
}

fn finish(response: &mut Response, id: CorrelationId) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(correlation::HEADER, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(HeaderName::from_static("referrer-policy"))
        .or_insert(HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
}

/// Refuses addresses that two readers could read differently: malformed percent-encoding, bytes that are no UTF-8, NUL.
fn check_uri(uri: &Uri) -> Result<(), ApiError> {
    let malformed = |detail: &'static str| Err(ApiError::new(ErrorCode::MalformedRequest).with_detail(detail));
    let query = uri.query().unwrap_or_default();
    if uri.path().len() + query.len() > URI_BYTES_MAX {
        return malformed("the address is too long");
    }
    for part in [uri.path(), query] {
        match decode_percent(part) {
            None => return malformed("the percent-encoding of the address is broken"),
            Some(bytes) => match String::from_utf8(bytes) {
                Err(_) => return malformed("the address is no UTF-8"),
                Ok(text) if text.contains('\0') => return malformed("the address contains a NUL character"),
                Ok(_) => {}
            },
        }
    }
    Ok(())
}

fn decode_percent(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        decoded.push(high * 16 + low);
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_addresses_are_refused() {
        for good in ["/api/v1/x", "/api/v1/a%20b?q=%C3%A9", "/?a=%2B"] {
            assert!(check_uri(&good.parse().unwrap()).is_ok(), "{good}");
        }
        for bad in ["/%", "/%4", "/%zz", "/?a=%", "/%ff", "/?q=%c3", "/%00", "/?a=%00"] {
            assert!(check_uri(&bad.parse().unwrap()).is_err(), "{bad}");
        }
        assert!(check_uri(&format!("/{}", "a".repeat(URI_BYTES_MAX)).parse().unwrap()).is_err());
    }
}
