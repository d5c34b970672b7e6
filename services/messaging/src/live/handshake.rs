//! Who may connect.
//!
//! Twice at the door: the HTTP request ([`guard`]), which may not be too large or come too often, and the namespace
//! ([`sign_in`]), where the client says who it is: with an access token, or with the session cookie of a page of ours. A
//! refusal of the second kind reaches the client as `connect_error` with the code and a sentence.

use std::fmt;
use std::sync::Arc;

use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gx_platform::http::{ApiError, PeerAddr, RateClass, RateKey};
use gx_store::repo::live;
use gx_types::api::live::SocketAuth;
use gx_types::{ErrorCode, ProfileId, SessionId};
use socketioxide::ParserError;
use socketioxide::extract::SocketRef;

use super::registry::Seat;
use super::{Inner, metrics};

/// Largest head of a handshake, bytes of names and values together.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Longest access token, bytes.
const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// A connection that may be served.
#[derive(Clone)]
pub(super) struct Admitted {
    pub person: ProfileId,
    pub session: SessionId,
    pub after: Option<u64>,
    /// Given back when the socket is gone.
    _seat: Seat,
}

/// Looks at the HTTP request before the Socket.IO server does.
pub(super) async fn guard(State(live): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let head: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    // Later requests of a polling client name their connection.
    let begins = !request.uri().query().unwrap_or_default().split('&').any(|pair| pair.starts_with("sid="));
    let peer = RateKey::of_peer(peer(request.extensions()).ip());
    let allowed = if head > HEAD_BYTES_MAX {
        Err(ApiError::new(ErrorCode::HandshakeTooLarge))
    } else if begins {
        live.app.limits().check(RateClass::Socket, peer).await.map(|_| ())
    } else {
        Ok(())
    };
    match allowed {
        Ok(()) => next.run(detached(request)).await,
        Err(error) => {
            metrics::refused(error.code());
            error.into_response()
        }
    }
}

/// The head of a request in memory of its own. As it arrives it is views of the connection's read buffer, and it stays with
/// the socket: 16 KiB that nobody needs, for as long as somebody looks at a page.
fn detached(mut request: Request) -> Request {
    for value in request.headers_mut().values_mut() {
        if let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }
    if let Ok(copy) = Uri::try_from(request.uri().to_string()) {
        *request.uri_mut() = copy;
    }
    request.extensions_mut().remove::<OriginalUri>();
    request
}

fn peer(extensions: &axum::http::Extensions) -> PeerAddr {
    extensions.get::<PeerAddr>().copied().unwrap_or_default()
}

/// Why a client may not connect, as it is told: `<CODE>: <sentence>`.
pub(super) struct Refusal(ErrorCode);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0, self.0.title())
    }
}

/// Finds out who connects. What it finds goes with the socket.
pub(super) async fn sign_in(
    live: &Inner,
    socket: &SocketRef,
    auth: Result<SocketAuth, ParserError>,
) -> Result<(), Refusal> {
    match admit(live, socket, auth).await {
        Ok(admitted) => {
            socket.extensions.insert(admitted);
            Ok(())
        }
        Err(code) => {
            metrics::refused(code);
            Err(Refusal(code))
        }
    }
}

async fn admit(live: &Inner, socket: &SocketRef, auth: Result<SocketAuth, ParserError>) -> Result<Admitted, ErrorCode> {
    let auth = auth.map_err(|_| ErrorCode::MalformedRequest)?;
    let parts = socket.req_parts();
    // 1. The session.
    let headers = credentials(live, &auth, &parts.headers)?;
    let person = live.app.auth().person(&headers).await.map_err(|error| error.code())?;
    let person = person.ok_or(ErrorCode::Unauthorized)?;
    // 2. The person.
    let facts = live::facts(live.app.store().read(), &[person.profile_id]).await;
    let facts = facts.map_err(|error| ApiError::from(error).code())?;
    let facts = facts.get(&person.profile_id).ok_or(ErrorCode::Unauthorized)?;
    if let Some(code) = live::shut_out(facts.status) {
        return Err(code);
    }
    // 3. Room for one more.
    let seat = live.registry.take_seat(person.profile_id, RateKey::of_peer(peer(&parts.extensions).ip()))?;
    Ok(Admitted { person: person.profile_id, session: person.session_id, after: auth.after, _seat: seat })
}

/// The headers that say who it is: a token that was given explicitly, or the cookie, which a browser sends by itself and
/// therefore counts only from pages of ours.
fn credentials(live: &Inner, auth: &SocketAuth, sent: &HeaderMap) -> Result<HeaderMap, ErrorCode> {
    let mut headers = HeaderMap::new();
    if let Some(token) = &auth.token {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(ErrorCode::HandshakeTooLarge);
        }
        let value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ErrorCode::Unauthorized)?;
        headers.insert(header::AUTHORIZATION, value);
        return Ok(headers);
    }
    if let Some(value) = sent.get(header::AUTHORIZATION) {
        headers.insert(header::AUTHORIZATION, value.clone());
        return Ok(headers);
    }
    let mut origins = sent.get_all(header::ORIGIN).iter();
    let own = match (origins.next(), origins.next()) {
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| live.app.auth().is_own_origin(origin)),
        _ => false,
    };
    if !own {
        // Without a cookie there is nothing that another site could abuse: the client has just not signed in.
        let code = if sent.contains_key(header::COOKIE) { ErrorCode::Forbidden } else { ErrorCode::Unauthorized };
        return Err(code);
    }
    for cookie in sent.get_all(header::COOKIE) {
        headers.append(header::COOKIE, cookie.clone());
    }
    Ok(headers)
}
