//! The correlation id: what ties the log lines, rows and blocks of one request together.
//!
//! A client may send `x-correlation-id` (a UUID); anything else is replaced. The answer echoes it, every problem body
//! carries it, every command keeps it.

use std::future::Future;

use axum::http::{HeaderMap, HeaderName};
use gx_types::CorrelationId;

/// The header that carries it, in and out.
pub const HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

tokio::task_local! {
    static CURRENT: CorrelationId;
}

/// The id of the request that is being served; the nil id outside of one.
#[must_use]
pub fn current() -> CorrelationId {
    CURRENT.try_with(|id| *id).unwrap_or(CorrelationId::from_uuid(uuid::Uuid::nil()))
}

/// Runs `work` as part of the request `id`.
pub async fn scope<F: Future>(id: CorrelationId, work: F) -> F::Output {
    CURRENT.scope(id, work).await
}

/// The id that the client sent, when it is one.
#[must_use]
pub fn from_headers(headers: &HeaderMap) -> Option<CorrelationId> {
    headers.get(HEADER)?.to_str().ok()?.parse().ok()
}
