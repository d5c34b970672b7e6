//! A component on its port: its routes, and what every component serves beside them.
//!
//! | address | what |
//! |---|---|
//! | `/livez` | 200 while the process runs |
//! | `/readyz` | 200 when every required dependency is up, else 503 naming those that are not |
//! | `/health` | every dependency with state, since and reason; always 200 |
//! | `/metrics` | what the component counts, for Prometheus |
//! | `/version` | version, commit, build time, schema |
//! | `/openapi.json`, `/docs` | the API, for components that have one |

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::App;
use crate::health::Health;
use crate::http::{OpenApiError, RouteSet, api_not_found, envelope, openapi};

/// How long requests may go on after the process was asked to stop.
const GRACE: Duration = Duration::from_secs(20);

/// What was built, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BuildInfo {
    /// Semantic version.
    pub version: String,
    /// Commit it was built from.
    pub commit: String,
    /// When it was built, RFC 3339.
    pub built_at: String,
    /// Newest step of the schema that this build knows.
    pub schema: String,
}

/// A component ready to be served.
pub struct Served {
    component: &'static str,
    app: App,
    health: Health,
    build: BuildInfo,
    routes: Vec<RouteSet>,
    extra: Router,
    document: Option<Arc<str>>,
}

#[derive(Clone)]
struct Shared {
    health: Health,
    build: Arc<BuildInfo>,
    openapi: Option<Arc<str>>,
    component: &'static str,
}

impl Served {
    /// A component with its dependencies and nothing to serve yet.
    #[must_use]
    pub fn new(component: &'static str, app: &App, health: Health, build: BuildInfo) -> Self {
        crate::metrics::serves(component);
        Self { component, app: app.clone(), health, build, routes: Vec::new(), extra: Router::new(), document: None }
    }

    /// Adds routes.
    #[must_use]
    pub fn routes(mut self, routes: RouteSet) -> Self {
        self.routes.push(routes);
        self
    }

    /// Adds a router that is no API, for example pages. Its fallback, when it has one, answers unknown addresses.
    #[must_use]
    pub fn extra(mut self, router: Router) -> Self {
        self.extra = router;
        self
    }

    /// Publishes the document of routes that `extra` serves: an edge mounts or forwards the API by itself.
    ///
    /// # Errors
    /// [`OpenApiError`] when the declared routes contradict each other.
    pub fn document(mut self, sets: &[&RouteSet]) -> Result<Self, OpenApiError> {
        self.document = Some(Arc::from(openapi(sets)?.to_string()));
        Ok(self)
    }

    /// Everything as one router.
    ///
    /// # Errors
    /// [`OpenApiError`] when the declared routes contradict each other.
    pub fn router(self) -> Result<Router, OpenApiError> {
        let sets: Vec<&RouteSet> = self.routes.iter().collect();
        let openapi = if sets.is_empty() { self.document } else { Some(Arc::from(openapi(&sets)?.to_string())) };
        let (has_api, has_document) = (!sets.is_empty(), openapi.is_some());
        let shared = Shared { health: self.health, build: Arc::new(self.build), openapi, component: self.component };
        let mut own = probes();
        if has_document {
            own = own.route("/openapi.json", get(document)).route("/docs", get(docs));
        }
        let mut router = own.with_state(shared).merge(self.extra);
        // An edge answers unknown addresses by itself.
        if has_api || !has_document {
            let sets: Vec<&RouteSet> = self.routes.iter().collect();
            router = api_not_found(router, &self.app, &sets);
        }
        for routes in self.routes {
            router = router.merge(routes.mount(&self.app));
        }
        Ok(envelope(router, &self.app, self.component))
    }

    /// Serves until `stop`; then finishes what is under way, for at most 20 seconds.
    ///
    /// # Errors
    /// When the declared routes contradict each other, or the listener fails.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
        let component = self.component;
        let router = self.router().map_err(std::io::Error::other)?;
        serve(component, router, listener, stop).await
    }
}

/// What every component answers.
fn probes() -> Router<Shared> {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
}

/// Serves what every component answers, for one that speaks another protocol on its own port and has no database.
///
/// # Errors
/// When the listener fails.
pub async fn serve_probes(
    health: Health,
    build: BuildInfo,
    listener: TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let component = health.component();
    crate::metrics::serves(component);
    let router = probes().with_state(Shared { health, build: Arc::new(build), openapi: None, component });
    serve(component, router, listener, stop).await
}

/// Serves a router until `stop`; then finishes what is under way, for at most 20 seconds.
async fn serve(
    component: &'static str,
    router: Router,
    listener: TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(component, %address, "a component listens");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let graceful = {
        let stop = stop.clone();
        axum::serve(listener, service).with_graceful_shutdown(async move { stop.cancelled().await })
    };
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = graceful.into_future() => served,
        () = overdue => {
            tracing::warn!(component, "requests that were still under way are given up");
            Ok(())
        }
    }
}

async fn ready(State(shared): State<Shared>) -> Response {
    let health = shared.health.check().await;
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(health)).into_response()
}

async fn health(State(shared): State<Shared>) -> Response {
    axum::Json(shared.health.check().await).into_response()
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let text = crate::metrics::render_of(shared.component);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn version(State(shared): State<Shared>) -> Response {
    axum::Json(shared.build.as_ref()).into_response()
}

async fn document(State(shared): State<Shared>) -> Response {
    match shared.openapi {
        Some(text) => ([(header::CONTENT_TYPE, "application/json")], text.to_string()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn docs(State(shared): State<Shared>) -> Response {
    match shared.openapi.as_deref().and_then(|text| crate::http::docs_page(text).ok()) {
        Some(page) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
