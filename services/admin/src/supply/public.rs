//! `GET /api/v1/public/supply`: for everyone, and for caches.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gx_platform::App;
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_types::api::admin::SupplyReply;

pub(super) fn route() -> Handled {
    Route::get("/api/v1/public/supply", "readPublicSupply")
        .summary("How many coins there are")
        .access(Access::Public)
        .reply::<SupplyReply>(200, "The supply; may be kept for a minute")
        .handle(handle)
}

async fn handle(State(app): State<App>) -> ApiResult<Response> {
    let supply = super::figures(&app).await?;
    Ok(([(header::CACHE_CONTROL, "public, max-age=60")], Json(supply)).into_response())
}
