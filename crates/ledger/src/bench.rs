//! How fast the embedded ledger settles: payments executed by the contract, durable before anyone is told, many in
//! flight; and beside it, on the same disk in the same run, a bare loop that writes the same bytes with as many syncs.
//!
//! Run it from a release build only.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gx_base::{Clock, SystemClock, SystemEntropy};
use gx_contracts::Call;
use gx_types::{EnvName, GxId, LedgerKey, Qirat, Timestamp};

use crate::embedded::{EmbeddedLedger, EmbeddedOptions};
use crate::error::LedgerError;
use crate::fixture;
use crate::port::Ledger;
use crate::transaction::{Outcome, Prepared, Proposal, Settled};

/// What to measure.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// An empty folder on the disk to be measured.
    pub folder: PathBuf,
    /// Numbers of settled transfers at which to look, rising; the last one ends the run.
    pub marks: Vec<u64>,
    /// People who pay each other.
    pub accounts: u64,
    /// Transfers in flight; each uses people of its own, as the outbox keeps one per person in flight.
    pub in_flight: u64,
    /// Through prepare, send and outcome, as the outbox does, instead of in one call.
    pub in_steps: bool,
    /// The ledger stays in the folder afterwards.
    pub keep: bool,
}

/// What was seen at a mark.
#[derive(Debug, Clone, Copy)]
pub struct BenchMark {
    /// Transfers settled so far.
    pub transfers: u64,
    /// Time so far.
    pub elapsed: Duration,
    /// Transfers per second over the tenth of this mark's transfers before it.
    pub rate: u64,
    /// Transfers per second since the start.
    pub average: u64,
}

/// The result of a run.
#[derive(Debug, Clone)]
pub struct BenchReport {
    /// One entry for each mark.
    pub marks: Vec<BenchMark>,
    /// Blocks the transfers filled, each with one sync.
    pub blocks: u64,
    /// Bytes of the chain that the transfers made.
    pub chain_bytes: u64,
    /// Bytes of the state at the end.
    pub state_bytes: u64,
    /// Bytes that were written for the transfers in all: the chain, and the state as often as it was merged.
    pub written_bytes: u64,
    /// Transfers per second of a bare loop that writes the chain's bytes with as many syncs as there were blocks.
    pub bare_rate: u64,
    /// The same for a bare loop that writes all the bytes that were written.
    pub bare_rate_written: u64,
    /// Processor cores.
    pub cores: usize,
}

fn per_second(count: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
    u64::try_from(u128::from(count) * 1_000_000 / u128::from(micros)).unwrap_or(u64::MAX)
}

fn unsettled(what: impl std::fmt::Debug) -> LedgerError {
    LedgerError::rejected(format!("a transfer of the benchmark did not settle: {what:?}"))
}

const WAIT: Duration = Duration::from_secs(60);

