//! `gx migrate`.

use std::process::ExitCode;

use anyhow::Result;
use gx_base::{Clock, SystemClock};
use gx_platform::{Settings, environment};
use gx_store::{Store, StoreOptions};

use crate::args::{Migrate, Place};
use crate::place::Home;

/// Brings the schema to this build's, or says what would be done.
///
/// # Errors
/// When the database is out of reach, or its schema is one that this build does not know.
pub async fn run(migrate: Migrate) -> Result<ExitCode> {
    if migrate.check {
        let store = store_of(&migrate.place).await?;
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
    let settings = Home::open(&migrate.place)?.settings(crate::place::WALLET_PORT)?;
    let store = Store::connect(settings.database_url.expose(), StoreOptions::default()).await?;
    // Before the schema is touched, and again for a database that had no name yet.
    environment::check_database(&store, settings.env).await?;
    let report = store.migrate(&SystemClock).await?;
    environment::claim_database(&store, settings.env, SystemClock.now()).await?;
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

/// The database of a place that has been used before, with no schema asked for.
///
/// # Errors
/// When there is no such place, settings are missing, or the database is out of reach or another environment's.
pub async fn store_of(place: &Place) -> Result<Store> {
    let settings = settings_of(place)?;
    let store = Store::connect(settings.database_url.expose(), StoreOptions::default()).await?;
    environment::check_database(&store, settings.env).await?;
    Ok(store)
}

/// The settings of a place that has been used before, for commands that serve nothing.
///
/// # Errors
/// When there is no such place, or settings are missing or cannot be read.
pub fn settings_of(place: &Place) -> Result<Settings> {
    Home::existing(place)?.settings(crate::place::WALLET_PORT)
}
