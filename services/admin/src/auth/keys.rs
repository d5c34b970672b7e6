//! `GET /api/v1/admin/auth/jwks.json`: the keys that verify administrators' access tokens, the present one and the next.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Family, JwkSet};
use gx_platform::http::{Access, Handled, Route};

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/admin/auth/jwks.json", "listAdminTokenKeys")
        .summary("Keys that verify administrators' access tokens")
        .access(Access::Public)
        .reply::<JwkSet>(200, "The keys, the one that signs now first")
        .handle(handle)
}

async fn handle(State(app): State<App>) -> Json<JwkSet> {
    Json(app.auth().tokens().published(Family::Admin))
}
