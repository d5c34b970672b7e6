//! The ledger's benchmark on its own: `cargo run --release -p gx-ledger --example ledger_bench -- <folder> <what> [n]`.
//!
//! `fused` settles in one call, `steps` through prepare, send and outcome; `n` transfers instead of 2,000,000. `people`
//! registers `n` people, and `open` opens what is there and says how long that took and how much memory it holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use gx_base::{SystemClock, SystemEntropy};
use gx_ledger::bench::{BenchOptions, run};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger};
use gx_types::EnvName;

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM")).collect::<Vec<_>>().join(", ")
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder: PathBuf = args.next().ok_or("which folder?")?.into();
    let what = args.next().ok_or("fused, steps, people or open?")?;
    let number: Option<u64> = args.next().map(|number| number.parse()).transpose()?;
    let mut options = BenchOptions {
        folder: folder.clone(),
        marks: number.map_or(vec![100_000, 400_000, 2_000_000], |last| vec![last]),
        accounts: 10_000,
        in_flight: 1_000,
        in_steps: what == "steps",
        keep: true,
    };
    match what.as_str() {
        "fused" | "steps" => {}
        "people" => {
            options.accounts = number.unwrap_or(100_000);
            options.marks = vec![options.in_flight];
        }
        "open" => {
            let begin = Instant::now();
            let setup = EmbeddedOptions::of(EnvName::Devnet);
            let ledger =
                EmbeddedLedger::open(&folder.join("ledger"), setup, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
            let info = ledger.info().await?;
            println!("open at {} after {} ms; {}", info.height, begin.elapsed().as_millis(), resident());
            return Ok(());
        }
        other => return Err(format!("fused, steps, people or open, not {other}").into()),
    }
    let report = run(&options, |line| println!("{line}")).await?;
    println!("{report:#?}");
    println!("{}", resident());
    Ok(())
}
