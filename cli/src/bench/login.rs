//! `gx bench login`: what people notice while many others sign in at the same moment.
//!
//! Each login costs an Argon2id hash. They queue behind as many as there are cores, so a burst takes its time; what is
//! measured is that everybody else's requests do not. Readers ask for their balance the whole time, first alone, then
//! while the logins run.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gx_base::{Component, Secret};
use gx_store::StoreError;
use gx_store::sea_orm::ConnectionTrait;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::figures::{Figures, cores, resident_kib};
use super::http::{Payer, sign_in};
use super::people::{self, People};
use super::running::Running;
use super::wire::Connection;
use crate::compose;

const PASSWORD: &str = "Bench-Pass-123";
/// Readers at the same time.
const READERS: usize = 8;
/// Between two questions of a reader: people look, they do not hammer.
const PAUSE: Duration = Duration::from_millis(5);
/// How long the readers are measured alone.
const ALONE: Duration = Duration::from_secs(5);

/// Measures and prints.
///
/// # Errors
/// When something fails or is refused.
pub async fn run(running: &Running, logins: u64) -> Result<()> {
    // 1. People with a password, and the identity service on a port of its own.
    people::seed(&running.app, &running.shared(), &People::new()?, logins.max(READERS as u64)).await?;
    let hash = running.app.passwords().hash(Secret::new(PASSWORD)).await?;
    running
        .app
        .store()
        .write(move |tx| {
            let sql = format!("UPDATE user_profiles SET password_hash = '{hash}' WHERE password_hash = '-'");
            Box::pin(async move { tx.execute_unprepared(&sql).await.map(drop).map_err(StoreError::from) })
        })
        .await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let identity = listener.local_addr()?;
    let served = compose::service(Component::Identity, &running.app)?;
    let stopped = running.app.stop().child_token();
    let (service, stop) = (tokio::spawn(served.serve(listener, stopped.clone())), stopped);
    let population = people::seeded(&running.app).await?;
    let readers = sign_in(&running.app, people::numbers(population, READERS as u64)).await?;

    // 2. Readers alone.
    let alone = read(running.address, &readers, async { tokio::time::sleep(ALONE).await }).await?;
    println!("{}", Figures::of("balances read while nobody signs in", alone.0, alone.1));

    // 3. Readers, and everybody signs in at once.
    let (before, _) = resident_kib("self");
    let mut times = Vec::new();
    let busy = read(running.address, &readers, async {
        let mut clients = JoinSet::new();
        for number in 0..logins {
            clients.spawn(login(identity, number));
        }
        while let Some(client) = clients.join_next().await {
            match client {
                Ok(Ok(took)) => times.push(took),
                Ok(Err(error)) => eprintln!("a login failed: {error:#}"),
                Err(error) => eprintln!("a login failed: {error}"),
            }
        }
    })
    .await?;
    let (after, _) = resident_kib("self");
    if times.len() as u64 != logins {
        bail!("{} of {logins} logins succeeded", times.len());
    }
    println!("{}", Figures::of("logins at once", busy.0, times));
    println!("{}", Figures::of("balances read meanwhile", busy.0, busy.1));
    println!("{} cores; {} KiB resident before the logins, {} KiB after", cores(), before, after);
    stop.cancel();
    service.await.context("the identity service")?.context("the identity service")
}

async fn login(address: SocketAddr, number: u64) -> Result<Duration> {
    let mut connection = Connection::open(address).await?;
    let body = format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, people::email(number));
    let sent = Instant::now();
    let answer = connection.send("POST", "/api/v1/auth/login", &[], &body).await?;
    if answer.status != 200 {
        bail!("answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    Ok(sent.elapsed())
}

/// Reads balances until `meanwhile` is over: how long that was, and the time of each read.
async fn read(
    address: SocketAddr,
    readers: &[Payer],
    meanwhile: impl Future<Output = ()>,
) -> Result<(Duration, Vec<Duration>)> {
    let ended = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for reader in readers.iter().cloned() {
        clients.spawn(reads(address, reader, Arc::clone(&ended)));
    }
    let began = Instant::now();
    meanwhile.await;
    let took = began.elapsed();
    ended.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    while let Some(client) = clients.join_next().await {
        times.extend(client??);
    }
    Ok((took, times))
}

async fn reads(address: SocketAddr, reader: Payer, ended: Arc<AtomicBool>) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(address).await?;
    let path = format!("/api/v1/wallets/{}/balance", People::profile_id(reader.number));
    let (headers, mut times) = ([("authorization", reader.authorization.as_str())], Vec::new());
    while !ended.load(Ordering::Relaxed) {
        let sent = Instant::now();
        let answer = connection.send("GET", &path, &headers, "").await?;
        times.push(sent.elapsed());
        if answer.status != 200 {
            bail!("a balance was answered {}", answer.status);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(times)
}
