//! The audit chain: every privileged and every security event, in one table that only grows.
//!
//! [`append`] goes into the transaction of what it tells of: both are kept or neither. Each entry is hashed together with
//! the hash of the one before, over the very bytes that are stored ([`chain`]), so that an entry which was changed, taken
//! out or moved is found and named. On PostgreSQL the row `audit_head` is held until the transaction ends, on SQLite
//! there is one writer anyway: the order of the chain is the order of the commits.
//!
//! **Where to append:** last in a transaction, because whoever appends next waits for it to end. Facts are short texts:
//! states, roles, ids, figures. No names, addresses, documents' numbers, passwords, codes.

mod chain;
mod read;

use std::collections::BTreeMap;

use gx_types::{Actor, AuditEvent, AuditObject, CorrelationId, Timestamp};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};

pub use self::chain::{ChainCheck, ChainFault, EntryBody, GENESIS, Head, Link, MAX_FAULTS, entry_hash};
pub use self::read::{AuditFilter, check, find, head, list, range};
pub use crate::entity::audit_events::Model as AuditRow;

use crate::col::Col;
use crate::entity::{audit_events, audit_head};
use crate::error::StoreError;

/// Facts about an object, by name.
pub type Facts = BTreeMap<String, String>;

/// What is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What happened.
    pub event: AuditEvent,
    /// Who did it.
    pub actor: Actor,
    /// To what.
    pub object: AuditObject,
    /// What was so before.
    pub before: Facts,
    /// What is so now, or was asked for.
    pub after: Facts,
    /// The request it happened in.
    pub correlation_id: CorrelationId,
    /// When.
    pub now: Timestamp,
}

impl AuditEntry {
    /// An entry without facts.
    #[must_use]
    pub const fn new(
        event: AuditEvent,
        actor: Actor,
        object: AuditObject,
        correlation_id: CorrelationId,
        now: Timestamp,
    ) -> Self {
        Self { event, actor, object, before: Facts::new(), after: Facts::new(), correlation_id, now }
    }

    /// Adds what was so before.
    #[must_use]
    pub fn before(mut self, name: &str, value: impl ToString) -> Self {
        self.before.insert(name.to_owned(), value.to_string());
        self
    }

    /// Adds what is so now.
    #[must_use]
    pub fn after(mut self, name: &str, value: impl ToString) -> Self {
        self.after.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Appends an entry to the chain, in the transaction of what it tells of. Returns its place.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn append(tx: &impl ConnectionTrait, entry: AuditEntry) -> Result<i64, StoreError> {
    let head = audit_head::Entity::find_by_id(1_i64).lock_exclusive().one(tx).await?;
    let head = head.ok_or_else(|| StoreError::Corrupt("the audit chain has lost its head".to_owned()))?;
    let sequence = head.sequence.checked_add(1).ok_or_else(|| StoreError::Corrupt("the audit chain is full".into()))?;
    let body = EntryBody {
        sequence,
        at: entry.now,
        event: entry.event,
        actor: entry.actor,
        object: entry.object.clone(),
        before: entry.before,
        after: entry.after,
        correlation_id: entry.correlation_id,
    };
    let body = serde_json::to_string(&body).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let hash = entry_hash(head.entry_hash.0, &body);
    let row = AuditRow {
        sequence,
        body,
        previous_hash: head.entry_hash,
        entry_hash: Col(hash),
        event: Col(entry.event),
        actor: Col(entry.actor),
        object: Col(entry.object),
        correlation_id: Col(entry.correlation_id),
        created_at: Col(entry.now),
    };
    audit_events::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    let head = audit_head::Model { chain: 1, sequence, entry_hash: Col(hash) };
    audit_head::Entity::update(head.into_active_model().reset_all()).exec(tx).await?;
    Ok(sequence)
}
