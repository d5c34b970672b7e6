//! `gx ledger`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::StreamExt;
use gx_base::{SystemClock, SystemEntropy};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger, LedgerError};
use gx_types::Sha256Hex;

use crate::args::{LedgerCommand, Place};
use crate::connection::{self, Outside, Use};
use crate::migrate::settings_of;
use crate::{admin, belonging, place::Home};

/// Blocks between two words of progress.
const PROGRESS_EVERY: u64 = 10_000;

/// The file by which a folder with connection material is known.
const ENDPOINTS_FILE: &str = "endpoints.json";

/// What to do about a ledger that is held by somebody who cannot be asked; why stands behind it.
const BUSY: &str = "stop `gx up` first, or start it with --fabric-gateway to ask the ledger while it runs";

/// Longest wait until the first commands are settled and projected, by whoever runs the workers.
const BOOTSTRAP_LIMIT: Duration = Duration::from_secs(600);

/// Runs a command of `gx ledger`.
///
/// # Errors
/// When the ledger cannot be opened; damage is told and ends with 1.
pub async fn run(command: LedgerCommand) -> Result<ExitCode> {
    match command {
        LedgerCommand::Verify { place } => match open(&place).await? {
            Opened::Embedded(ledger) => {
                // A database out of reach says nothing against the chain.
                let bound = match settings_of(&place) {
                    Ok(settings) => belonging::bound_to(&settings).await,
                    Err(error) => Err(error),
                };
                verify(&ledger, bound).await
            }
            Opened::Outside(outside) => over_gateway(&outside).await,
        },
        LedgerCommand::Bootstrap { place } => bootstrap(&place).await,
    }
}

/// The ledger of a place, whoever holds it.
pub enum Opened {
    /// Embedded, and held by this process now.
    Embedded(EmbeddedLedger),
    /// Reached over Fabric's Gateway.
    Outside(Box<Outside>),
}

impl Opened {
    /// The ledger.
    pub fn ledger(&self) -> &dyn Ledger {
        match self {
            Self::Embedded(ledger) => ledger,
            Self::Outside(outside) => outside.ledger.as_ref(),
        }
    }

    /// Lets go of it.
    ///
    /// # Errors
    /// When the embedded ledger could not write its state.
    pub fn close(self) -> Result<()> {
        match self {
            Self::Embedded(ledger) => Ok(ledger.close()?),
            Self::Outside(_) => Ok(()),
        }
    }
}

/// The ledger that the settings name, else the embedded one of the place; where another process holds that one, it is
/// reached through that process's Gateway endpoint.
///
/// # Errors
/// When there is none, it is damaged, or another process holds it and has no Gateway endpoint.
pub async fn open(place: &Place) -> Result<Opened> {
    if let Some(outside) = connection::outside(&connection::of_process, Use::Reads)? {
        return Ok(Opened::Outside(Box::new(outside)));
    }
    let home = Home::existing(place)?;
    let options = EmbeddedOptions::of(place.env);
    let found = EmbeddedLedger::look(&home.ledger(), &options).with_context(|| home.ledger().display().to_string())?;
    anyhow::ensure!(found.is_some(), "there is no embedded ledger in {}", home.folder().display());
    let opened = EmbeddedLedger::open(&home.ledger(), options, Arc::new(SystemClock), Arc::new(SystemEntropy));
    match opened {
        Ok(ledger) => Ok(Opened::Embedded(ledger)),
        Err(locked @ LedgerError::Locked { .. }) => {
            // Whoever holds it may have opened its Gateway endpoint.
            let holder = anyhow::Error::from(locked);
            if !home.fabric().join(ENDPOINTS_FILE).exists() {
                return Err(holder.context(BUSY));
            }
            let asked = match connection::in_folder(&home.fabric(), &connection::of_process) {
                Ok(outside) => match outside.ledger.info().await {
                    Ok(_) => return Ok(Opened::Outside(Box::new(outside))),
                    Err(error) => anyhow::Error::from(error),
                },
                Err(error) => error,
            };
            Err(holder.context(format!("its Gateway endpoint was asked instead: {asked:#}")).context(BUSY))
        }
        Err(error) => Err(error).with_context(|| home.ledger().display().to_string()),
    }
}

/// Asks for the first commands and waits until the workers have brought them to the ledger and back.
async fn bootstrap(place: &Place) -> Result<ExitCode> {
    let app = admin::app_of(place).await?;
    gx_ops::bootstrap(&app, BOOTSTRAP_LIMIT).await?;
    println!("The ledger has its parameters, pools and countries, and the read model shows them.");
    app.store().close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Walks the chain as a gateway shows it: numbers, previous hashes, data hashes.
async fn over_gateway(outside: &Outside) -> Result<ExitCode> {
    let (started, ledger) = (Instant::now(), &outside.ledger);
    let info = ledger.info().await?;
    let mut blocks = ledger.blocks(0);
    let (mut transactions, mut valid) = (0_u64, 0_u64);
    for number in 0..=info.height {
        let block = blocks.next().await.with_context(|| format!("the stream ended before block {number}"))??;
        transactions += block.transactions.len() as u64;
        valid += block.transactions.iter().filter(|tx| tx.is_valid()).count() as u64;
    }
    println!(
        "The chain verifies as its Gateway endpoint shows it: {} blocks, {transactions} transactions ({valid} valid), {} ms; \
         {}. The state of an embedded ledger is compared when it is stopped.",
        info.height + 1,
        started.elapsed().as_millis(),
        outside.place
    );
    Ok(ExitCode::SUCCESS)
}

async fn verify(ledger: &EmbeddedLedger, bound: Result<Option<Sha256Hex>>) -> Result<ExitCode> {
    let fingerprint = ledger.info().await?.fingerprint;
    let started = Instant::now();
    let verified = ledger.verify(|block| {
        if block > 0 && block.is_multiple_of(PROGRESS_EVERY) {
            eprintln!("block {block} …");
        }
    });
    match verified {
        Ok(verified) => {
            println!(
                "The chain verifies: {} blocks, {} transactions ({} valid), {} keys of the state compared, {} ms.",
                verified.height + 1,
                verified.transactions,
                verified.valid,
                verified.keys,
                started.elapsed().as_millis()
            );
            match bound {
                Ok(bound) if bound.is_none_or(|bound| bound == fingerprint) => Ok(ExitCode::SUCCESS),
                Err(error) => {
                    println!("Whether it is the ledger of this environment could not be looked up: {error:#}");
                    Ok(ExitCode::SUCCESS)
                }
                Ok(bound) => {
                    let bound = bound.map(|bound| bound.to_string()).unwrap_or_default();
                    println!(
                        "It is not the ledger of this environment: the database belongs to the ledger {bound}, and this \
                         is {fingerprint}."
                    );
                    Ok(ExitCode::FAILURE)
                }
            }
        }
        Err(error @ LedgerError::Damaged { .. }) => {
            println!("The chain does not verify: {error}");
            Ok(ExitCode::FAILURE)
        }
        // Nothing has been looked at: that says nothing about the chain.
        Err(error) => Err(error.into()),
    }
}
