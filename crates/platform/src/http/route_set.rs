//! All routes of a component, and what is derived from them.

use std::collections::HashSet;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath};
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use gx_types::ErrorCode;
use serde::Serialize;

use super::gate::{Gate, gate};
use super::route::{Access, Handled, RouteMeta};
use super::{ApiError, BodyLimits};
use crate::App;

/// The routes of a component.
pub struct RouteSet {
    component: &'static str,
    routes: Vec<Handled>,
}

impl RouteSet {
    /// An empty set for `component`.
    #[must_use]
    pub const fn new(component: &'static str) -> Self {
        Self { component, routes: Vec::new() }
    }

    /// Adds a route.
    #[must_use]
    pub fn route(mut self, mut route: Handled) -> Self {
        route.meta.component = self.component;
        self.routes.push(route);
        self
    }

    /// Adds the routes of another set; they count as this component's.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        other.routes.into_iter().fold(self, Self::route)
    }

    /// The component.
    #[must_use]
    pub const fn component(&self) -> &'static str {
        self.component
    }

    /// What is declared about each route.
    pub fn metas(&self) -> impl Iterator<Item = &RouteMeta> {
        self.routes.iter().map(|route| &route.meta)
    }

    /// How large the bodies of its requests may be.
    #[must_use]
    pub fn body_limits(&self) -> BodyLimits {
        BodyLimits::of(self.metas())
    }

    /// The axum router: every handler behind the gate of its declaration. Wrap the whole in [`super::envelope`] once.
    pub fn mount(self, app: &App) -> Router {
        let mut router = Router::new();
        let open: HashSet<&'static str> =
            self.metas().filter(|meta| !meta.access.needs_session()).map(|meta| meta.path).collect();
        for Handled { meta, handler } in self.routes {
            let (path, limit) = (meta.path, meta.body_bytes_max);
            let gated = handler
                .route_layer(DefaultBodyLimit::max(limit))
                .route_layer(from_fn_with_state(Gate::new(app.clone(), meta), gate));
            router = router.route(path, gated);
        }
        // Set here and not on the finished router: the answer counts only for routes that exist when it is set.
        // Who is not signed in does not learn what an address that needs it would take.
        let guarded = app.clone();
        let other_method = move |path: MatchedPath, headers: HeaderMap| {
            let (app, needs_session) = (guarded.clone(), !open.contains(path.as_str()));
            async move {
                let code = match needs_session && !app.auth().is_signed_in(&headers).await {
                    true => ErrorCode::Unauthorized,
                    false => ErrorCode::MethodNotAllowed,
                };
                ApiError::new(code)
            }
        };
        router.method_not_allowed_fallback(other_method).with_state(app.clone())
    }
}

/// A row of the permission table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionRow {
    /// The component that serves the route.
    pub component: &'static str,
    /// Method.
    pub method: String,
    /// Path with its parameters in braces.
    pub path: &'static str,
    /// Unique name of the operation.
    pub operation_id: &'static str,
    /// `public`, `person`, `person-optional`, `admin`, or a permission code.
    pub access: &'static str,
}

/// Who may call what, sorted by path and method.
#[must_use]
pub fn permission_table(sets: &[&RouteSet]) -> Vec<PermissionRow> {
    let mut rows: Vec<_> = sets
        .iter()
        .flat_map(|set| set.metas())
        .map(|meta| PermissionRow {
            component: meta.component,
            method: meta.method.to_string(),
            path: meta.path,
            operation_id: meta.operation_id,
            access: match meta.access {
                Access::Public => "public",
                Access::Person => "person",
                Access::PersonOptional => "person-optional",
                Access::AnyAdmin => "admin",
                Access::Admin(permission) => permission.code(),
            },
        })
        .collect();
    rows.sort_by(|a, b| (a.path, &a.method).cmp(&(b.path, &b.method)));
    rows
}
