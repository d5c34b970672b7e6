//! Puts components together: which routes, jobs and dependencies each has. `gx up` and `gx serve` both use it, so that a
//! component is the same in both.

use anyhow::Result;
use gx_base::Component;
use gx_messaging::live::Live;
use gx_platform::App;
use gx_platform::Served;
use gx_platform::health::{Health, HealthBuilder};
use gx_platform::http::RouteSet;

use crate::build_info::build_info;

/// The services behind the edge.
pub const SERVICES: &[Component] =
    &[Component::Identity, Component::Admin, Component::Tokenomics, Component::Messaging, Component::Tax];

/// The routes of a service; `None` for what is no service.
#[must_use]
pub fn routes(component: Component, app: &App) -> Option<RouteSet> {
    match component {
        Component::Identity => Some(gx_identity::routes().merge(mailbox(app))),
        Component::Admin => Some(gx_admin::routes()),
        Component::Tokenomics => Some(gx_tokenomics::routes()),
        Component::Messaging => Some(gx_messaging::routes()),
        Component::Tax => Some(gx_tax::routes()),
        Component::Wallet | Component::OutboxSubmitter | Component::Projector | Component::Ledger => None,
    }
}

/// The test mailbox exists only where test people may.
fn mailbox(app: &App) -> RouteSet {
    gx_platform::dev_mailbox_routes(app.env())
}

/// A service on its own port, without the socket.
///
/// # Errors
/// Never for a service.
pub fn service(component: Component, app: &App) -> Result<Served> {
    service_with(component, app, None)
}

/// A service on its own port; messaging serves the socket too, where there is one.
///
/// # Errors
/// Never for a service.
pub fn service_with(component: Component, app: &App, live: Option<&Live>) -> Result<Served> {
    let routes = routes(component, app).ok_or_else(|| anyhow::anyhow!("{component} is no service"))?;
    let served = Served::new(component.name(), app, service_health(component, app), build_info()).routes(routes);
    Ok(match live.filter(|_| component == Component::Messaging) {
        Some(live) => served.extra(live.router()),
        None => served,
    })
}

/// The second listener of messaging: the socket and nothing else.
#[must_use]
pub fn socket_listener(app: &App, live: &Live) -> Served {
    let component = Component::Messaging;
    Served::new(component.name(), app, service_health(component, app), build_info()).extra(live.router())
}

/// A service needs the database; without the ledger it serves less.
fn service_health(component: Component, app: &App) -> Health {
    let builder = database(HealthBuilder::new(component.name(), app.clock().clone()), app);
    let (ledger, objects) = (app.clone(), app.clone());
    let builder = builder.degrade("ledger", move || {
        let app = ledger.clone();
        async move { app.ledger().probe().await }
    });
    let paused = app.clone();
    let builder = builder.pause(move || {
        let app = paused.clone();
        async move { app.ledger().pause().await }
    });
    let builder = redis(builder, component, app);
    match component {
        Component::Identity | Component::Admin => builder.degrade("object-store", move || {
            let app = objects.clone();
            async move { app.objects().probe().await }
        }),
        _ => builder,
    }
    .build()
}

/// Redis, where it is set up: messaging needs it to reach people, the others would only be slower to hear of each other.
fn redis(builder: HealthBuilder, component: Component, app: &App) -> HealthBuilder {
    if app.settings().redis_url.is_none() {
        return builder;
    }
    let app = app.clone();
    let probe = move || {
        let app = app.clone();
        async move { app.bus().probe().await }
    };
    match component {
        Component::Messaging => builder.require("redis", probe),
        _ => builder.degrade("redis", probe),
    }
}

/// The dependency that every component has.
#[must_use]
pub fn database(builder: HealthBuilder, app: &App) -> HealthBuilder {
    let app = app.clone();
    builder.require("database", move || {
        let app = app.clone();
        async move { app.store().ping().await.map(|()| None).map_err(|error| error.to_string()) }
    })
}

/// Starts the jobs of a service: they end with the application.
pub fn start_jobs(component: Component, app: &App) {
    match component {
        Component::Identity => drop(tokio::spawn(gx_identity::jobs::run(app.clone()))),
        Component::Tokenomics => drop(tokio::spawn(gx_tokenomics::jobs::run(app.clone()))),
        Component::Messaging => drop(tokio::spawn(gx_messaging::mails::run(app.clone()))),
        Component::Admin => drop(tokio::spawn(gx_admin::jobs::run(app.clone()))),
        Component::Tax | Component::Wallet | Component::OutboxSubmitter | Component::Projector | Component::Ledger => {}
    }
}
