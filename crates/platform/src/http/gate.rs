//! The gate before every handler: what a route declares is enforced here and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gx_types::ErrorCode;
use http_body_util::BodyExt;

use super::limits::{Allowance, RateKey};
use super::route::{Access, Idempotency, LedgerUse, RequestBody, RouteMeta};
use super::{ApiError, ApiResult, IdempotencyKey, PeerAddr};
use crate::App;
use crate::auth::Caller;

/// Bytes of a refused request that are read at least, before the line is cut.
const DRAIN_BYTES_MIN: usize = 1024 * 1024;
/// A route with large bodies reads so many times its largest of a refused one.
const DRAIN_BODIES: usize = 3;
/// How long a refused request may take to send them.
const DRAIN_WAIT: Duration = Duration::from_secs(5);

/// A route's declaration beside the application.
#[derive(Clone)]
pub(crate) struct Gate {
    app: App,
    meta: Arc<RouteMeta>,
}

impl Gate {
    pub(crate) fn new(app: App, meta: RouteMeta) -> Self {
        Self { app, meta: Arc::new(meta) }
    }
}

/// Lets a request through to its handler, or answers it.
pub(crate) async fn gate(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let mut response = match pass(&gate, &mut request).await {
        Ok(allowance) => {
            let mut response = next.run(request).await;
            allowance.write(response.headers_mut());
            response
        }
        Err(refusal) => {
            drain(request.into_body(), DRAIN_BYTES_MIN.max(DRAIN_BODIES * gate.meta.body_bytes_max)).await;
            refusal.into_response()
        }
    };
    gate.app.recorder().record(gate.meta.operation_id, response.status());
    response.extensions_mut().insert(gate.meta);
    response
}

/// Reads what a refused request still sends, within bounds. A connection that is closed over unread bytes is reset, and
/// the client would see a broken line instead of the refusal.
async fn drain(mut body: Body, bytes_max: usize) {
    let read = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > bytes_max {
                return;
            }
        }
    };
    // A slow sender is not waited for.
    let _ = tokio::time::timeout(DRAIN_WAIT, read).await;
}

async fn pass(gate: &Gate, request: &mut Request) -> ApiResult<Allowance> {
    let Gate { app, meta } = gate;

    // 1. The address, before anything costs something.
    let peer = request.extensions().get::<PeerAddr>().copied().unwrap_or_default();
    app.limits().check(super::RateClass::Peer, RateKey::of_peer(peer.ip())).await?;

    // 2. Who is asking.
    let caller = match meta.access {
        Access::Public => None,
        Access::Person => {
            Some(Caller::Person(app.auth().person(request.headers()).await?.ok_or(ErrorCode::Unauthorized)?))
        }
        Access::PersonOptional => app.auth().person(request.headers()).await?.map(Caller::Person),
        Access::AnyAdmin | Access::Admin(_) => {
            Some(Caller::Admin(app.auth().admin(request.headers()).await?.ok_or(ErrorCode::Unauthorized)?))
        }
    };

    // 3. How often.
    let key = caller.as_ref().map_or(RateKey::of_peer(peer.ip()), |caller| RateKey::Account(caller.account()));
    let allowance = app.limits().check(meta.limit, key).await?;

    // 4. May they; and does a browser act on their behalf against their will. Who was given a password by someone else
    //    may do nothing with it but choose another (and look who they are, and sign out).
    if let (Access::Admin(_), Some(Caller::Admin(admin))) = (meta.access, &caller)
        && admin.must_change_password
    {
        return Err(ErrorCode::PasswordChangeRequired.into());
    }
    if let (Access::Admin(permission), Some(Caller::Admin(admin))) = (meta.access, &caller)
        && !permission.granted_to(admin.role)
    {
        return Err(
            ApiError::new(ErrorCode::Forbidden).with_detail(format!("this needs the permission {}", permission.code()))
        );
    }
    if let Some(caller) = &caller
        && !meta.method.is_safe()
    {
        app.auth().check_csrf(caller, request.headers())?;
    }

    // 5. The headers that the declaration asks for.
    let idempotency_key = idempotency_key(meta.idempotency, request.headers())?;
    check_length(meta, request.headers())?;
    check_query(meta, request.uri())?;

    // 6. The ledger, for what it shall decide.
    if meta.ledger != LedgerUse::None {
        app.ledger().check_accepts(meta.ledger == LedgerUse::Writes).await?;
    }

    let extensions = request.extensions_mut();
    match caller {
        Some(Caller::Person(person)) => drop(extensions.insert(person)),
        Some(Caller::Admin(admin)) => drop(extensions.insert(admin)),
        None => {}
    }
    if let Some(key) = idempotency_key {
        extensions.insert(key);
    }
    Ok(allowance)
}

fn idempotency_key(rule: Idempotency, headers: &HeaderMap) -> ApiResult<Option<IdempotencyKey>> {
    if rule == Idempotency::None {
        return Ok(None);
    }
    let mut values = headers.get_all(IdempotencyKey::HEADER).iter();
    match (values.next(), values.next()) {
        (None, _) if rule == Idempotency::Required => Err(ApiError::new(ErrorCode::IdempotencyKeyRequired)),
        (None, _) => Ok(None),
        (Some(_), Some(_)) => {
            Err(ApiError::new(ErrorCode::IdempotencyKeyInvalid).with_detail("the header was sent twice"))
        }
        (Some(value), None) => value
            .to_str()
            .ok()
            .and_then(|text| text.parse().ok())
            .map(Some)
            .ok_or_else(|| ApiError::new(ErrorCode::IdempotencyKeyInvalid)),
    }
}

/// A route without declared parameters takes none: a filter that is not heard would be taken for one that matched.
fn check_query(meta: &RouteMeta, uri: &Uri) -> ApiResult<()> {
    if meta.query.is_some() {
        return Ok(());
    }
    match form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).next() {
        None => Ok(()),
        Some((name, _)) => {
            Err(ApiError::field(name, ErrorCode::FieldUnknown, "This route takes no parameters in its address."))
        }
    }
}

/// Refuses what says itself that it is too large, before a byte of it is read.
fn check_length(meta: &RouteMeta, headers: &HeaderMap) -> ApiResult<()> {
    if meta.body.is_none() {
        return Ok(());
    }
    let length =
        headers.get(axum::http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > meta.body_bytes_max as u64 => {
            let detail = format!("at most {} bytes are read here", meta.body_bytes_max);
            let refusal = ApiError::new(ErrorCode::BodyTooLarge).with_detail(detail.clone());
            Err(match meta.body {
                // Of the parts of a form only a file can be so large.
                Some(RequestBody::Multipart(_)) => refusal.with_field("file", ErrorCode::BodyTooLarge, detail),
                _ => refusal,
            })
        }
        _ => Ok(()),
    }
}
