//! `gx up`: the whole platform, or a part of it, in one process.
//!
//! Order: folder and secrets, addresses, database and schema, ledger, workers, services, edge; then the first-start work
//! (bootstrap of the ledger, administrators and test people of devnet), through the same commands as anyone's.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use gx_base::{Clock, Component, Entropy, SystemClock, SystemEntropy};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger};
use gx_messaging::live::Live;
use gx_ops::BootstrapError;
use gx_outbox_submitter::SubmitterOptions;
use gx_platform::{App, AppParts};
use gx_types::EnvName;
use gx_web::probe::Target;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::Up;
use crate::compose::SERVICES;
use crate::connection::{Outside, Use};
use crate::place::{Home, WALLET_PORT, write_private};
use crate::{admin, belonging, compose, connection, edge, personas, serve, workers};

/// How far the ports of two environments are apart, so that all three run on one machine.
const PORT_STEP: u16 = 10_000;
/// How long a fresh ledger may take until the countries are projected.
const BOOTSTRAP_LIMIT: Duration = Duration::from_secs(60);

type Listeners = BTreeMap<Component, TcpListener>;

/// The name under which the second listener of messaging is told and written down.
const SOCKET_LISTENER: &str = "messaging-socket";

/// Puts something between the workers and the ledger.
pub type Line = Box<dyn Fn(Arc<dyn Ledger>) -> Arc<dyn Ledger> + Send + Sync>;

/// What the platform takes from the machine it runs on. The binary knows only [`Machine::of_process`]; nothing that can
/// be typed or set changes it.
pub struct Machine {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What the workers reach the ledger through; the ledger itself when absent.
    pub line: Option<Line>,
    /// Settings below those of the environment, by name.
    pub settings: BTreeMap<String, String>,
    /// Ends it in order, as SIGTERM does.
    pub stop: CancellationToken,
}

impl Machine {
    /// The clock, the randomness and the ledger that there are.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            line: None,
            settings: BTreeMap::new(),
            stop: CancellationToken::new(),
        }
    }

    /// A setting that a worker reads by its name.
    fn setting(&self, name: &str) -> Option<String> {
        connection::of_process(name).or_else(|| self.settings.get(name).cloned())
    }

    async fn told_to_stop(&self) {
        tokio::select! {
            () = serve::stop_signal() => {}
            () = self.stop.cancelled() => {}
        }
    }
}

