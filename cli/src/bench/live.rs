//! `gx bench live`: how soon a notification reaches a client that is connected, while payments go on, and what an idle
//! connection takes, beside a minimal Node server with the same clients.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gx_base::{Component, EntropyExt};
use gx_messaging::live::Live;
use gx_platform::{App, BusMessage};
use gx_socket::{Client, Notice, Notices, Options};
use gx_types::{EnvName, NotificationId, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::figures::{Figures, cores, resident_kib};
use super::http::{Payer, sign_in};
use super::people::{self, People};
use super::running::{Folder, Running};
use super::wire::Connection;
use crate::args::Place;
use crate::compose;
use crate::place::Home;

/// Connections over which payments are sent.
const SENDERS: u64 = 16;
/// Warm-up before anything is counted.
const WARM_UP: Duration = Duration::from_secs(3);
/// How long what is under way may take to arrive.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a server may take to start, and its clients to connect.
const LIMIT: Duration = Duration::from_secs(120);
/// Rest before memory is read: what setting up leaves behind is gone by then.
const REST: Duration = Duration::from_secs(10);
/// What the 99th percentile from settled to received stays below.
const NOTICE_GOAL: Duration = Duration::from_millis(200);
/// What an idle connection takes at most.
const SOCKET_GOAL_BYTES: u64 = 25_000;
/// The Node server that memory is compared with.
const NODE_SERVER: &str = r#"
const http = require("node:http").createServer();
const io = new (require("socket.io").Server)(http);
io.use((socket, next) => socket.handshake.auth.token ? next() : next(new Error("no")));
io.on("connection", (socket) => { socket.join(`user:${socket.handshake.auth.token}`); socket.emit("ready", {}); });
http.listen(0, "127.0.0.1", () => console.log(process.pid, http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
"#;

/// What to measure.
pub struct Wanted {
    /// Data folder; a temporary one when absent.
    pub data: Option<PathBuf>,
    /// People on the platform.
    pub people: u64,
    /// Payments in a second.
    pub rate: u64,
    /// How long to measure.
    pub measured: Duration,
    /// Idle connections.
    pub sockets: usize,
    /// Node and its modules, for the comparison.
    pub node: Option<(PathBuf, PathBuf)>,
}

/// Measures and prints.
///
/// # Errors
/// When something does not start, is refused, or gets lost.
pub async fn run(wanted: Wanted) -> Result<()> {
    let folder = Folder::of(wanted.data.clone());
    let running = Running::start(Some(folder.path().clone())).await?;
    let known = People::new()?;
    people::seed(&running.app, &running.shared(), &known, wanted.people).await?;
    let population = people::seeded(&running.app).await?;
    let signed_in = sign_in(&running.app, people::numbers(population, population)).await?;
    let told = notices(&running, &known, &signed_in, &wanted).await;
    running.end().await?;
    told?;
    idle(folder.path(), &signed_in, &wanted).await
}

fn token(payer: &Payer) -> &str {
    payer.authorization.trim_start_matches("Bearer ")
}

fn open(url: &str, token: &str) -> (Client, Notices) {
    let mut options = Options::new(url);
    let token = token.to_owned();
    options.auth = Some(Box::new(move || json!({ "token": token })));
    Client::connect(options)
}

/// Waits until the server has said how things stand.
async fn ready(notices: &mut Notices) -> Result<()> {
    let ready = async {
        while let Some(notice) = notices.recv().await {
            match notice {
                Notice::Event(event) if event.name == "ready" => return Ok(()),
                Notice::Refused { message, .. } => bail!("a client was refused: {message}"),
                _ => {}
            }
        }
        bail!("a client has ended")
    };
    tokio::time::timeout(LIMIT, ready).await.context("a client does not get in")?
}

/// When each notification was known to be projected.
type Projected = Arc<Mutex<HashMap<NotificationId, Instant>>>;

/// How soon notifications arrive.
async fn notices(running: &Running, known: &People, people: &[Payer], wanted: &Wanted) -> Result<()> {
    let stop = CancellationToken::new();
    let live = Live::start(&running.app);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let served = compose::socket_listener(&running.app, &live);
    let serving = tokio::spawn(served.serve(listener, stop.clone()));

    // 1. One half pays, the other is paid and looks.
    let (payers, receivers) = people.split_at(people.len() / 2);
    let projected = Projected::default();
    let watching = tokio::spawn(watch(running.app.clone(), Arc::clone(&projected)));
    let counting = Arc::new(AtomicBool::new(false));
    let mut ears = JoinSet::new();
    let mut clients = Vec::new();
    for receiver in receivers {
        let (client, mut notices) = open(&url, token(receiver));
        ready(&mut notices).await?;
        clients.push(client);
        ears.spawn(hear(running.app.clone(), notices, Arc::clone(&projected), Arc::clone(&counting)));
    }

    // 2. Payments at a steady rate.
    let ended = Arc::new(AtomicBool::new(false));
    let name = running.app.entropy().token(4);
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let own: Vec<Payer> = payers.iter().skip(usize::try_from(sender)?).step_by(16).cloned().collect();
        let to: Vec<String> =
            receivers.iter().map(|one| known.gx_id(one.number).map(|id| id.to_string())).collect::<Result<_>>()?;
        let every = Duration::from_micros(1_000_000 * SENDERS / wanted.rate.max(1));
        senders.spawn(pay(running.address, own, to, every, format!("{name}-{sender}"), Arc::clone(&ended)));
    }
    tokio::time::sleep(WARM_UP).await;
    counting.store(true, Ordering::SeqCst);
    let began = Instant::now();
    tokio::time::sleep(wanted.measured).await;
    counting.store(false, Ordering::SeqCst);
    let took = began.elapsed();
    ended.store(true, Ordering::SeqCst);
    let mut sent = 0;
    while let Some(sender) = senders.join_next().await {
        sent += sender??;
    }
    people::projected(&running.app, running.ledger.as_ref()).await?;

    // 3. Whatever was stored has arrived.
    let drained = Instant::now();
    while !projected.lock().unwrap_or_else(PoisonError::into_inner).is_empty() && drained.elapsed() < DRAIN {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(clients);
    let (mut from_projected, mut from_ledger, mut heard, mut unknown) = (Vec::new(), Vec::new(), 0, 0);
    while let Some(ear) = ears.join_next().await {
        let ear = ear?;
        heard += ear.heard;
        unknown += ear.unknown;
        from_projected.extend(ear.from_projected);
        from_ledger.extend(ear.from_ledger);
    }
    watching.abort();
    stop.cancel();
    serving.await??;
    let settled = Figures::of("notices, from the transaction's time to received", took, from_ledger);
    println!("{}", Figures::of("notices, from projected to received", took, from_projected));
    println!("{unknown} notices of which it is not known when they were projected are left out of that");
    println!("{settled}; goal: p99 below {} ms{}", NOTICE_GOAL.as_millis(), missed(settled.p99 >= NOTICE_GOAL));
    println!(
        "{sent} payments sent at {} a second, {heard} notices at {} clients, {} cores, payments and clients included",
        wanted.rate,
        receivers.len(),
        cores()
    );
    if heard != sent {
        bail!("{sent} payments and {heard} notices");
    }
    Ok(())
}

fn missed(is_missed: bool) -> &'static str {
    if is_missed { " (MISSED)" } else { "" }
}

/// Notes when the bus says that something is stored.
async fn watch(app: App, projected: Projected) {
    let mut messages = app.bus().subscribe();
    loop {
        match messages.recv().await {
            Ok(BusMessage::Notified { notification_id, .. }) => {
                projected.lock().unwrap_or_else(PoisonError::into_inner).insert(notification_id, Instant::now());
            }
            // What was missed has no time, and is counted as such; what comes next has.
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// What one client heard.
struct Ear {
    heard: u64,
    /// Of which it is not known when they were projected: the client was faster than the watcher, or the watcher lagged.
    unknown: u64,
    from_projected: Vec<Duration>,
    from_ledger: Vec<Duration>,
}

async fn hear(app: App, mut notices: Notices, projected: Projected, counting: Arc<AtomicBool>) -> Ear {
    let mut ear = Ear { heard: 0, unknown: 0, from_projected: Vec::new(), from_ledger: Vec::new() };
    while let Some(notice) = notices.recv().await {
        let Notice::Event(event) = notice else { continue };
        let Some(notification) = event.arguments.first().and_then(|pushed| pushed.get("notification")) else {
            continue;
        };
        ear.heard += 1;
        let field = |name: &str| notification.get(name).and_then(Value::as_str);
        let id: Option<NotificationId> = field("notificationId").and_then(|id| id.parse().ok());
        let known = id.and_then(|id| projected.lock().unwrap_or_else(PoisonError::into_inner).remove(&id));
        if !counting.load(Ordering::Relaxed) {
            continue;
        }
        match known {
            Some(at) => ear.from_projected.push(at.elapsed()),
            None => ear.unknown += 1,
        }
        let made: Option<Timestamp> = field("createdAt").and_then(|at| at.parse().ok());
        ear.from_ledger.extend(made.map(|made| app.now().since(made)));
    }
    ear
}

/// Pays at a steady pace until it is ended; how often.
async fn pay(
    address: SocketAddr,
    payers: Vec<Payer>,
    receivers: Vec<String>,
    every: Duration,
    name: String,
    ended: Arc<AtomicBool>,
) -> Result<u64> {
    let mut connection = Connection::open(address).await.context("the tokenomics service")?;
    let mut ticks = tokio::time::interval(every);
    let mut sent = 0;
    for (payer, to) in payers.iter().cycle().zip(receivers.iter().cycle()) {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        ticks.tick().await;
        let key = format!("{name}-{sent:08}");
        let body = format!(r#"{{"toID":"{to}","amount":"200","reason":"bench"}}"#);
        let headers = [("authorization", payer.authorization.as_str()), ("idempotency-key", key.as_str())];
        let answer = connection.send("POST", "/api/v1/transfers", &headers, &body).await?;
        if answer.status != 202 {
            bail!("a payment was answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        sent += 1;
    }
    Ok(sent)
}

/// What an idle connection takes: `gx up` as a process of its own, then the Node server.
async fn idle(folder: &Path, people: &[Payer], wanted: &Wanted) -> Result<()> {
    let mut platform = start(folder)?;
    let url = messaging(&mut platform, folder).await?;
    let process = platform.id().context("gx up has ended")?.to_string();
    let ours = per_socket(&process, &url, people, wanted.sockets).await;
    end(&mut platform).await?;
    let (bytes, text) = ours?;
    let missed = missed(bytes > SOCKET_GOAL_BYTES);
    println!("idle authenticated socket of GX: {text}; goal: {} KB or less{missed}", SOCKET_GOAL_BYTES / 1_000);
    let Some((node, modules)) = &wanted.node else {
        println!(
            "no comparison: name Node and the folder of its modules (with socket.io) by --node and --node-modules"
        );
        return Ok(());
    };
    let mut server = Command::new(node)
        .args(["-e", NODE_SERVER])
        .env("NODE_PATH", modules)
        // The server ends when this is closed.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| node.display().to_string())?;
    let output = server.stdout.take().context("Node has no output")?;
    let line = BufReader::new(output).lines().next_line().await?.context("the Node server has ended")?;
    // It says its own process id: `node` may be a wrapper that starts Node as a child.
    let (process, port) = line.split_once(' ').context("the Node server does not say where it listens")?;
    let (_, theirs) = per_socket(process, &format!("http://127.0.0.1:{port}"), people, wanted.sockets).await?;
    drop(server.stdin.take());
    server.wait().await?;
    println!("idle authenticated socket of a minimal Node socket.io server: {theirs}");
    Ok(())
}

fn start(folder: &Path) -> Result<Child> {
    let program = std::env::current_exe().context("this program's own path")?;
    Command::new(program)
        .args(["up", "--port", "0", "--no-people", "--data"])
        .arg(folder)
        .env("SOCKETS_PER_ADDRESS", "1000000")
        .env("SOCKETS_PER_PERSON", "1000000")
        .env("RATE_LIMIT_SOCKET", "1000000/1")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("gx up")
}

/// Waits until the platform is ready; the address of its socket.
async fn messaging(child: &mut Child, folder: &Path) -> Result<String> {
    let output = child.stdout.take().context("gx up has no output")?;
    let mut lines = BufReader::new(output).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains("is ready after") {
                return anyhow::Ok(());
            }
        }
        bail!("gx up has ended")
    };
    tokio::time::timeout(LIMIT, ready).await.context("gx up does not become ready")??;
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let home = Home::open(&Place { env: EnvName::Devnet, data: Some(folder.to_owned()) })?;
    let addresses: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(home.addresses_file())?)?;
    addresses.get(Component::Messaging.name()).cloned().context("messaging has no address")
}

async fn end(child: &mut Child) -> Result<()> {
    let Some(process) = child.id() else { return Ok(()) };
    Command::new("kill").arg(process.to_string()).status().await.context("kill")?;
    tokio::time::timeout(LIMIT, child.wait()).await.context("gx up does not stop")??;
    Ok(())
}

/// What the server's process grows by, divided by the connections.
async fn per_socket(process: &str, url: &str, people: &[Payer], sockets: usize) -> Result<(u64, String)> {
    // A first connection brings in what every later one shares.
    let (_first, mut notices) = open(url, token(people.first().context("there are no people")?));
    ready(&mut notices).await?;
    tokio::time::sleep(REST).await;
    let (before, _) = resident_kib(process);
    let mut kept = Vec::with_capacity(sockets);
    let mut opening = JoinSet::new();
    for number in 0..sockets {
        let token = token(&people[number % people.len()]).to_owned();
        let url = url.to_owned();
        opening.spawn(async move {
            let (client, mut notices) = open(&url, &token);
            ready(&mut notices).await?;
            anyhow::Ok((client, notices))
        });
        // So many connect at a time as people do after a restart.
        if opening.len() >= 64
            && let Some(opened) = opening.join_next().await
        {
            kept.push(opened??);
        }
    }
    while let Some(opened) = opening.join_next().await {
        kept.push(opened??);
    }
    tokio::time::sleep(REST).await;
    let (after, _) = resident_kib(process);
    let bytes = after.saturating_sub(before) * 1_024 / u64::try_from(kept.len().max(1))?;
    let text = format!(
        "{}.{} KB each, {} of them, {} MB before",
        bytes / 1_000,
        bytes % 1_000 / 100,
        kept.len(),
        before / 1_000
    );
    Ok((bytes, text))
}
