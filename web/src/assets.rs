//! The static files, compiled in and addressed by their hash, so that a browser may keep them for good.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

struct Asset {
    path: String,
    kind: &'static str,
    body: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, kind: &'static str, body: &'static str) -> Self {
        let hash = hex::encode(Sha256::digest(body.as_bytes()));
        Self { path: format!("/assets/{stem}.{}.{extension}", &hash[..16]), kind, body }
    }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("gx", "css", "text/css; charset=utf-8", include_str!("../assets/gx.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("gx", "js", "text/javascript; charset=utf-8", include_str!("../assets/gx.js")));
static LIVE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("live", "js", "text/javascript; charset=utf-8", include_str!("../assets/live.js")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("gx", "svg", "image/svg+xml", include_str!("../assets/gx.svg")));

/// Where the static files are, for templates.
#[derive(Debug, Clone, Copy)]
pub struct AssetPaths {
    /// The style sheet.
    pub style: &'static str,
    /// The script of enhancements.
    pub script: &'static str,
    /// The script that follows what happens.
    pub live: &'static str,
    /// The icon.
    pub icon: &'static str,
}

/// The addresses of this build's files.
#[must_use]
pub fn paths() -> AssetPaths {
    AssetPaths { style: &STYLE.path, script: &SCRIPT.path, live: &LIVE.path, icon: &ICON.path }
}

/// Serves the files. An address of another build is not found: nothing else would match its hash.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(asset)).route("/favicon.ico", get(icon))
}

async fn asset(Path(name): Path<String>) -> Response {
    let wanted = format!("/assets/{name}");
    match [&*STYLE, &*SCRIPT, &*LIVE, &*ICON].into_iter().find(|asset| asset.path == wanted) {
        Some(asset) => serve(asset, "public, max-age=31536000, immutable"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn icon() -> Response {
    serve(&ICON, "public, max-age=86400")
}

fn serve(asset: &'static Asset, cache: &'static str) -> Response {
    ([(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, cache)], asset.body).into_response()
}
