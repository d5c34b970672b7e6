//! The ledger's benchmark on its own: `cargo run --release -p gx-ledger --example ledger_bench -- <folder> [steps]`.

use gx_ledger::bench::{BenchOptions, run};

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("which folder?")?.into();
    let in_steps = args.next().is_some_and(|word| word == "steps");
    let marks = match args.next() {
        Some(last) => vec![last.parse()?],
        None => vec![100_000, 400_000, 2_000_000],
    };
    let options = BenchOptions { folder, marks, accounts: 10_000, in_flight: 1_000, in_steps };
    let report = run(&options, |line| println!("{line}")).await?;
    println!("{report:#?}");
    Ok(())
}
