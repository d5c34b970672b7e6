//! The component «wallet»: the edge on its port, with the API behind it mounted here or reached elsewhere.

use std::sync::Arc;

use axum::Router;
use gx_platform::health::Health;
use gx_platform::http::{OpenApiError, RouteSet, api_not_found};
use gx_platform::{App, BuildInfo, Served};

use crate::forward::{self, ForwardError, Upstream};
use crate::probe::Target;
use crate::{EdgeOptions, edge};

/// Where the services are.
pub enum ApiAt {
    /// In this process: `gx up`.
    Here(Vec<RouteSet>),
    /// In processes of their own: their routes, and where each listens.
    There(Vec<(RouteSet, String)>),
}

/// What the wallet is made of.
pub struct WalletParts {
    /// What it depends on.
    pub health: Health,
    /// What was built.
    pub build: BuildInfo,
    /// Where the services are.
    pub api: ApiAt,
    /// The components that the status page asks, with the addresses where they answer.
    pub components: Vec<Target>,
}

/// Why the wallet cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The routes contradict each other.
    #[error(transparent)]
    Routes(#[from] OpenApiError),
    /// A service cannot be reached by its address.
    #[error(transparent)]
    Forward(#[from] ForwardError),
}

/// The wallet, ready to be served: pages, API, and one document over all of the API.
///
/// # Errors
/// [`WalletError`] when the declared routes contradict each other or an address is not usable.
pub fn wallet(app: &App, parts: WalletParts) -> Result<Served, WalletError> {
    let served = Served::new("wallet", app, parts.health, parts.build);
    let (served, api) = match parts.api {
        ApiAt::Here(sets) => {
            let all: Vec<&RouteSet> = sets.iter().collect();
            let served = served.document(&all)?;
            // The answers for unknown addresses are made from the declarations before these turn into handlers.
            let missing = api_not_found(Router::new(), app, &all);
            let mounted = sets.into_iter().fold(missing, |router, set| router.merge(set.mount(app)));
            (served, mounted)
        }
        ApiAt::There(services) => {
            let all: Vec<&RouteSet> = services.iter().map(|(set, _)| set).collect();
            let served = served.document(&all)?;
            let upstreams: Vec<Upstream> = services
                .iter()
                .map(|(set, url)| Upstream {
                    component: set.component(),
                    url: url.clone(),
                    paths: set.metas().map(gx_platform::http::RouteMeta::path).collect(),
                })
                .collect();
            let missing = api_not_found(Router::new(), app, &[]);
            (served, missing.merge(forward::routes(&upstreams, Arc::clone(app.clock()), Arc::clone(app.entropy()))?))
        }
    };
    let options = EdgeOptions {
        env: app.env(),
        public_url: app.settings().public_url.clone(),
        components: parts.components,
        clock: Arc::clone(app.clock()),
        entropy: Arc::clone(app.entropy()),
    };
    Ok(served.extra(edge(options, api)))
}
