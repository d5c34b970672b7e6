//! `GET /api/v1/auth/jwks.json`: the keys that verify people's access tokens, the present one and the next.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use gx_platform::App;
use gx_platform::auth::{Family, JwkSet};
use gx_platform::http::{Access, Handled, Route};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/auth/jwks.json", "listPersonTokenKeys")
        .summary("Keys that verify access tokens")
        .description("RFC 7517. Two keys, so that the next one is known before it signs.")
        .access(Access::Public)
        .reply::<JwkSet>(200, "The keys")
        .handle(handle)
}

async fn handle(State(app): State<App>) -> ([(HeaderName, &'static str); 1], Json<JwkSet>) {
    let keys = app.auth().tokens().published(Family::Person);
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(keys))
}
