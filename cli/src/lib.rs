//! `gx`: everything GX can do, as one binary. Thin: it parses, wires and calls; the work is done in the rooms below.
//!
//! The binary is [`main`] and nothing more. The outer suites start [`up`] in their own process as well, with a clock
//! that they move and a line to the ledger that they cut: what a process cannot be asked to do from outside.

mod admin;
pub mod args;
mod audit;
mod belonging;
mod bench;
mod build_info;
mod chaincode;
mod compose;
mod connection;
pub mod crowd;
mod docs;
mod doctor;
mod edge;
mod fabric;
mod identities;
mod ledger;
mod migrate;
mod personas;
mod place;
mod projector;
mod repair;
mod serve;
mod signer;
mod strays;
pub mod up;
mod workers;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

/// Reads the arguments and does what they say.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    gx_platform::install_crypto();
    strays::tell();
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
        Command::Up(up) => up::run(up, up::Machine::of_process()).await.map(|()| ExitCode::SUCCESS),
        Command::Serve(serve) => serve::run(serve).await.map(|()| ExitCode::SUCCESS),
        Command::Migrate(migrate) => migrate::run(migrate).await,
        Command::Admin(admin) => admin::run(admin).await.map(|()| ExitCode::SUCCESS),
        Command::Personas(personas) => personas::run(personas).await.map(|()| ExitCode::SUCCESS),
        Command::Audit(command) => audit::run(command).await,
        Command::Ledger(command) => ledger::run(command).await,
        Command::Projector(command) => projector::run(command).await,
        Command::Fabric(command) => fabric::run(command).await,
        Command::Doctor(doctor) => doctor::run(doctor).await,
        Command::Repair(repair) => repair::run(repair).await.map(|()| ExitCode::SUCCESS),
        Command::Bench(bench) => bench::run(bench).await.map(|()| ExitCode::SUCCESS),
        Command::Docs(docs) => docs::run(&docs),
    }
}
