//! Migrations: steps of schema and data, each versioned, checksummed, locked and in a transaction of its own, with a
//! condition that must hold afterwards.
//!
//! A step that was applied is never edited: its checksum is kept, and a program whose step differs refuses to start. A
//! program also refuses a schema with steps it does not know.
//!
//! **A new step:** append it to [`steps::STEPS`]. Expand, move, contract: it must work while the previous program still
//! runs.

mod data;
mod steps;

use std::collections::BTreeMap;
use std::fmt;

use gx_base::Clock;
use gx_types::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use sha2::{Digest, Sha256};

pub use self::steps::{STEPS, Step, StepKind};
use crate::connect::{Backend, Store};
use crate::error::StoreError;
use crate::sql::{for_backend, statement};

/// The version of the schema: the number of the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaVersion(pub u32);

impl fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The steps that were applied now, in order; empty when there was nothing to do.
    pub applied: Vec<AppliedStep>,
    /// The version of the schema now.
    pub version: SchemaVersion,
}

/// A step that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedStep {
    /// Its number.
    pub version: u32,
    /// Its name.
    pub name: &'static str,
    /// What a data step has to say about the rows it changed.
    pub notes: Vec<String>,
}

/// Why the schema is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Steps are missing: run `gx migrate`.
    #[error("the schema is at step {found} and this program needs step {needed}: run `gx migrate`")]
    Behind {
        /// Last step applied; 0 for an empty database.
        found: u32,
        /// Last step this program has.
        needed: u32,
    },
    /// A newer program has migrated the database.
    #[error("the database has step {version} ({name}), which this program does not know: use the program that made it")]
    Unknown {
        /// The unknown step.
        version: u32,
        /// Its name.
        name: String,
    },
    /// A step was edited after it had been applied.
    #[error("step {version} ({name}) was changed after it had been applied: its checksum is another one")]
    Altered {
        /// The step.
        version: u32,
        /// Its name in this program.
        name: &'static str,
    },
    /// The condition that must hold after a step does not. Nothing of the step was kept.
    #[error("step {version} ({name}) did not do what it must: {why}")]
    ConditionBroken {
        /// The step.
        version: u32,
        /// Its name.
        name: &'static str,
        /// What is wrong.
        why: String,
    },
}

impl Step {
    /// Identifies what the step does, whatever the database: SHA-256 over kind, name and text, in hexadecimal.
    #[must_use]
    pub fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.kind_name(), self.name, self.text()] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hex::encode(hash.finalize())
    }

    const fn kind_name(&self) -> &'static str {
        match self.kind {
            StepKind::Schema { .. } => "SCHEMA",
            StepKind::Data { .. } => "DATA",
        }
    }

    const fn text(&self) -> &'static str {
        match self.kind {
            StepKind::Schema { sql } => sql,
            StepKind::Data { revision, .. } => revision,
        }
    }
}

impl Store {
    /// Applies every missing step. Several programs may call it at once: one works, the others wait and find it done.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when the schema is newer or altered, or a step broke its condition;
    /// [`StoreError::Unavailable`] when the database cannot be used. Steps before the failing one are kept.
    pub async fn migrate(&self, clock: &dyn Clock) -> Result<MigrationReport, StoreError> {
        self.migrate_with(STEPS, clock).await
    }

    /// [`Store::migrate`] with other steps, for tests of the machinery.
    ///
    /// # Errors
    /// As [`Store::migrate`].
    pub async fn migrate_with(&self, steps: &'static [Step], clock: &dyn Clock) -> Result<MigrationReport, StoreError> {
        let tx = self.begin_locked().await?;
        tx.execute_unprepared(&for_backend(STEPS_TABLE, self.backend())).await?;
        tx.commit().await?;

        let mut applied = Vec::new();
        for step in steps {
            // Each look happens under the lock: another program may have applied the step meanwhile.
            let tx = self.begin_locked().await?;
            let found = applied_steps(&tx).await?;
            compare(&found, steps)?;
            if found.contains_key(&step.version) {
                tx.rollback().await?;
                continue;
            }
            let notes = apply(&tx, step, clock.now()).await?;
            tx.commit().await?;
            tracing::info!(step = step.version, name = step.name, "a migration step was applied");
            applied.push(AppliedStep { version: step.version, name: step.name, notes });
        }
        Ok(MigrationReport { applied, version: SchemaVersion(last_version(steps)) })
    }

    /// Looks whether the schema is exactly the one this program knows.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when it is not; [`StoreError::Unavailable`] when the database cannot be asked.
    pub async fn check_schema(&self) -> Result<SchemaVersion, StoreError> {
        self.check_schema_with(STEPS).await
    }

