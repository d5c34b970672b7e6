//! The gate before every handler: what a route declares is enforced here and nowhere else.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gx_types::{EnvName, ErrorCode};

use super::body_limit::BodyLimit;
use super::limits::{Allowance, RateKey};
use super::route::{Access, Idempotency, LedgerUse, RouteMeta};
use super::{ApiError, ApiResult, IdempotencyKey, PeerAddr, body};
use crate::App;
use crate::auth::{Caller, Requester};

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
            BodyLimit::of(&gate.meta).drain(request.into_body()).await;
            refusal.into_response()
        }
    };
    gate.app.recorder().record(gate.meta.operation_id, response.status());
    response.extensions_mut().insert(gate.meta);
    response
}

async fn pass(gate: &Gate, request: &mut Request) -> ApiResult<Allowance> {
    let Gate { app, meta } = gate;

    // 1. The address, before anything costs something.
    let peer = request.extensions().get::<PeerAddr>().copied().unwrap_or_default();
    let of_address = app.limits().check(super::RateClass::Peer, RateKey::of_peer(peer.ip())).await?;

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
    let allowance =
        if meta.limit.is_counted_by_handler() { of_address } else { app.limits().check(meta.limit, key).await? };

    // 4. May they; and does a browser act on their behalf against their will. Who was given a password by someone else
    //    may do nothing with it but choose another (and look who they are, and sign out).
    if let (Access::Admin(_), Some(Caller::Admin(admin))) = (meta.access, &caller)
        && admin.must_change_password
    {
        return Err(ErrorCode::PasswordChangeRequired.into());
    }
    // Nor who has no second factor yet; on a development network it is asked of those who have one.
    if let (Access::Admin(_), Some(Caller::Admin(admin))) = (meta.access, &caller)
        && !admin.mfa_verified
        && app.env() != EnvName::Devnet
    {
        return Err(ErrorCode::MfaSetupRequired.into());
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
    check_surplus(meta, request).await?;

    // 6. The ledger, for what it shall decide.
    if meta.ledger != LedgerUse::None {
        app.ledger().check_accepts(meta.ledger == LedgerUse::Writes).await?;
    }

    let extensions = request.extensions_mut();
    // Whoever reads the body names everything that is wrong with it by the declaration.
    extensions.insert(Arc::clone(meta));
    match caller {
        Some(Caller::Person(person)) => drop(extensions.insert(person)),
        // Where a second person is wanted, the caller may ask for it and no more.
        Some(Caller::Admin(admin)) if meta.waits_for_a_second_person() => {
            extensions.insert(Requester::new(admin));
        }
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

/// A route without a declared body takes none.
async fn check_surplus(meta: &RouteMeta, request: &mut Request) -> ApiResult<()> {
    if meta.body.is_some() || request.body().is_end_stream() {
        return Ok(());
    }
    if request.body().size_hint().lower() > body::SURPLUS_BYTES_MAX as u64 {
        return Err(ApiError::field("body", ErrorCode::FieldUnknown, "This route takes no body."));
    }
    body::expect_none(std::mem::take(request.body_mut())).await
}

/// Refuses what says itself that it is too large, before a byte of it is read.
fn check_length(meta: &RouteMeta, headers: &HeaderMap) -> ApiResult<()> {
    if meta.body.is_none() {
        return Ok(());
    }
    let length =
        headers.get(axum::http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let limit = BodyLimit::of(meta);
    match length {
        Some(length) if length > limit.bytes_max() as u64 => Err(limit.refusal()),
        _ => Ok(()),
    }
}
