//! The proof by repetition: the projected tables rebuilt from block 0 in a scratch database, and compared with the live
//! ones column by column; and the proof by sums, that money is conserved and people's rows agree with the ledger's.
//!
//! Live, only these are compared: the tables and columns of [`gx_store::projection::compare::COMPARED`]. What people made
//! themselves (profiles, requests) is not in the ledger; its agreement with the ledger is checked by the rules of
//! [`gx_store::projection::check`].

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use gx_base::Clock;
use gx_ledger::{Block, Ledger, LedgerError};
use gx_store::projection::check::{self, Findings};
use gx_store::projection::checkpoint::{self, Lease};
use gx_store::projection::compare::{self, TableComparison};
use gx_store::sea_orm::{AccessMode, ConnectionTrait, DatabaseTransaction, DbErr, IsolationLevel, TransactionTrait};
use gx_store::{Backend, Store, StoreError, StoreOptions};

use crate::apply::{Batch, NotApplied, apply};
use crate::projector::PROJECTOR;

/// Transactions applied in one go; nobody else waits for the scratch database.
const BATCH_TRANSACTIONS: usize = 2_000;

/// Why a rebuild could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// A database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger's own blocks do not fit together.
    #[error("the rebuild stands before block {block}: {reason}")]
    Halted {
        /// Which block.
        block: u64,
        /// Why.
        reason: String,
    },
    /// The live read model was never written.
    #[error("there is no read model to compare with: the projector has not applied a block yet")]
    NothingProjected,
    /// The scratch folder.
    #[error("the scratch database could not be made: {0}")]
    Scratch(String),
}

impl From<DbErr> for RebuildError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildReport {
    /// The last block that both read models contain.
    pub last_block: u64,
    /// Table by table.
    pub tables: Vec<TableComparison>,
    /// Sums and rules over the live read model.
    pub live: Findings,
    /// Sums and rules over the rebuilt one.
    pub rebuilt: Findings,
}

impl RebuildReport {
    /// Whether everything is equal and everything holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults().next().is_none()
    }

    /// Everything that is wrong, a sentence each.
    pub fn faults(&self) -> impl Iterator<Item = String> + '_ {
        let differences = self.tables.iter().flat_map(|table| table.differences.iter().cloned());
        let live = self.live.faults.iter().map(|fault| format!("live: {fault}"));
        let rebuilt = self.rebuilt.faults.iter().map(|fault| format!("rebuilt: {fault}"));
        differences.chain(live).chain(rebuilt)
    }
}

