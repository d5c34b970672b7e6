//! `gx projector`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use gx_base::{Clock, SystemClock};
use gx_projector::rebuild;
use gx_store::{Store, StoreOptions};

use crate::args::{Place, ProjectorCommand};
use crate::migrate::settings_of;
use crate::place::Home;

/// Runs a command of `gx projector`.
///
/// # Errors
/// When ledger or database cannot be opened.
pub async fn run(command: ProjectorCommand) -> Result<ExitCode> {
    match command {
        ProjectorCommand::Rebuild { place, compare: _ } => compare(&place).await,
    }
}

/// Derives the read model anew beside the live one, compares, and leaves the live one as it is.
async fn compare(place: &Place) -> Result<ExitCode> {
    let settings = settings_of(place)?;
    gx_platform::logging::install(&settings.log_level, settings.log_format);
    let opened = crate::ledger::open(place).await?;
    let url = settings.database_url.expose();
    let store = Store::connect(url, StoreOptions::default()).await?;
    gx_platform::environment::check_database(&store, settings.env).await?;
    store.check_schema().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let scratch = Home::existing(place)?.folder().join("run");
    let report = rebuild::rebuild_and_compare(opened.ledger(), &store, url, &scratch, &clock).await?;
    for table in &report.tables {
        println!("{:<24} {:>9} rows", table.table, table.rows);
    }
    store.close().await?;
    opened.close()?;
    if report.is_clean() {
        println!("The read model equals its rebuild up to block {}, and every sum holds.", report.last_block);
        return Ok(ExitCode::SUCCESS);
    }
    for fault in report.faults() {
        println!("{fault}");
    }
    Ok(ExitCode::FAILURE)
}
