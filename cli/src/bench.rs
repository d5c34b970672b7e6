//! `gx bench`: speed and size, from a release build, with the machine's cores, beside a peer of the same run.

mod fabric;
mod figures;
pub mod http;
mod live;
mod login;
pub mod people;
mod running;
mod up;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use gx_ledger::bench::{self, BenchOptions};

use self::http::Load;
use self::people::People;
use self::running::Running;
use crate::args::Bench;

const MEGABYTE: u64 = 1_000_000;

/// Runs a benchmark and prints what it measured.
///
/// # Errors
/// When what is measured fails.
pub async fn run(bench: Bench) -> Result<()> {
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build; figures mean something from `cargo run --release --bin gx -- bench …` only.");
    }
    match bench {
        Bench::Ledger { transfers, in_flight } => ledger(transfers, in_flight).await,
        Bench::Http { data, people, clients, seconds } => {
            let load = Load { people, clients, measured: Duration::from_secs(seconds) };
            http(data, load).await
        }
        Bench::Fabric(wanted) => fabric::run(wanted).await,
        Bench::Login { logins } => login(logins).await,
        Bench::Live { data, people, rate, seconds, sockets, node, node_modules } => {
            let node = node.zip(node_modules);
            let measured = Duration::from_secs(seconds);
            live::run(live::Wanted { data, people, rate, measured, sockets, node }).await
        }
        Bench::Seed { data, people } => seed(data, people).await,
        Bench::Up { data, people, seconds } => up::run(data, people, Duration::from_secs(seconds)).await,
    }
}

async fn http(data: Option<PathBuf>, load: Load) -> Result<()> {
    let running = Running::start(data).await?;
    let measured = http::run(&running, &load).await;
    running.end().await?;
    measured
}

async fn login(logins: u64) -> Result<()> {
    let running = Running::start(None).await?;
    let measured = login::run(&running, logins).await;
    running.end().await?;
    measured
}

async fn seed(data: PathBuf, wanted: u64) -> Result<()> {
    let running = Running::start(Some(data)).await?;
    println!("in {}", running.folder().display());
    let seeded = people::seed(&running.app, &running.shared(), &People::new()?, wanted).await;
    running.end().await?;
    seeded
}

async fn ledger(transfers: u64, in_flight: u64) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("gx-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut marks: Vec<u64> = [100_000, 400_000].into_iter().filter(|mark| *mark < transfers).collect();
    marks.push(transfers);
    let options =
        BenchOptions { folder: folder.clone(), marks, accounts: 10_000, in_flight, in_steps: false, keep: false };
    let report = bench::run(&options, |line| println!("{line}")).await;
    std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let report = report?;
    println!(
        "{} cores, {} in flight, {} blocks, {} MB of chain, {} MB written in all",
        report.cores,
        in_flight,
        report.blocks,
        report.chain_bytes / MEGABYTE,
        report.written_bytes / MEGABYTE
    );
    for mark in &report.marks {
        println!("{:>9} transfers: {:>6}/s here, {:>6}/s since the start", mark.transfers, mark.rate, mark.average);
    }
    if let (Some(first), Some(last)) = (report.marks.first(), report.marks.last()) {
        println!("last rate / first rate: {}", ratio(last.rate, first.rate));
        let (chain, all) = (report.bare_rate, report.bare_rate_written);
        println!("average / bare loop with the bytes of the chain ({chain}/s): {}", ratio(last.average, chain));
        println!("average / bare loop with all bytes written ({all}/s): {}", ratio(last.average, all));
    }
    Ok(())
}

/// A ratio with two decimals, in whole numbers.
fn ratio(a: u64, b: u64) -> String {
    let hundredths = u128::from(a) * 100 / u128::from(b.max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