/// Rebuilds the read model into a scratch database beside the live one and compares the two as of one moment. The live
/// projector goes on meanwhile. `url` is the live database's; `scratch` is a folder for an SQLite scratch file.
///
/// # Errors
/// [`RebuildError`] when ledger or databases fail, or the blocks do not fit together.
pub async fn rebuild_and_compare(
    ledger: &dyn Ledger,
    live: &Store,
    url: &str,
    scratch: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<RebuildReport, RebuildError> {
    // Everything live is read as of here.
    let moment = snapshot(live).await?;
    let row = checkpoint::read(&moment, PROJECTOR).await?;
    let next = row.and_then(|row| u64::try_from(row.next_block).ok()).unwrap_or(0);
    let last_block = next.checked_sub(1).ok_or(RebuildError::NothingProjected)?;

    let place = Scratch::make(live, url, scratch).await?;
    let compared = async {
        place.store.migrate(&**clock).await?;
        rebuild(ledger, &place.store, last_block, &**clock).await?;
        Ok(RebuildReport {
            last_block,
            tables: compare::compare(&moment, place.store.read()).await?,
            live: check::check(&moment).await?,
            rebuilt: check::check(place.store.read()).await?,
        })
    }
    .await;
    moment.rollback().await?;
    place.remove(live).await?;
    compared
}

/// Projects the blocks 0 to `last_block` into an empty, migrated database.
///
/// # Errors
/// [`RebuildError`] when ledger or database fail, or a block does not fit.
pub async fn rebuild(
    ledger: &dyn Ledger,
    store: &Store,
    last_block: u64,
    clock: &dyn Clock,
) -> Result<(), RebuildError> {
    let owner = "rebuild";
    let now = clock.now();
    let for_ever = gx_types::Timestamp::from_micros(i64::MAX);
    let row = store
        .write(move |tx| Box::pin(async move { checkpoint::take(tx, PROJECTOR, owner, now, for_ever).await }))
        .await?;
    let fence = row.map_or(0, |row| row.fence);
    let lease = Lease { projector: PROJECTOR.to_owned(), owner: owner.to_owned(), fence };

    let mut blocks = ledger.blocks(0);
    let mut batch: Vec<Arc<Block>> = Vec::new();
    let mut transactions = 0;
    while let Some(block) = blocks.next().await {
        let block = block?;
        let is_last = block.number >= last_block;
        transactions += block.transactions.len();
        batch.push(block);
        if is_last || transactions >= BATCH_TRANSACTIONS {
            let ready = Batch { blocks: std::mem::take(&mut batch), lease: lease.clone(), now, lease_until: for_ever };
            transactions = 0;
            apply(store, ready).await.map_err(|error| match error {
                NotApplied::Store(error) => RebuildError::Store(error),
                NotApplied::Halted(halt) => RebuildError::Halted { block: halt.stop.block, reason: halt.stop.reason },
                NotApplied::LostLease | NotApplied::Overtaken | NotApplied::Undone => {
                    RebuildError::Scratch("somebody else writes into it".to_owned())
                }
            })?;
        }
        if is_last {
            return Ok(());
        }
    }
    Err(RebuildError::Ledger(LedgerError::Closed))
}

/// Sums and rules over a read model, on demand.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub async fn check_now(store: &Store) -> Result<Findings, StoreError> {
    let moment = snapshot(store).await?;
    let findings = check::check(&moment).await?;
    moment.rollback().await?;
    Ok(findings)
}

/// Everything read in it is of one moment.
async fn snapshot(store: &Store) -> Result<DatabaseTransaction, StoreError> {
    // On SQLite a reading transaction is a snapshot by itself.
    let isolation = match store.backend() {
        Backend::Postgres => (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)),
        Backend::Sqlite => (None, None),
    };
    Ok(store.read().begin_with_config(isolation.0, isolation.1).await?)
}

/// A database for one rebuild: a file of its own, or a schema of its own beside the live tables.
struct Scratch {
    store: Store,
    place: Place,
}

enum Place {
    Folder(std::path::PathBuf),
    Schema(String),
}

impl Scratch {
    async fn make(live: &Store, url: &str, folder: &Path) -> Result<Self, RebuildError> {
        let name = format!("gx_rebuild_{}", std::process::id());
        match live.backend() {
            Backend::Sqlite => {
                let folder = folder.join(&name);
                let broken = |error: std::io::Error| RebuildError::Scratch(format!("{}: {error}", folder.display()));
                match std::fs::remove_dir_all(&folder) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(broken(error)),
                    _ => {}
                }
                std::fs::create_dir_all(&folder).map_err(broken)?;
                let url = format!("sqlite://{}/rebuilt.db", folder.display());
                let store = Store::connect(&url, StoreOptions::default()).await?;
                Ok(Self { store, place: Place::Folder(folder) })
            }
            Backend::Postgres => {
                let sql = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
                execute(live, sql).await?;
                let joint = if url.contains('?') { '&' } else { '?' };
                let url = format!("{url}{joint}options=-c%20search_path%3D{name}");
                let store = Store::connect(&url, StoreOptions::default()).await?;
                Ok(Self { store, place: Place::Schema(name) })
            }
        }
    }

    async fn remove(self, live: &Store) -> Result<(), RebuildError> {
        self.store.close().await?;
        match self.place {
            Place::Folder(folder) => std::fs::remove_dir_all(&folder)
                .map_err(|error| RebuildError::Scratch(format!("{}: {error}", folder.display()))),
            Place::Schema(name) => Ok(execute(live, format!("DROP SCHEMA {name} CASCADE")).await?),
        }
    }
}

async fn execute(store: &Store, sql: String) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            let sql = sql.clone();
            Box::pin(async move {
                tx.execute_unprepared(&sql).await?;
                Ok(())
            })
        })
        .await
}
