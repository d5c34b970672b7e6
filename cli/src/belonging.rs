//! Whether the database of a place and the ledger in its folder belong together.
//!
//! Either may be lost or put back alone: a file deleted, a backup of one of them, a folder of another machine. Then the
//! platform does not begin a second half of its own beside the one that is left: it says what is missing.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Found};
use gx_platform::Settings;
use gx_store::repo::ledger_binding;
use gx_store::{Store, StoreOptions};
use gx_types::Sha256Hex;

use crate::place::Home;

/// The file of an SQLite database; `None` for a server.
fn file_of(settings: &Settings) -> Option<PathBuf> {
    let path = settings.database_url.expose().strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path).split('?').next()?))
}

/// The ledger that the database of a place is bound to; `None` where no ledger was ever bound. Makes no database.
///
/// # Errors
/// When the database is out of reach.
pub async fn bound_to(settings: &Settings) -> Result<Option<Sha256Hex>> {
    if file_of(settings).is_some_and(|file| !file.exists()) {
        return Ok(None);
    }
    let store =
        Store::connect(settings.database_url.expose(), StoreOptions::default()).await.context("the database")?;
    let bound = ledger_binding::bound_to(store.read()).await.context("the database")?;
    store.close().await?;
    Ok(bound)
}

/// Where the database is, for people; a server's address may hold a password and is not shown.
fn place_of(settings: &Settings) -> String {
    file_of(settings).map_or_else(|| "the database".to_owned(), |file| format!("the database {}", file.display()))
}

/// Makes sure, before anything is made, that database and embedded ledger belong together or are both new. `has_workers`:
/// whether this process carries commands and blocks between the two; one that only holds the ledger may have a database
/// that knows nothing of it.
///
/// # Errors
/// When one of them is missing or another's, saying what to do.
pub async fn check(home: &Home, settings: &Settings, has_workers: bool) -> Result<()> {
    let options = EmbeddedOptions::of(settings.env);
    let found = EmbeddedLedger::look(&home.ledger(), &options).context("the ledger")?;
    let bound = bound_to(settings).await?;
    let (ledger, database) = (home.ledger().display().to_string(), place_of(settings));
    match (found, bound) {
        (None, Some(bound)) => bail!(
            "{database} belongs to the ledger {bound}, and there is no ledger in {ledger}: put that folder back from a \
             backup; a new platform begins with an empty folder (--data) and an empty database"
        ),
        (Some(Found { fingerprint, .. }), Some(bound)) if fingerprint != bound => bail!(
            "{database} belongs to the ledger {bound}, and the one in {ledger} is {fingerprint}: put back the ledger or \
             the database that it belongs to, both of one backup; or name the right folder (--data)"
        ),
        (Some(Found { fingerprint, has_more: true }), None) if has_workers => bail!(
            "the ledger in {ledger} ({fingerprint}) has blocks, and {database} has never seen it: people and their \
             accounts are missing. Put the database back from a backup, or check DATABASE_URL; a new platform begins with \
             an empty folder (--data)"
        ),
        _ => Ok(()),
    }
}
