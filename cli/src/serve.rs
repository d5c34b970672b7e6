//! `gx serve`: one component of a cluster. Its settings come from the environment; nothing has a default that could
//! make one environment look like another.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use gx_base::{Component, SystemClock, SystemEntropy};
use gx_platform::settings::Settings;
use gx_platform::{App, AppParts, SettingsSources};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::args::{Serve, ServeOther};
use crate::{chaincode, compose, edge};

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// When settings are missing, the schema is not this build's, or the address is taken.
pub async fn run(serve: Serve) -> Result<()> {
    if let Some(ServeOther::Chaincode(serve)) = serve.other {
        return chaincode::run(serve).await;
    }
    let component = serve.component.context("a component is needed")?;
    refuse_what_needs_the_ledger(component)?;
    let settings = Settings::load(&SettingsSources::of_process())?;
    gx_platform::logging::install(&settings.log_level, settings.log_format);
    gx_platform::metrics::install(crate::docs::METRICS)?;
    let address = match serve.listen {
        Some(address) => address,
        None => SocketAddr::new(settings.listen_address, component.port().context("the component has no port")?),
    };
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("{component} cannot listen on {address}"))?;

    let stop = CancellationToken::new();
    let parts = AppParts::connect(settings, Arc::new(SystemClock), Arc::new(SystemEntropy), stop.clone()).await?;
    parts.store.check_schema().await.context("`gx migrate` brings the schema to this build's")?;
    let app = App::start(parts).await?;
    compose::start_jobs(component, &app);
    let served = match component {
        Component::Wallet => edge::forwarding(&app)?,
        _ => compose::service(component, &app)?,
    };
    println!("{component} at http://{}", listener.local_addr()?);
    let serving = tokio::spawn(served.serve(listener, stop.clone()));
    stop_signal().await;
    stop.cancel();
    serving.await??;
    Ok(())
}

/// The embedded ledger lives in one process with its workers; other processes cannot reach it.
fn refuse_what_needs_the_ledger(component: Component) -> Result<()> {
    match component {
        Component::Ledger | Component::OutboxSubmitter | Component::Projector => anyhow::bail!(
            "{component} works on the embedded ledger, which lives in one process: \
             run `gx up --only ledger,outbox-submitter,projector` and the services beside it"
        ),
        Component::Wallet | Component::Identity | Component::Admin | Component::Tokenomics | Component::Messaging => {
            Ok(())
        }
    }
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
