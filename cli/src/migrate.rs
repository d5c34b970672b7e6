//! `gx migrate`.

use std::process::ExitCode;

use anyhow::Result;
use gx_base::SystemClock;
use gx_platform::Settings;
use gx_store::{Store, StoreOptions};

use crate::args::{Migrate, Place};
use crate::place::Home;

/// Brings the schema to this build's, or says what would be done.
///
/// # Errors
/// When the database is out of reach, or its schema is one that this build does not know.
pub async fn run(migrate: Migrate) -> Result<ExitCode> {
    let store = store_of(&migrate.place).await?;
    if migrate.check {
        return Ok(match store.check_schema().await {
            Ok(version) => {
                println!("The schema is at step {}; nothing to do.", version.0);
                ExitCode::SUCCESS
            }
            Err(error) => {
                println!("{error}");
                ExitCode::FAILURE
            }
        });
    }
    let report = store.migrate(&SystemClock).await?;
    for step in &report.applied {
        println!("applied step {}: {}", step.version, step.name);
        for note in &step.notes {
            println!("  {note}");
        }
    }
    println!("The schema is at step {}.", report.version.0);
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// The database of a place, with no schema asked for.
///
/// # Errors
/// When settings are missing or the database is out of reach.
pub async fn store_of(place: &Place) -> Result<Store> {
    let settings = settings_of(place)?;
    Ok(Store::connect(settings.database_url.expose(), StoreOptions::default()).await?)
}

/// The settings of a place, for commands that serve nothing.
///
/// # Errors
/// When settings are missing or cannot be read.
pub fn settings_of(place: &Place) -> Result<Settings> {
    Home::open(place)?.settings(crate::place::WALLET_PORT)
}
