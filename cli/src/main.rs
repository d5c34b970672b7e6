//! `gx`: everything GX can do, as one binary. Thin: it parses, wires and calls; the work is done in the rooms below.

mod admin;
mod args;
mod bench;
mod build_info;
mod chaincode;
mod compose;
mod docs;
mod edge;
mod fabric;
mod ledger;
mod migrate;
mod personas;
mod place;
mod projector;
mod repair;
mod serve;
mod up;
mod workers;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

/// A password hash takes 19 MiB for a moment, on whichever thread. The system's allocator keeps such blocks for each
/// thread that ever had one; this one gives them back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    gx_platform::install_crypto();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => {
            // The whole chain, outermost first: what was tried, then why it failed.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(up) => up::run(up).await.map(|()| ExitCode::SUCCESS),
        Command::Serve(serve) => serve::run(serve).await.map(|()| ExitCode::SUCCESS),
        Command::Migrate(migrate) => migrate::run(migrate).await,
        Command::Admin(admin) => admin::run(admin).await.map(|()| ExitCode::SUCCESS),
        Command::Personas(personas) => personas::run(personas).await.map(|()| ExitCode::SUCCESS),
        Command::Ledger(command) => ledger::run(command),
        Command::Projector(command) => projector::run(command).await,
        Command::Fabric(command) => fabric::run(command).await.map(|()| ExitCode::SUCCESS),
        Command::Repair(repair) => repair::run(repair).await.map(|()| ExitCode::SUCCESS),
        Command::Bench(bench) => bench::run(bench).await.map(|()| ExitCode::SUCCESS),
        Command::Docs(docs) => docs::run(&docs),
    }
}
