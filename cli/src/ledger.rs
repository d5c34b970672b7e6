//! `gx ledger`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use futures::StreamExt;
use gx_base::{SystemClock, SystemEntropy};
use gx_ledger::{EmbeddedLedger, EmbeddedOptions, Ledger, LedgerError};

use crate::args::{LedgerCommand, Place};
use crate::place::Home;

/// Blocks between two words of progress.
const PROGRESS_EVERY: u64 = 10_000;

/// Runs a command of `gx ledger`.
///
/// # Errors
/// When the ledger cannot be opened; damage is told and ends with 1.
pub async fn run(command: LedgerCommand) -> Result<ExitCode> {
    match command {
        LedgerCommand::Verify { place } => match verify(&place) {
            // Another process holds it: what its Gateway endpoint shows can still be verified.
            Err(error) if is_locked(&error) => match over_gateway(&place).await {
                Ok(code) => Ok(code),
                Err(unreachable) => {
                    Err(error.context(format!("and its Gateway endpoint does not help: {unreachable:#}")))
                }
            },
            verified => verified,
        },
    }
}

/// The embedded ledger of a place, which no other process may hold.
///
/// # Errors
/// When there is none, it is damaged, or another process holds it.
pub fn open(place: &Place) -> Result<EmbeddedLedger> {
    let home = Home::existing(place)?;
    anyhow::ensure!(home.ledger().is_dir(), "there is no embedded ledger in {}", home.folder().display());
    EmbeddedLedger::open(&home.ledger(), EmbeddedOptions::of(place.env), Arc::new(SystemClock), Arc::new(SystemEntropy))
        .map_err(|error| match error {
            error @ LedgerError::Locked { .. } => anyhow::Error::from(error).context("stop `gx up` first"),
            other => other.into(),
        })
        .with_context(|| home.ledger().display().to_string())
}

fn is_locked(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref::<LedgerError>(), Some(LedgerError::Locked { .. })))
}

/// Walks the chain as the Gateway endpoint of the running ledger shows it: numbers, previous hashes, data hashes.
async fn over_gateway(place: &Place) -> Result<ExitCode> {
    let started = Instant::now();
    let ledger = crate::connection::ledger(&Home::existing(place)?.fabric())?;
    let info = ledger.info().await?;
    let mut blocks = ledger.blocks(0);
    let (mut transactions, mut valid) = (0_u64, 0_u64);
    for number in 0..=info.height {
        let block = blocks.next().await.with_context(|| format!("the stream ended before block {number}"))??;
        transactions += block.transactions.len() as u64;
        valid += block.transactions.iter().filter(|tx| tx.is_valid()).count() as u64;
    }
    println!(
        "The chain verifies as its Gateway endpoint shows it: {} blocks, {transactions} transactions ({valid} valid), {} ms. \
         The state is compared when the ledger is stopped.",
        info.height + 1,
        started.elapsed().as_millis()
    );
    Ok(ExitCode::SUCCESS)
}

fn verify(place: &Place) -> Result<ExitCode> {
    let started = Instant::now();
    let verified = open(place).and_then(|ledger| {
        Ok(ledger.verify(|block| {
            if block > 0 && block.is_multiple_of(PROGRESS_EVERY) {
                eprintln!("block {block} …");
            }
        })?)
    });
    match verified {
        // Nothing has been looked at: that says nothing about the chain.
        Err(error) if !is_damage(&error) => Err(error),
        Ok(verified) => {
            println!(
                "The chain verifies: {} blocks, {} transactions ({} valid), {} keys of the state compared, {} ms.",
                verified.height + 1,
                verified.transactions,
                verified.valid,
                verified.keys,
                started.elapsed().as_millis()
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            println!("The chain does not verify: {error:#}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn is_damage(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(LedgerError::Damaged { .. }))
}