    /// [`Store::check_schema`] with other steps, for tests of the machinery.
    ///
    /// # Errors
    /// As [`Store::check_schema`].
    pub async fn check_schema_with(&self, steps: &'static [Step]) -> Result<SchemaVersion, StoreError> {
        let needed = last_version(steps);
        if !table_exists(self.read(), "schema_steps").await? {
            return Err(SchemaError::Behind { found: 0, needed }.into());
        }
        let found = applied_steps(self.read()).await?;
        compare(&found, steps)?;
        if found.len() < steps.len() {
            let last = found.keys().next_back().copied().unwrap_or(0);
            return Err(SchemaError::Behind { found: last, needed }.into());
        }
        Ok(SchemaVersion(needed))
    }

    /// A transaction that no other migrator can hold at the same time.
    async fn begin_locked(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = self.inner.write.begin_with_options(options).await?;
        if self.backend() == Backend::Postgres {
            // Held by this very connection until the transaction ends. Waiting for another program's step may take longer
            // than the usual limits.
            tx.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")).await?;
        }
        Ok(tx)
    }
}

/// «gx migrate» in ASCII, cut to eight bytes.
const ADVISORY_LOCK: i64 = 0x6778_206d_6967_7261;

const STEPS_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_steps (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('SCHEMA', 'DATA')),
    checksum TEXT NOT NULL,
    notes TEXT NOT NULL,
    applied_at BIGINT NOT NULL
) {strict};";

fn last_version(steps: &[Step]) -> u32 {
    steps.last().map_or(0, |step| step.version)
}

type Found = BTreeMap<u32, (String, String)>;

async fn applied_steps(connection: &impl ConnectionTrait) -> Result<Found, StoreError> {
    let rows = connection
        .query_all_raw(statement(
            connection,
            "SELECT version, name, checksum FROM schema_steps ORDER BY version",
            vec![],
        ))
        .await?;
    rows.iter()
        .map(|row| {
            let version: i64 = row.try_get("", "version")?;
            let version = u32::try_from(version).map_err(|_| StoreError::Corrupt(format!("schema step {version}")))?;
            Ok((version, (row.try_get("", "name")?, row.try_get("", "checksum")?)))
        })
        .collect()
}

fn compare(found: &Found, steps: &'static [Step]) -> Result<(), SchemaError> {
    for (version, (name, checksum)) in found {
        match steps.iter().find(|step| step.version == *version) {
            None => return Err(SchemaError::Unknown { version: *version, name: name.clone() }),
            Some(step) if step.checksum() != *checksum => {
                return Err(SchemaError::Altered { version: *version, name: step.name });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn apply(tx: &DatabaseTransaction, step: &Step, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let notes = match step.kind {
        StepKind::Schema { sql } => {
            tx.execute_unprepared(&for_backend(sql, Backend::of(tx))).await?;
            Vec::new()
        }
        StepKind::Data { apply, .. } => apply(tx, now).await?,
    };
    let condition = match step.kind {
        StepKind::Schema { sql } => tables_exist(tx, sql).await?,
        StepKind::Data { holds, .. } => holds(tx).await?,
    };
    if let Err(why) = condition {
        return Err(SchemaError::ConditionBroken { version: step.version, name: step.name, why }.into());
    }
    let values = vec![
        i64::from(step.version).into(),
        step.name.into(),
        step.kind_name().into(),
        step.checksum().into(),
        serde_json::Value::from(notes.clone()).to_string().into(),
        now.micros().into(),
    ];
    let insert =
        "INSERT INTO schema_steps (version, name, kind, checksum, notes, applied_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute_raw(statement(tx, insert, values)).await?;
    Ok(notes)
}

/// The condition of every schema step: each table it makes is there.
async fn tables_exist(tx: &DatabaseTransaction, sql: &str) -> Result<Result<(), String>, StoreError> {
    for table in sql.split("CREATE TABLE ").skip(1).filter_map(|rest| rest.split_whitespace().next()) {
        if !table_exists(tx, table).await? {
            return Ok(Err(format!("there is no table {table}")));
        }
    }
    Ok(Ok(()))
}

pub(crate) async fn table_exists(connection: &impl ConnectionTrait, table: &str) -> Result<bool, StoreError> {
    let sql = match Backend::of(connection) {
        Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1",
        Backend::Postgres => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1"
        }
    };
    Ok(connection.query_one_raw(statement(connection, sql, vec![table.into()])).await?.is_some())
}