/// Runs until it is told to stop (Ctrl-C, SIGTERM) or a component fails.
///
/// # Errors
/// When something cannot be started, with its name; when a component fails.
pub async fn run(up: Up, machine: Machine) -> Result<()> {
    let started = Instant::now();
    let home = Home::open(&up.place)?;
    let mut wanted: Vec<Component> = if up.only.is_empty() { Component::ALL.to_vec() } else { up.only.clone() };
    let outside = outside(&up, &machine)?;
    if outside.is_some() {
        wanted.retain(|component| *component != Component::Ledger);
    }

    // 1. Addresses first: a port in use is told before any work is done.
    let bound: Vec<Component> =
        wanted.iter().copied().filter(|component| *component != Component::Ledger || up.fabric_gateway).collect();
    let mut listeners = bind(&bound, up.port, up.place.env).await?;
    let gateway = listeners.remove(&Component::Ledger);
    let addresses = addresses_of(&listeners)?;
    let socket = match Component::Messaging.socket_port().filter(|_| wanted.contains(&Component::Messaging)) {
        Some(own) => Some(listen(SOCKET_LISTENER, own, up.port, up.place.env).await?),
        None => None,
    };
    let mut named = by_name(&addresses);
    if let Some(listener) = &socket {
        named.insert(SOCKET_LISTENER, format!("http://{}", listener.local_addr()?));
    }
    let wallet_port = match listeners.get(&Component::Wallet) {
        Some(listener) => listener.local_addr()?.port(),
        None => WALLET_PORT,
    };
    let settings = home.settings_with(wallet_port, machine.settings.clone())?;
    gx_platform::logging::install(&settings.log_level, settings.log_format);
    gx_platform::metrics::install(crate::docs::METRICS)?;
    let options = SubmitterOptions::from_settings(|name| machine.setting(name)).map_err(anyhow::Error::msg)?;
    let place = outside.as_ref().map_or_else(|| connection::EMBEDDED.to_owned(), |outside| outside.place.clone());
    let mut crew = workers::Crew {
        submitters: settings.outbox_submitters,
        projectors: settings.projectors,
        options,
        ledger: place,
        is_outside: outside.is_some(),
        preflight: None,
    };

    // 2. Database and schema: nothing is made beside a half that has lost its other half.
    say(started, "database and schema");
    if wanted.contains(&Component::Ledger) {
        let has_workers = wanted.iter().any(|one| matches!(one, Component::OutboxSubmitter | Component::Projector));
        belonging::check(&home, &settings, has_workers).await?;
    }
    let stop = CancellationToken::new();
    let parts = AppParts::connect(settings, machine.clock.clone(), machine.entropy.clone(), stop.clone())
        .await
        .context("the database")?;
    parts.store.migrate(&*machine.clock).await.context("the schema of the database")?;
    let app = App::start(parts).await?;
    crew.preflight = outside.as_ref().map(|outside| outside.watched(up.place.env, &stop));

    // 3. Ledger, workers, services, edge.
    say(started, "ledger and components");
    let ledger = open_ledger(&home, &wanted, up.place.env, &machine)?;
    let reached: Option<Arc<dyn Ledger>> = match (&outside, &ledger) {
        (Some(outside), _) => Some(Arc::clone(&outside.ledger) as _),
        (None, Some(embedded)) => Some(Arc::clone(embedded) as _),
        (None, None) => None,
    };
    let reached =
        reached.map(|ledger| machine.line.as_ref().map_or_else(|| Arc::clone(&ledger), |line| line(ledger.clone())));
    let mut tasks: JoinSet<Result<()>> = JoinSet::new();
    if let (Some(listener), Some(ledger)) = (gateway, &ledger) {
        let endpoint = connection::endpoint(
            &home,
            up.place.env,
            Arc::clone(ledger),
            machine.clock.clone(),
            listener.local_addr()?,
        )?;
        println!(
            "         Gateway endpoint at {}, connection material in {}",
            listener.local_addr()?,
            home.fabric().display()
        );
        let stop = stop.clone();
        tasks.spawn(async move { Ok(endpoint.serve(listener, stop).await?) });
    }
    let has_ledger = reached.is_some();
    start(&app, reached, listeners, socket, &addresses, &crew, &stop, &mut tasks)?;

    // 4. What a first start needs.
    let running = async {
        let mut has_countries = true;
        if has_ledger && [Component::OutboxSubmitter, Component::Projector].iter().all(|one| wanted.contains(one)) {
            say(started, "countries on the ledger");
            match gx_ops::bootstrap(&app, BOOTSTRAP_LIMIT).await {
                Err(late @ BootstrapError::Late(_)) if outside.is_some() => {
                    // What needs no ledger works meanwhile; the commands wait in the outbox.
                    println!("         {late}; it goes on without the ledger ({})", crew.ledger);
                    has_countries = false;
                }
                done => done?,
            }
        }
        let no_people = up.no_people || !has_countries;
        let lines = if up.only.is_empty() { logins(&app, &home, no_people, started).await? } else { Vec::new() };
        write_private(&home.addresses_file(), &serde_json::to_string_pretty(&named)?)?;
        report(&app, &home, &named, has_ledger.then_some(crew.ledger.as_str()), &lines, started);
        anyhow::Ok(())
    };
    let ended = tokio::select! {
        ready = async { running.await?; machine.told_to_stop().await; anyhow::Ok(()) } => ready,
        failed = first_failure(&mut tasks) => failed,
    };

    // 5. In order: no new requests, flights land, blocks are projected, the ledger writes its state.
    println!("stopping …");
    stop.cancel();
    while tasks.join_next().await.is_some() {}
    app.store().close().await?;
    if let Some(ledger) = ledger {
        ledger.close()?;
    }
    ended
}

fn say(started: Instant, what: &str) {
    let elapsed = started.elapsed();
    println!("{:>3}.{} s  {what} …", elapsed.as_secs(), elapsed.subsec_millis() / 100);
}

/// A task that ends before it was asked to has failed.
async fn first_failure(tasks: &mut JoinSet<Result<()>>) -> Result<()> {
    match tasks.join_next().await {
        Some(Ok(Ok(()))) | None => anyhow::bail!("a component ended by itself"),
        Some(Ok(Err(error))) => Err(error),
        Some(Err(error)) => Err(error.into()),
    }
}

async fn bind(wanted: &[Component], wallet_port: Option<u16>, env: EnvName) -> Result<Listeners> {
    let mut listeners = Listeners::new();
    for component in wanted {
        let Some(own) = component.port() else { continue };
        let listener = listen(component.name(), own, wallet_port, env).await?;
        listeners.insert(*component, listener);
    }
    Ok(listeners)
}

async fn listen(name: &str, own: u16, wallet_port: Option<u16>, env: EnvName) -> Result<TcpListener> {
    let port = match wallet_port {
        Some(0) => 0,
        // The components' ports lie above the wallet's.
        Some(port) => own
            .checked_sub(WALLET_PORT)
            .and_then(|above| port.checked_add(above))
            .with_context(|| format!("--port {port} leaves no port for {name}: choose a lower one"))?,
        None => {
            let step = match env {
                EnvName::Devnet => 0,
                EnvName::Testnet => PORT_STEP,
                EnvName::Mainnet => 2 * PORT_STEP,
            };
            own + step
        }
    };
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address).await.with_context(|| {
        format!("{name} cannot listen on {address}; `--port` moves all ports, or stop what listens there")
    })
}

