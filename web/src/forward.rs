//! Hands requests to services that run as processes of their own, streaming both ways.
//!
//! A service that does not answer gives a problem document that names it, so that nobody takes it for a refusal.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use gx_base::{Clock, Entropy, EntropyExt};
use gx_platform::http::{ApiError, BodyLimit, BodyLimits};
use gx_types::{CorrelationId, ErrorCode, Problem};
use hyper_util::rt::TokioIo;

/// How long a service may take to accept a connection.
const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// When to come back after a service did not answer.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How long a service may stay silent; above the longest `Prefer: wait`.
const SILENCE_MAX: Duration = Duration::from_secs(45);

static CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers that concern one connection only.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A service in another process.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Its name, for people.
    pub component: &'static str,
    /// Where it listens, for example `http://svc-identity:3001`.
    pub url: String,
    /// The paths of its routes; what they begin with (`/api/v1/<name>`) is handed to it.
    pub paths: Vec<&'static str>,
    /// Its socket, if it has one.
    pub socket: Option<Socket>,
    /// How large the bodies of its requests may be. What is larger ends here: the service would refuse it before it has
    /// read it, and that answer gets lost over a line that is still being written to.
    pub limits: BodyLimits,
}

/// The socket of a service: WebSocket connections are handed on, and so are the requests of clients that poll.
#[derive(Debug, Clone, Copy)]
pub struct Socket {
    /// Where it is.
    pub path: &'static str,
    /// How much a client that polls may send at once.
    pub limit: BodyLimit,
}

impl Upstream {
    /// What the paths begin with, each once.
    fn prefixes(&self) -> Vec<String> {
        let mut prefixes: Vec<String> = self
            .paths
            .iter()
            .filter_map(|path| {
                let mut parts = path.strip_prefix("/api/v1/")?.split('/');
                parts
                    .next()
                    .filter(|name| !name.is_empty() && !name.starts_with('{'))
                    .map(|name| format!("/api/v1/{name}"))
            })
            .collect();
        prefixes.sort();
        prefixes.dedup();
        prefixes
    }
}

/// Why the forwarder cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The address of a service is no HTTP address.
    #[error("the address of {component} is not usable: {url}")]
    Address {
        /// Whose.
        component: &'static str,
        /// What was given.
        url: String,
    },
    /// No HTTP client.
    #[error("no HTTP client can be made")]
    Client(#[from] reqwest::Error),
}

struct Forwarder {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// The routes of services in other processes.
///
/// # Errors
/// Names the address that cannot be used.
pub fn routes(
    upstreams: &[Upstream],
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Router, ForwardError> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_WAIT)
        .read_timeout(SILENCE_MAX)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    let forwarder = Arc::new(Forwarder { client, clock, entropy });
    let mut router = Router::new();
    for upstream in upstreams {
        let base = upstream.url.trim_end_matches('/').to_owned();
        let usable = base.parse::<Uri>().is_ok_and(|uri| uri.scheme_str().is_some() && uri.host().is_some());
        if !usable {
            return Err(ForwardError::Address { component: upstream.component, url: upstream.url.clone() });
        }
        let limits = Arc::new(upstream.limits.clone());
        if let Some(Socket { path, limit }) = upstream.socket {
            let (forwarder, base, component) = (Arc::clone(&forwarder), base.clone(), upstream.component);
            let handler =
                any(move |request: Request| async move { forwarder.hand_on(component, &base, limit, request).await });
            router = router.route(path, handler);
        }
        for prefix in upstream.prefixes() {
            let (forwarder, base, component) = (Arc::clone(&forwarder), base.clone(), upstream.component);
            let limits = Arc::clone(&limits);
            let handler = any(move |request: Request| async move {
                let limit = limits.at(request.method(), request.uri().path());
                forwarder.hand_on(component, &base, limit, request).await
            });
            router = router.route(&prefix, handler.clone()).route(&format!("{prefix}/{{*rest}}"), handler);
        }
    }
    Ok(router)
}

