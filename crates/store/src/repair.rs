//! Repair of what an older build got wrong about people: document hashes that are none, and registrations that failed
//! without telling anybody.
//!
//! It never invents data. A hash that is not exactly 64 lower-case hexadecimal characters is taken away, not «corrected»:
//! what it was made from is not known. A registration that cannot succeed becomes DENIED with its reason, so that the
//! person may hand in again. People whom the ledger has registered keep their state: the ledger has the true hash.
//!
//! [`plan`] only looks (`gx repair users --dry-run`); [`apply`] does what it would say, in the caller's transaction. Both
//! run as a data step of the migration once, and whenever an operator asks. Doing it twice changes nothing more.

use std::collections::BTreeMap;
use std::fmt;

use gx_types::{GxId, OnchainStatus, OutboxState, PersonState, PersonStatus, ProfileId, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::col::{Col, Stored};
use crate::connect::Backend;
use crate::error::StoreError;
use crate::refusal;
use crate::sql::statement;

/// What is wrong with a person's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The document hash is none.
    HashInvalid,
    /// The registration was refused by the ledger, and the person still waits for it.
    RegistrationRefused {
        /// The refusal.
        code: String,
    },
    /// The person waits for a registration that was never sent.
    RegistrationNeverSent,
}

/// One repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// Whose row.
    pub profile_id: ProfileId,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Whether the hash is taken away.
    pub clears_hash: bool,
    /// Whether the registration is denied, so that the person may hand in again.
    pub denies: Option<Denial>,
}

/// What the person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Stable code.
    pub code: String,
    /// A sentence.
    pub reason: String,
}

impl fmt::Display for Repair {
    /// One line without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.profile_id)?;
        for (number, finding) in self.findings.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            match finding {
                Finding::HashInvalid => write!(f, "{separator}the document hash is none")?,
                Finding::RegistrationRefused { code } => write!(f, "{separator}the registration was refused ({code})")?,
                Finding::RegistrationNeverSent => write!(f, "{separator}the registration was never sent")?,
            }
        }
        f.write_str(" →")?;
        if self.clears_hash {
            f.write_str(" take the hash away")?;
        }
        match &self.denies {
            Some(denial) if self.clears_hash => write!(f, "; deny the registration ({})", denial.code),
            Some(denial) => write!(f, " deny the registration ({})", denial.code),
            None if self.clears_hash => f.write_str("; the ledger keeps the true one"),
            None => Ok(()),
        }
    }
}

/// What would be done, in the order of the people's ids.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn plan(connection: &impl ConnectionTrait) -> Result<Vec<Repair>, StoreError> {
    let mut repairs = Vec::new();
    let registrations = registrations(connection).await?;
    for row in suspects(connection).await? {
        let suspect = Suspect::read(&row)?;
        repairs.extend(suspect.repair(&registrations));
    }
    Ok(repairs)
}

/// Does what [`plan`] says, and returns it.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing is kept then.
pub async fn apply(tx: &impl ConnectionTrait, now: Timestamp) -> Result<Vec<Repair>, StoreError> {
    let repairs = plan(tx).await?;
    for repair in &repairs {
        if repair.clears_hash {
            let sql = "UPDATE user_profiles SET biometric_hash = NULL, updated_at = $2 WHERE profile_id = $1";
            let values = vec![repair.profile_id.to_raw().into(), now.to_raw().into()];
            tx.execute_raw(statement(tx, sql, values)).await?;
        }
        if let Some(denial) = &repair.denies {
            refusal::deny_registration(tx, repair.profile_id, &denial.code, &denial.reason, now).await?;
        }
    }
    Ok(repairs)
}

/// Where a hash is no hash, in the words of each database.
fn hash_is_none(connection: &impl ConnectionTrait) -> &'static str {
    match Backend::of(connection) {
        Backend::Sqlite => "(length(biometric_hash) <> 64 OR biometric_hash GLOB '*[^0-9a-f]*')",
        Backend::Postgres => "biometric_hash !~ '^[0-9a-f]{64}$'",
    }
}