fn addresses_of(listeners: &Listeners) -> Result<BTreeMap<Component, String>> {
    listeners
        .iter()
        .map(|(component, listener)| Ok((*component, format!("http://{}", listener.local_addr()?))))
        .collect()
}

fn by_name(addresses: &BTreeMap<Component, String>) -> BTreeMap<&'static str, String> {
    addresses.iter().map(|(component, address)| (component.name(), address.clone())).collect()
}

/// The ledger that the settings name, in place of an embedded one.
fn outside(up: &Up, machine: &Machine) -> Result<Option<Outside>> {
    // A place that submits nothing signs nothing but questions.
    let submits = up.only.is_empty() || up.only.contains(&Component::OutboxSubmitter);
    let usage = if submits { Use::Submits } else { Use::Reads };
    let outside = connection::outside(&|name| machine.setting(name), usage)?;
    if let Some(outside) = &outside {
        let place = &outside.place;
        anyhow::ensure!(
            !up.fabric_gateway,
            "--fabric-gateway opens the embedded ledger, and settings name another: {place}"
        );
        anyhow::ensure!(
            !up.only.contains(&Component::Ledger),
            "--only asks for the embedded ledger, and settings name another: {place}"
        );
    }
    Ok(outside)
}

fn open_ledger(
    home: &Home,
    wanted: &[Component],
    env: EnvName,
    machine: &Machine,
) -> Result<Option<Arc<EmbeddedLedger>>> {
    if !wanted.contains(&Component::Ledger) {
        return Ok(None);
    }
    let ledger =
        EmbeddedLedger::open(&home.ledger(), EmbeddedOptions::of(env), machine.clock.clone(), machine.entropy.clone())
            .context("the ledger")?;
    Ok(Some(Arc::new(ledger)))
}

/// Starts every component that has a listener.
#[expect(clippy::too_many_arguments, reason = "each is another part of the machine, and it is called once")]
fn start(
    app: &App,
    ledger: Option<Arc<dyn Ledger>>,
    listeners: Listeners,
    socket: Option<TcpListener>,
    addresses: &BTreeMap<Component, String>,
    crew: &workers::Crew,
    stop: &CancellationToken,
    tasks: &mut JoinSet<Result<()>>,
) -> Result<()> {
    // One socket for every listener that serves it.
    let with_socket = [Component::Messaging, Component::Wallet].iter().any(|part| listeners.contains_key(part));
    let live = with_socket.then(|| Live::start(app));
    if let (Some(listener), Some(live)) = (socket, &live) {
        let (served, stop) = (compose::socket_listener(app, live), stop.clone());
        tasks.spawn(async move { served.serve(listener, stop).await.context(SOCKET_LISTENER) });
    }
    for (component, listener) in listeners {
        let served = match component {
            Component::OutboxSubmitter | Component::Projector => {
                let ledger =
                    ledger.clone().with_context(|| format!("{component} needs the ledger: add it to --only"))?;
                if component == Component::Projector {
                    workers::projectors(app, &ledger, crew, stop, tasks)
                } else {
                    workers::submitters(app, &ledger, crew, stop, tasks)
                }
            }
            Component::Wallet => {
                let targets = addresses
                    .iter()
                    .map(|(component, url)| Target { name: component.name(), url: url.clone() })
                    .collect();
                edge::in_process(app, targets, live.as_ref().context("the wallet has a socket")?)?
            }
            _ => compose::service_with(component, app, live.as_ref())?,
        };
        if SERVICES.contains(&component) {
            compose::start_jobs(component, app);
        }
        let stop = stop.clone();
        tasks.spawn(async move { served.serve(listener, stop).await.with_context(|| component.to_string()) });
    }
    Ok(())
}

/// Administrators and test people of devnet; each line is for the terminal.
async fn logins(app: &App, home: &Home, no_people: bool, started: Instant) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    if app.env() == EnvName::Devnet {
        lines.extend(admin::devnet_admins(app, home).await?);
        if !no_people {
            say(started, "test people");
            lines.extend(personas::of_devnet(app).await?);
        }
    }
    Ok(lines)
}

fn report(
    app: &App,
    home: &Home,
    addresses: &BTreeMap<&str, String>,
    ledger: Option<&str>,
    lines: &[String],
    started: Instant,
) {
    println!("\nGX {} is ready after {} ms.\n", app.env(), started.elapsed().as_millis());
    for (name, address) in addresses {
        let shown = if *name == Component::Wallet.name() { &app.settings().public_url } else { address };
        println!("  {name:<17} {shown}");
    }
    if let Some(ledger) = ledger {
        println!("  {:<17} {ledger}", "ledger");
    }
    println!("  {:<17} {}", "data", home.folder().display());
    if !lines.is_empty() {
        println!();
    }
    for line in lines {
        println!("  {line}");
    }
    println!("\nCtrl-C stops it.");
}
