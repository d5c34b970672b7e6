//! `gx serve`: one component of a cluster. Its settings come from the environment; nothing has a default that could
//! make one environment look like another.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use gx_base::{Component, SystemClock, SystemEntropy};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger};
use gx_messaging::live::Live;
use gx_outbox_submitter::SubmitterOptions;
use gx_platform::health::HealthBuilder;
use gx_platform::settings::Settings;
use gx_platform::{App, AppParts, SettingsSources, serve_probes};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::{Place, Serve, ServeOther};
use crate::build_info::build_info;
use crate::connection::Use;
use crate::place::Home;
use crate::{chaincode, compose, connection, edge, signer, workers};

/// Where the ledger tells how it is, beside its gRPC port: after those of the workers.
const LEDGER_METRICS_PORT: u16 = 9092;

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// When settings are missing, the schema is not this build's, or the address is taken.
pub async fn run(serve: Serve) -> Result<()> {
    match serve.other {
        Some(ServeOther::Chaincode(serve)) => return chaincode::run(serve).await,
        Some(ServeOther::Signer(serve)) => return signer::run(serve).await,
        None => {}
    }
    let component = serve.component.context("a component is needed")?;
    if component == Component::Ledger {
        return ledger(serve.listen, serve.metrics).await;
    }
    anyhow::ensure!(
        serve.metrics.is_none(),
        "--metrics is for the ledger; {component} serves /metrics on its own port"
    );
    let settings = Settings::load(&SettingsSources::of_process())?;
    gx_platform::logging::install(&settings.log_level, settings.log_format);
    gx_platform::metrics::install(crate::docs::METRICS)?;
    let address = match serve.listen {
        Some(address) => address,
        None => SocketAddr::new(settings.listen_address, component.port().context("the component has no port")?),
    };
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("{component} cannot listen on {address}"))?;

    // The second listener of messaging: on its own port, or where the first one was moved, only where it is told to.
    let standard = component.socket_port().filter(|_| serve.listen.is_none());
    let socket = serve.listen_socket.or(standard.map(|port| SocketAddr::new(settings.listen_address, port)));
    let socket = match socket.filter(|_| component.socket_port().is_some()) {
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .with_context(|| format!("the socket of {component} cannot listen on {address}"))?,
        ),
        None => None,
    };

    let stop = CancellationToken::new();
    let parts = AppParts::connect(settings, Arc::new(SystemClock), Arc::new(SystemEntropy), stop.clone()).await?;
    parts.store.check_schema().await.context("`gx migrate` brings the schema to this build's")?;
    let app = App::start(parts).await?;
    compose::start_jobs(component, &app);
    let live = (component == Component::Messaging).then(|| Live::start(&app));
    let mut tasks: JoinSet<Result<()>> = JoinSet::new();
    let served = match component {
        Component::Wallet => edge::forwarding(&app, listener.local_addr()?)?,
        Component::OutboxSubmitter => {
            let outside = connection::of_worker(Use::Submits)?;
            let mut crew = crew(&app, outside.place.clone())?;
            crew.preflight = Some(outside.watched(app.env(), &stop));
            let ledger: Arc<dyn Ledger> = outside.ledger;
            workers::submitters(&app, &ledger, &crew, &stop, &mut tasks)
        }
        Component::Projector => {
            let outside = connection::of_worker(Use::Reads)?;
            let ledger: Arc<dyn Ledger> = outside.ledger;
            workers::projectors(&app, &ledger, &crew(&app, outside.place)?, &stop, &mut tasks)
        }
        _ => compose::service_with(component, &app, live.as_ref())?,
    };
    println!("{component} at http://{}", listener.local_addr()?);
    if let (Some(listener), Some(live)) = (socket, &live) {
        println!("{component}, socket only, at http://{}", listener.local_addr()?);
        let (served, stop) = (compose::socket_listener(&app, live), stop.clone());
        tasks.spawn(async move { Ok(served.serve(listener, stop).await?) });
    }
    let serving = tokio::spawn(served.serve(listener, stop.clone()));
    let ended = tokio::select! {
        () = stop_signal() => Ok(()),
        // A worker that ends by itself has failed: whoever runs the process starts it again.
        Some(ended) = tasks.join_next() => ended?.and_then(|()| Err(anyhow::anyhow!("{component} ended by itself"))),
    };
    stop.cancel();
    while tasks.join_next().await.is_some() {}
    serving.await??;
    ended
}

/// How many workers this process runs, and how.
fn crew(app: &App, ledger: String) -> Result<workers::Crew> {
    let options = SubmitterOptions::from_settings(connection::of_process).map_err(anyhow::Error::msg)?;
    let settings = app.settings();
    Ok(workers::Crew {
        submitters: settings.outbox_submitters,
        projectors: settings.projectors,
        options,
        ledger,
        is_outside: true,
        preflight: None,
    })
}

/// The embedded ledger in a process of its own, behind its Gateway endpoint.
async fn ledger(listen: Option<SocketAddr>, metrics: Option<SocketAddr>) -> Result<()> {
    gx_platform::metrics::install(crate::docs::METRICS)?;
    let sources = SettingsSources::of_process();
    let value = |name: &str| sources.environment.get(name).cloned();
    let env = value(gx_platform::settings::GX_ENV).context("GX_ENV is not set")?;
    let env = env.parse().map_err(|error: gx_types::EnvNameError| anyhow::anyhow!("GX_ENV: {error}"))?;
    let data =
        value(gx_platform::settings::GX_DATA).context("GX_DATA is not set: it names the folder of the ledger")?;
    let home = Home::open(&Place { env, data: Some(data.into()) })?;
    let address = match (listen, Component::Ledger.port()) {
        (Some(address), _) => address,
        (None, Some(port)) => SocketAddr::from(([0, 0, 0, 0], port)),
        (None, None) => anyhow::bail!("the ledger has no port"),
    };
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("the ledger cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    let metrics = metrics.unwrap_or_else(|| SocketAddr::new(address.ip(), LEDGER_METRICS_PORT));
    let probes = TcpListener::bind(metrics).await.with_context(|| format!("no metrics on {metrics}"))?;
    let clock = Arc::new(SystemClock);
    let ledger = EmbeddedLedger::open(&home.ledger(), EmbeddedOptions::of(env), clock.clone(), Arc::new(SystemEntropy))
        .with_context(|| home.ledger().display().to_string())?;
    let ledger = Arc::new(ledger);
    let endpoint = connection::endpoint(&home, env, Arc::clone(&ledger), clock.clone(), address)?;
    let probed = Arc::clone(&ledger);
    let health = HealthBuilder::new(Component::Ledger.name(), clock)
        .require("chain", move || {
            let ledger = Arc::clone(&probed);
            async move {
                let info = ledger.info().await.map_err(|error| error.to_string())?;
                Ok(Some(format!("height {}, fingerprint {}", info.height, info.fingerprint)))
            }
        })
        .build();
    println!("ledger at {address}, connection material in {}", home.fabric().display());
    println!("metrics at http://{}/metrics", probes.local_addr()?);
    let stop = CancellationToken::new();
    let mut serving = tokio::spawn(endpoint.serve(listener, stop.clone()));
    let mut probing = tokio::spawn(serve_probes(health, build_info(), probes, stop.clone()));
    tokio::select! {
        () = stop_signal() => {
            stop.cancel();
            serving.await??;
            probing.await??;
        }
        ended = &mut serving => ended??,
        ended = &mut probing => ended??,
    }
    ledger.close()?;
    Ok(())
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        // Without the handler SIGTERM ends the process anyway.
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
