//! `gx bench http`: payments over HTTP until they are settled and projected.
//!
//! Clients send one payment after another with `Prefer: wait`, so what is measured is the time from the first byte sent
//! to balances that show it. The generator runs in the measuring process and shares its cores.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gx_base::EntropyExt;
use gx_platform::App;
use gx_platform::auth::NewSession;
use gx_store::entity::{outbox_commands, sessions};
use gx_store::repo::conservation;
use gx_store::sea_orm::{EntityTrait, PaginatorTrait, Set};
use gx_store::{Backend, Col, StoreError};
use gx_types::{ProfileId, SessionTransport};
use tokio::task::JoinSet;

use super::figures::{Figures, cores, cpu_time};
use super::people::{self, People};
use super::running::Running;
use super::wire::Connection;

/// People who pay; the others are paid.
const PAYERS_MAX: u64 = 1_024;
/// Warm-up before anything is counted.
const WARM_UP: Duration = Duration::from_secs(3);
/// What each payment moves, Qirat.
const AMOUNT: u64 = 200;
/// Sessions in one transaction.
const SESSIONS_BATCH: usize = 100;

/// What to measure.
pub struct Load {
    /// People on the platform.
    pub people: u64,
    /// Clients at the same time.
    pub clients: usize,
    /// How long to measure.
    pub measured: Duration,
}

/// Someone who pays.
#[derive(Clone)]
pub struct Payer {
    /// Which of the people.
    pub number: u64,
    /// What goes into the header.
    pub authorization: String,
}

/// Measures and prints.
///
/// # Errors
/// When something fails, a payment is refused, or the books do not balance afterwards.
pub async fn run(running: &Running, load: &Load) -> Result<()> {
    let people = People::new()?;
    people::seed(&running.app, &running.shared(), &people, load.people).await?;
    let population = people::seeded(&running.app).await?;
    let payers = sign_in(&running.app, people::numbers(population, PAYERS_MAX)).await?;
    let before = outbox_commands::Entity::find().count(running.app.store().read()).await?;

    let run = Arc::new(Run {
        address: running.address,
        people,
        population,
        name: running.app.entropy().token(4),
        counting: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        number: AtomicU64::new(0),
    });
    let mut clients = JoinSet::new();
    for client in 0..load.clients {
        let own: Vec<Payer> = payers.iter().skip(client).step_by(load.clients).cloned().collect();
        clients.spawn(Arc::clone(&run).client(client as u64, own));
    }
    tokio::time::sleep(WARM_UP).await;
    let (began, cpu) = (Instant::now(), cpu_time());
    run.counting.store(true, Ordering::SeqCst);
    tokio::time::sleep(load.measured).await;
    run.counting.store(false, Ordering::SeqCst);
    let (took, cpu) = (began.elapsed(), cpu_time().saturating_sub(cpu));
    run.ended.store(true, Ordering::SeqCst);
    let mut times = Vec::new();
    while let Some(client) = clients.join_next().await {
        times.extend(client??);
    }

    let database = match running.app.store().backend() {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    };
    let figures = Figures::of("payments settled and projected", took, times);
    println!("{figures}");
    let each = cpu.as_micros() / u128::from(figures.count.max(1));
    println!(
        "{} clients, {population} people, {database}, {} cores; {each} µs of processor time per payment, generator included",
        load.clients,
        cores()
    );
    check(running, before).await
}

/// Everything accepted is settled once, and no coin was lost.
async fn check(running: &Running, before: u64) -> Result<()> {
    people::projected(&running.app, running.ledger.as_ref()).await?;
    let depth = gx_store::outbox::depth(running.app.store().read()).await?;
    let open = depth.pending + depth.submitting + depth.submitted + depth.dead + depth.unprojected;
    let sent = outbox_commands::Entity::find().count(running.app.store().read()).await? - before;
    let books = conservation::check(running.app.store().read()).await?;
    println!("{sent} commands in all, {open} open, books balance: {}", books.holds());
    if open > 0 || !books.holds() {
        bail!("{open} commands are open; {books:?}");
    }
    Ok(())
}

struct Run {
    address: SocketAddr,
    people: People,
    population: u64,
    /// Makes keys unique among runs.
    name: String,
    counting: AtomicBool,
    ended: AtomicBool,
    number: AtomicU64,
}

impl Run {
    async fn client(self: Arc<Self>, seed: u64, payers: Vec<Payer>) -> Result<Vec<Duration>> {
        let mut connection = Connection::open(self.address).await.context("the tokenomics service")?;
        let (mut times, mut state) = (Vec::new(), seed.wrapping_add(1));
        for payer in payers.iter().cycle() {
            if self.ended.load(Ordering::Relaxed) {
                break;
            }
            // A small generator is enough to choose whom to pay.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut to = (state >> 16) % self.population;
            if to == payer.number {
                to = (to + 1) % self.population;
            }
            let key = format!("{}-{:08}", self.name, self.number.fetch_add(1, Ordering::Relaxed));
            let body = format!(r#"{{"toID":"{}","amount":"{AMOUNT}","reason":"bench"}}"#, self.people.gx_id(to)?);
            let headers = [
                ("authorization", payer.authorization.as_str()),
                ("idempotency-key", key.as_str()),
                ("prefer", "wait=20"),
            ];
            let sent = Instant::now();
            let answer = connection.send("POST", "/api/v1/transfers", &headers, &body).await?;
            if answer.status != 200 {
                bail!("a payment was answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
            }
            if self.counting.load(Ordering::Relaxed) {
                times.push(sent.elapsed());
            }
        }
        Ok(times)
    }
}

/// Signs people in who have no password.
///
/// # Errors
/// When the database is out of reach.
pub async fn sign_in(app: &App, payers: impl IntoIterator<Item = (u64, ProfileId)>) -> Result<Vec<Payer>> {
    let (mut signed_in, mut rows) = (Vec::new(), Vec::new());
    for (number, profile_id) in payers {
        let session = NewSession::begin(SessionTransport::Token, &**app.clock(), &**app.entropy());
        let now = app.now();
        rows.push(sessions::ActiveModel {
            session_id: Set(session.session_id.into()),
            profile_id: Set(profile_id.into()),
            transport: Set(session.transport.into()),
            refresh_hash: Set(session.refresh_hash().map(Col)),
            csrf_hash: Set(Some(session.csrf_hash.into())),
            rotations: Set(0),
            created_at: Set(now.into()),
            last_used_at: Set(now.into()),
            expires_at: Set(now.plus(Duration::from_secs(24 * 3600)).into()),
            ..Default::default()
        });
        let token = app.auth().person_token(profile_id, session.session_id).await;
        let token = token.map_err(|error| anyhow::anyhow!("no token: {}", error.code()))?;
        signed_in.push(Payer { number, authorization: format!("Bearer {token}") });
    }
    for batch in rows.chunks(SESSIONS_BATCH) {
        let batch = batch.to_vec();
        app.store()
            .write(move |tx| {
                let batch = batch.clone();
                Box::pin(async move {
                    sessions::Entity::insert_many(batch).exec_without_returning(tx).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
    }
    Ok(signed_in)
}
