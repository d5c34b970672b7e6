//! `gx bench up`: the platform as people start it, in a process of its own: how soon it serves, and what it takes when
//! nothing happens.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gx_base::Component;
use gx_types::EnvName;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::figures::{cores, cpu_time_of, resident_kib};
use super::people::{self, People};
use super::running::{Folder, Running};
use super::wire::Connection;
use crate::args::Place;
use crate::place::Home;

/// How long a start may take before it counts as failed.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Pause between two questions whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(10);
/// Time after the start until it is watched: what a start leaves to do is done by then.
const REST: Duration = Duration::from_secs(15);
/// How long it may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Measures and prints.
///
/// # Errors
/// When it does not start, is not ready in time, or does not stop in order.
pub async fn run(data: Option<PathBuf>, wanted: u64, watched: Duration) -> Result<()> {
    let folder = Folder::of(data);
    let running = Running::start(Some(folder.path().clone())).await?;
    people::seed(&running.app, &running.shared(), &People::new()?, wanted).await?;
    let people = people::seeded(&running.app).await?;
    running.end().await?;

    let began = Instant::now();
    let mut child = start(folder.path())?;
    let measured = measure(&mut child, folder.path(), began, people, watched).await;
    let stopped = stop(&mut child).await;
    measured.and(stopped)
}

fn start(folder: &Path) -> Result<Child> {
    let program = std::env::current_exe().context("this program's own path")?;
    Command::new(program)
        .args(["up", "--port", "0", "--no-people", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("gx up")
}

async fn measure(child: &mut Child, folder: &Path, began: Instant, people: u64, watched: Duration) -> Result<()> {
    let process = child.id().context("gx up has ended")?.to_string();
    tokio::time::timeout(START_LIMIT, ready(child, folder)).await.context("gx up does not become ready")??;
    let took = began.elapsed();
    println!("start to ready: {} ms with {people} people, {} cores", took.as_millis(), cores());

    tokio::time::sleep(REST).await;
    let (cpu, since) = (cpu_time_of(&process), Instant::now());
    tokio::time::sleep(watched).await;
    let (cpu, elapsed) = (cpu_time_of(&process).saturating_sub(cpu), since.elapsed());
    let (resident, highest) = resident_kib(&process);
    let hundredths = cpu.as_micros() * 10_000 / elapsed.as_micros().max(1);
    println!(
        "idle for {} s: {} MB resident (at most {} MB since the start), {}.{:02} % of a core, {} cores",
        elapsed.as_secs(),
        megabytes(resident),
        megabytes(highest),
        hundredths / 100,
        hundredths % 100,
        cores()
    );
    Ok(())
}

const fn megabytes(kib: u64) -> u64 {
    kib * 1_024 / 1_000_000
}

/// Waits until it says so, and every component's readiness answers 200.
async fn ready(child: &mut Child, folder: &Path) -> Result<()> {
    let output = child.stdout.take().context("gx up has no output")?;
    let mut lines = BufReader::new(output).lines();
    loop {
        match lines.next_line().await? {
            Some(line) if line.contains("is ready after") => break,
            Some(_) => {}
            None => bail!("gx up has ended"),
        }
    }
    // What it says later is read, so that it never waits for a reader.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });

    let home = Home::open(&Place { env: EnvName::Devnet, data: Some(folder.to_owned()) })?;
    let addresses: std::collections::BTreeMap<String, String> =
        serde_json::from_slice(&std::fs::read(home.addresses_file())?)?;
    for component in Component::ALL.iter().filter(|component| component.port().is_some()) {
        let Some(address) = addresses.get(component.name()) else { continue };
        let address: SocketAddr = address.trim_start_matches("http://").parse().context("an address")?;
        let mut connection = Connection::open(address).await?;
        while connection.send("GET", "/readyz", &[], "").await?.status != 200 {
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
    Ok(())
}

async fn stop(child: &mut Child) -> Result<()> {
    let Some(process) = child.id() else { return Ok(()) };
    Command::new("kill").arg(process.to_string()).status().await.context("kill")?;
    let status = tokio::time::timeout(STOP_LIMIT, child.wait()).await.context("gx up does not stop")??;
    if status.success() { Ok(()) } else { bail!("gx up ended with {status}") }
}