impl Forwarder {
    async fn hand_on(&self, component: &'static str, base: &str, limit: BodyLimit, mut request: Request) -> Response {
        let upgrade = wants_websocket(request.headers()).then(|| hyper::upgrade::on(&mut request));
        let (parts, body) = request.into_parts();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        let correlation = parts
            .headers
            .get(&CORRELATION)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .unwrap_or_else(|| CorrelationId::from_uuid(self.entropy.uuid_v7(self.clock.now())));
        let target = format!("{base}{}", parts.uri.path_and_query().map_or("/", |path| path.as_str()));
        let mut headers = parts.headers;
        strip(&mut headers);
        headers.remove(header::HOST);
        if let Ok(value) = HeaderValue::from_str(&correlation.to_string()) {
            headers.insert(&CORRELATION, value);
        }
        append_peer(&mut headers, peer);
        if upgrade.is_some() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        if body.size_hint().lower() > limit.bytes_max() as u64 {
            limit.drain(body).await;
            return refusal(limit.refusal(), correlation);
        }
        let too_large = Arc::new(AtomicBool::new(false));
        let mut asked = self.client.request(parts.method, &target).headers(headers);
        // A request without a body stays one: a body announced in chunks with nothing in it is something else.
        if !body.is_end_stream() {
            asked = asked.body(reqwest::Body::wrap_stream(limited(body, limit, Arc::clone(&too_large))));
        }
        match asked.send().await {
            Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS && upgrade.is_some() => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = answer.status();
                *response.headers_mut() = answer.headers().clone();
                // Both sides become plain connections once this response is on its way.
                tokio::spawn(async move {
                    let Some(upgrade) = upgrade else { return };
                    let (near, far) = tokio::join!(upgrade, answer.upgrade());
                    match (near, far) {
                        (Ok(near), Ok(mut far)) => {
                            let mut near = TokioIo::new(near);
                            // It ends when one side does, whichever way.
                            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                        }
                        (Err(error), _) => tracing::debug!(%error, "a socket was not opened by its client"),
                        (_, Err(error)) => tracing::debug!(component, %error, "a socket was not opened by the service"),
                    }
                });
                response
            }
            Ok(answer) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = answer.status();
                *response.headers_mut() = answer.headers().clone();
                strip(response.headers_mut());
                *response.body_mut() = Body::from_stream(answer.bytes_stream().map_err(std::io::Error::other));
                response
            }
            Err(_) if too_large.load(Ordering::Acquire) => refusal(limit.refusal(), correlation),
            Err(error) => {
                tracing::warn!(component, error = %error.without_url(), "a service does not answer");
                unreachable(component, correlation)
            }
        }
    }
}

/// The data of a body up to its limit; a longer one is read on for a while, so that its sender hears the answer, and ends
/// in an error.
fn limited(
    body: Body,
    limit: BodyLimit,
    too_large: Arc<AtomicBool>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    stream::unfold(Some((body.into_data_stream(), limit.bytes_max())), move |state| {
        let too_large = Arc::clone(&too_large);
        async move {
            let (mut data, left) = state?;
            match data.next().await? {
                Err(error) => Some((Err(std::io::Error::other(error)), None)),
                Ok(bytes) => match left.checked_sub(bytes.len()) {
                    Some(left) => Some((Ok(bytes), Some((data, left)))),
                    None => {
                        too_large.store(true, Ordering::Release);
                        limit.drain(Body::from_stream(data)).await;
                        Some((Err(std::io::Error::other("the body is too large")), None))
                    }
                },
            }
        }
    })
}

/// The answer when a service does not answer.
fn unreachable(component: &str, correlation: CorrelationId) -> Response {
    let error = ApiError::new(ErrorCode::UpstreamUnavailable)
        .with_detail(format!("The {component} service does not answer."))
        .with_retry_after(RETRY_AFTER);
    refusal(error, correlation)
}

/// An answer of the edge itself, under the number of the request.
fn refusal(error: ApiError, correlation: CorrelationId) -> Response {
    let problem = Problem { correlation_id: correlation, ..error.problem() };
    let mut response = error.into_response();
    // A problem has no map with odd keys, so serialising it cannot fail; an empty body would still carry the status.
    *response.body_mut() = Body::from(serde_json::to_vec(&problem).unwrap_or_default());
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// Whether a client asks to turn its connection into a WebSocket.
fn wants_websocket(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Takes out what concerns one connection only, and what `Connection` names.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in HOP_BY_HOP.into_iter().map(str::to_owned).chain(named) {
        headers.remove(name.as_str());
    }
}

/// Adds who opened the connection to the end of the list; the service decides how much of the list it trusts.
fn append_peer(headers: &mut HeaderMap, peer: Option<SocketAddr>) {
    let Some(peer) = peer else { return };
    let before =
        headers.get_all(&FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ");
    let list = if before.is_empty() { peer.ip().to_string() } else { format!("{before}, {}", peer.ip()) };
    if let Ok(value) = HeaderValue::from_str(&list) {
        headers.insert(&FORWARDED_FOR, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_taken_from_the_routes() {
        let upstream = Upstream {
            component: "admin",
            url: "http://localhost:1".to_owned(),
            paths: vec!["/api/v1/admin/users/{id}", "/api/v1/public/supply", "/api/v1/admin/auth/login", "/health"],
            socket: None,
            limits: BodyLimits::default(),
        };
        assert_eq!(upstream.prefixes(), ["/api/v1/admin", "/api/v1/public"]);
    }

    #[test]
    fn headers_of_one_connection_stay_on_it() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("connection", "close, x-secret"), ("x-secret", "1"), ("te", "trailers"), ("accept", "a/b")]
        {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        strip(&mut headers);
        assert_eq!(headers.len(), 1);
        assert!(headers.contains_key("accept"));
    }

    #[test]
    fn the_client_address_is_added_at_the_end() {
        let mut headers = HeaderMap::new();
        headers.insert(&FORWARDED_FOR, HeaderValue::from_static("203.0.113.9"));
        append_peer(&mut headers, Some(([127, 0, 0, 1], 5000).into()));
        assert_eq!(headers[&FORWARDED_FOR], "203.0.113.9, 127.0.0.1");
    }
}