/// Rows that may need a repair. Read as they are: their hashes would not pass the entity.
async fn suspects(connection: &impl ConnectionTrait) -> Result<Vec<QueryResult>, StoreError> {
    let none = hash_is_none(connection);
    let sql = format!(
        "SELECT profile_id, status, onchain_status, gx_id, \
         CASE WHEN biometric_hash IS NOT NULL AND {none} THEN 1 ELSE 0 END AS hash_is_none \
         FROM user_profiles WHERE (biometric_hash IS NOT NULL AND {none}) \
         OR (status = 'APPROVED_PENDING_ONCHAIN' AND onchain_status = 'PENDING') ORDER BY profile_id"
    );
    Ok(connection.query_all_raw(statement(connection, sql, vec![])).await?)
}

/// State and error code of the newest registration command of each GX id that waits for one.
async fn registrations(
    connection: &impl ConnectionTrait,
) -> Result<BTreeMap<String, (OutboxState, Option<String>)>, StoreError> {
    let sql = "SELECT o.ordering_key, o.state, o.error_code FROM outbox_commands o
               JOIN user_profiles p ON p.gx_id = o.ordering_key
               WHERE o.command_type = 'CREATE_USER' AND p.status = 'APPROVED_PENDING_ONCHAIN' ORDER BY o.position";
    let mut newest = BTreeMap::new();
    for row in connection.query_all_raw(statement(connection, sql, vec![])).await? {
        let state = row.try_get::<Col<OutboxState>>("", "state")?.0;
        newest.insert(row.try_get("", "ordering_key")?, (state, row.try_get("", "error_code")?));
    }
    Ok(newest)
}

struct Suspect {
    profile_id: ProfileId,
    state: PersonState,
    gx_id: Option<GxId>,
    hash_is_none: bool,
}

impl Suspect {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        Ok(Self {
            profile_id: row.try_get::<Col<ProfileId>>("", "profile_id")?.0,
            state: PersonState {
                status: row.try_get::<Col<PersonStatus>>("", "status")?.0,
                onchain: row.try_get::<Col<OnchainStatus>>("", "onchain_status")?.0,
            },
            gx_id: row.try_get::<Option<Col<GxId>>>("", "gx_id")?.map(|gx_id| gx_id.0),
            hash_is_none: row.try_get::<i32>("", "hash_is_none")? == 1,
        })
    }

    fn repair(&self, registrations: &BTreeMap<String, (OutboxState, Option<String>)>) -> Option<Repair> {
        let mut findings = Vec::new();
        let mut denies = None;
        let waits =
            self.state.status == PersonStatus::ApprovedPendingOnchain && self.state.onchain == OnchainStatus::Pending;
        if self.hash_is_none {
            findings.push(Finding::HashInvalid);
        }
        if waits {
            let registration = self.gx_id.and_then(|gx_id| registrations.get(&gx_id.to_string()));
            match registration {
                Some((OutboxState::Failed, code)) => {
                    let code = code.clone().unwrap_or_else(|| "COMMAND_REFUSED".to_owned());
                    denies = Some(Denial {
                        reason: gx_contracts::RefusalCode::parse(&code)
                            .map_or("The ledger refused the registration.", gx_contracts::RefusalCode::meaning)
                            .to_owned(),
                        code: code.clone(),
                    });
                    findings.push(Finding::RegistrationRefused { code });
                }
                None => {
                    denies = Some(Denial {
                        code: "REGISTRATION_NOT_SENT".to_owned(),
                        reason: "The registration could not be completed. Please hand in your documents again."
                            .to_owned(),
                    });
                    findings.push(Finding::RegistrationNeverSent);
                }
                // On its way, settled, or a dead letter that an administrator replays.
                Some(_) => {}
            }
        }
        if findings.is_empty() {
            return None;
        }
        Some(Repair { profile_id: self.profile_id, findings, clears_hash: self.hash_is_none, denies })
    }
}
