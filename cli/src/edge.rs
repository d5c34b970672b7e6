//! The edge on port 3000: pages, and every API behind one address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, Result};
use axum::Router;
use gx_base::Component;
use gx_messaging::live::{self, Live};
use gx_platform::health::HealthBuilder;
use gx_platform::http::{BodyLimit, RouteSet, api_not_found};
use gx_platform::{App, Served};
use gx_web::EdgeOptions;
use gx_web::forward::{self, Socket, Upstream};
use gx_web::probe::Target;

use crate::build_info::build_info;
use crate::compose::{self, SERVICES};

/// The edge with every service mounted in process; `targets` are the addresses that the status page asks.
///
/// # Errors
/// Never for the services of this build.
pub fn in_process(app: &App, targets: Vec<Target>, live: &Live) -> Result<Served> {
    let sets = service_routes(app)?;
    let guarded = api_not_found(Router::new(), app, &sets.iter().collect::<Vec<_>>());
    let api = sets.into_iter().fold(guarded, |router, set| router.merge(set.mount(app))).merge(live.router());
    serve(app, targets, api)
}

fn service_routes(app: &App) -> Result<Vec<RouteSet>> {
    SERVICES
        .iter()
        .map(|service| compose::routes(*service, app).with_context(|| format!("{service} is no service")))
        .collect()
}

/// The edge in front of services that run elsewhere, each under its `*_API_URL`. It listens at `own`, and asks itself
/// there how it is, as it asks the others.
///
/// # Errors
/// When the address of a service is missing or is none.
pub fn forwarding(app: &App, own: SocketAddr) -> Result<Served> {
    let mut upstreams = Vec::new();
    for service in SERVICES {
        let routes = compose::routes(*service, app).with_context(|| format!("{service} is no service"))?;
        let url = address_of(*service, app)?;
        let paths = routes.metas().map(gx_platform::http::RouteMeta::path).collect();
        let socket = Socket { path: live::PATH, limit: BodyLimit::of_bytes(live::PACKET_BYTES_MAX) };
        let socket = (*service == Component::Messaging).then_some(socket);
        let limits = routes.body_limits();
        upstreams.push(Upstream { component: service.name(), url, paths, socket, limits });
    }
    let mut targets: Vec<Target> = Vec::new();
    for component in Component::SERVED {
        let url = match component {
            Component::Wallet => itself(own),
            _ => address_of(*component, app)?,
        };
        targets.push(Target { name: component.name(), url });
    }
    let api = forward::routes(&upstreams, app.clock().clone(), app.entropy().clone())?;
    serve(app, targets, api)
}

fn serve(app: &App, targets: Vec<Target>, api: Router) -> Result<Served> {
    let options = EdgeOptions {
        env: app.env(),
        public_url: app.settings().public_url.clone(),
        socket_url: app.settings().public_ws_url.clone(),
        components: targets,
        clock: app.clock().clone(),
        entropy: app.entropy().clone(),
    };
    let health = compose::database(HealthBuilder::new(Component::Wallet.name(), app.clock().clone()), app).build();
    let sets = service_routes(app)?;
    let served = Served::new(Component::Wallet.name(), app, health, build_info()).extra(gx_web::edge(options, api));
    Ok(served.document(&sets.iter().collect::<Vec<_>>())?)
}

/// Where a process reaches what it listens on: «every interface» is no address to connect to.
fn itself(own: SocketAddr) -> String {
    let ip = match own.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    format!("http://{}", SocketAddr::new(ip, own.port()))
}

fn address_of(component: Component, app: &App) -> Result<String> {
    let settings = app.settings();
    let url = match component {
        Component::Identity => &settings.identity_api_url,
        Component::Admin => &settings.admin_api_url,
        Component::Tokenomics => &settings.tokenomics_api_url,
        Component::Messaging => &settings.messaging_api_url,
        Component::Tax => &settings.tax_api_url,
        Component::OutboxSubmitter => &settings.outbox_submitter_url,
        Component::Projector => &settings.projector_url,
        Component::Wallet | Component::Ledger => &None,
    };
    let name = component.api_url_setting().unwrap_or("an address");
    url.clone().with_context(|| format!("{name} is missing: where {component} is served"))
}