/// Runs the benchmark.
///
/// # Errors
/// Those of the ledger, and `Rejected` when a transfer does not settle.
pub async fn run(options: &BenchOptions, mut say: impl FnMut(String)) -> Result<BenchReport, LedgerError> {
    let folder = options.folder.join("ledger");
    let setup = EmbeddedOptions::of(EnvName::Devnet);
    let ledger = EmbeddedLedger::open(&folder, setup, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    let ledger = Arc::new(ledger);

    let people = register(&ledger, options.accounts).await?;
    say(format!("{} people are registered", people.len()));
    let first_block = ledger.info().await?.height;
    let bytes_before = folder_bytes(&folder.join("blocks"))?;

    let written_before = written();
    let marks = transfer(&ledger, options, people, &mut say).await?;
    let blocks = ledger.info().await?.height - first_block;
    let chain_bytes = folder_bytes(&folder.join("blocks"))? - bytes_before;
    let (state_bytes, _) = ledger.state_size();
    ledger.close()?;
    drop(ledger);
    if !options.keep {
        // The bare loops need the room.
        std::fs::remove_dir_all(&folder).map_err(|error| LedgerError::storage("remove", &folder, &error))?;
    }
    // Where the system does not say, the chain is all that is known.
    let written_bytes = (written() - written_before).max(chain_bytes);

    let transfers = options.marks.last().copied().unwrap_or(0);
    let bare = bare_loop(&options.folder.join("bare"), chain_bytes, blocks)?;
    let bare_written = bare_loop(&options.folder.join("bare"), written_bytes, blocks)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(BenchReport {
        marks,
        blocks,
        chain_bytes,
        state_bytes,
        written_bytes,
        bare_rate: per_second(transfers, bare),
        bare_rate_written: per_second(transfers, bare_written),
        cores,
    })
}

fn proposal(call: Call) -> Proposal {
    Proposal { call, timestamp: SystemClock.now() }
}

async fn register(ledger: &Arc<EmbeddedLedger>, count: u64) -> Result<Vec<GxId>, LedgerError> {
    for call in fixture::set_up()? {
        ledger.submit(proposal(call), WAIT).await?;
    }
    let now: Timestamp = SystemClock.now();
    let mut people = Vec::new();
    let mut waiting = Vec::new();
    for number in 0..count {
        // Neighbours live in two countries, so every payment has a fee and its delta entry.
        let country = if number % 2 == 0 { "US" } else { "GB" };
        let id = fixture::person(country, "1990-01-01", number)?;
        let age = id.birth().ok().and_then(|(born, _)| born.age_at(now)).unwrap_or(0);
        let call = fixture::register(&id, age, (number % 64) as u16);
        people.push(id);
        let ledger = Arc::clone(ledger);
        waiting.push(tokio::spawn(async move { ledger.submit(proposal(call), WAIT).await }));
        if waiting.len() == 1_000 {
            settle_all(&mut waiting).await?;
        }
    }
    settle_all(&mut waiting).await?;
    Ok(people)
}

async fn settle_all(
    waiting: &mut Vec<tokio::task::JoinHandle<Result<Settled, LedgerError>>>,
) -> Result<(), LedgerError> {
    for task in waiting.drain(..) {
        match task.await.map_err(unsettled)?? {
            Settled::Committed(_) => {}
            other => return Err(unsettled(other)),
        }
    }
    Ok(())
}

async fn transfer(
    ledger: &Arc<EmbeddedLedger>,
    options: &BenchOptions,
    people: Vec<GxId>,
    say: &mut impl FnMut(String),
) -> Result<Vec<BenchMark>, LedgerError> {
    let total = options.marks.last().copied().unwrap_or(0);
    let people = Arc::new(people);
    let started = Arc::new(AtomicU64::new(0));
    let settled = Arc::new(AtomicU64::new(0));
    let share = options.accounts / options.in_flight.max(1);
    if share < 2 {
        return Err(LedgerError::rejected("each transfer in flight needs two people of its own"));
    }
    let begin = Instant::now();
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..options.in_flight {
        let (ledger, people) = (Arc::clone(ledger), Arc::clone(&people));
        let (started, settled) = (Arc::clone(&started), Arc::clone(&settled));
        let in_steps = options.in_steps;
        lanes.spawn(async move {
            let mut round = 0_u64;
            loop {
                let number = started.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return Ok(());
                }
                let at = |offset: u64| people.get((lane * share + offset % share) as usize).cloned();
                let (Some(from), Some(to)) = (at(round), at(round + 1)) else { return Err(unsettled("no people")) };
                round += 1;
                let key = LedgerKey::prefixed("bench", &format!("{number:012}"));
                let amount = Qirat::new(1 + number % 100).map_err(unsettled)?;
                let proposal = proposal(fixture::pay(&from, &to, amount, &key));
                if in_steps { settle_in_steps(&ledger, proposal).await } else { settle(&ledger, proposal).await }?;
                settled.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    let mut marks = Vec::new();
    // A tenth of a mark before it, the clock is read for the rate at the mark.
    let mut window = None;
    while marks.len() < options.marks.len() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        while let Some(ended) = lanes.try_join_next() {
            ended.map_err(unsettled)??;
        }
        let now = settled.load(Ordering::Relaxed);
        let Some(mark) = options.marks.get(marks.len()).copied() else { break };
        if window.is_none() && now >= mark - mark / 10 {
            window = Some((now, Instant::now()));
        }
        if let Some((before, since)) = window.filter(|_| now >= mark) {
            let elapsed = begin.elapsed();
            let seen = BenchMark {
                transfers: now,
                elapsed,
                rate: per_second(now - before, since.elapsed()),
                average: per_second(now, elapsed),
            };
            say(format!(
                "{:>9} settled: {:>6}/s here, {:>6}/s since the start",
                seen.transfers, seen.rate, seen.average
            ));
            marks.push(seen);
            window = None;
        }
    }
    while let Some(ended) = lanes.join_next().await {
        ended.map_err(unsettled)??;
    }
    Ok(marks)
}

async fn settle(ledger: &EmbeddedLedger, proposal: Proposal) -> Result<(), LedgerError> {
    match ledger.submit(proposal, WAIT).await? {
        Settled::Committed(_) => Ok(()),
        other => Err(unsettled(other)),
    }
}

async fn settle_in_steps(ledger: &EmbeddedLedger, proposal: Proposal) -> Result<(), LedgerError> {
    let envelope = match ledger.prepare(proposal).await? {
        Prepared::Envelope(envelope) => envelope,
        other => return Err(unsettled(other)),
    };
    ledger.send(&envelope).await?;
    match ledger.outcome(&envelope.tx_id, WAIT).await? {
        Outcome::Committed(_) => Ok(()),
        other => Err(unsettled(other)),
    }
}

fn folder_bytes(folder: &Path) -> Result<u64, LedgerError> {
    let failed = |error| LedgerError::storage("list", folder, &error);
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        bytes += entry.and_then(|entry| entry.metadata()).map_err(failed)?.len();
    }
    Ok(bytes)
}

/// Bytes that this process has handed to the system for writing so far; 0 where the system does not say.
fn written() -> u64 {
    std::fs::read_to_string("/proc/self/io")
        .ok()
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix("wchar: ")?.parse().ok()))
        .unwrap_or(0)
}

/// Writes `bytes` in `syncs` equal parts, each made durable.
fn bare_loop(path: &Path, bytes: u64, syncs: u64) -> Result<Duration, LedgerError> {
    let failed = |error| LedgerError::storage("write", path, &error);
    // Bytes that no file system can leave out.
    let part: Vec<u8> = (0..bytes / syncs.max(1)).map(|place| (place % 251) as u8 + 1).collect();
    let mut file = File::create(path).map_err(failed)?;
    let begin = Instant::now();
    for _ in 0..syncs {
        file.write_all(&part).and_then(|()| file.sync_data()).map_err(failed)?;
    }
    let took = begin.elapsed();
    std::fs::remove_file(path).map_err(failed)?;
    Ok(took)
}
