//! Reading the chain: lists, single entries, and the check of what lies in the database.

use gx_types::{Actor, AuditEvent, AuditObject, CorrelationId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::chain::{ChainCheck, ChainFault, EntryBody, Head, Link};
use crate::col::Col;
use crate::entity::audit_events::{Column, Entity, Model};
use crate::entity::audit_head;
use crate::error::StoreError;

/// Entries read at once while the chain is walked along.
const PAGE: u64 = 1_000;

/// Which entries to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only these events; empty: all.
    pub events: Vec<AuditEvent>,
    /// By this actor.
    pub actor: Option<Actor>,
    /// About this object.
    pub object: Option<AuditObject>,
    /// In this request.
    pub correlation_id: Option<CorrelationId>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Before this place in the chain.
    pub before: Option<i64>,
}

impl Model {
    /// The entry with its hashes.
    #[must_use]
    pub fn link(&self) -> Link {
        Link {
            sequence: self.sequence,
            previous_hash: self.previous_hash.0,
            hash: self.entry_hash.0,
            body: self.body.clone(),
        }
    }

    /// What the entry says.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when its bytes are not an entry any more.
    pub fn entry(&self) -> Result<EntryBody, StoreError> {
        serde_json::from_str(&self.body)
            .map_err(|error| StoreError::Corrupt(format!("entry {} of the audit chain: {error}", self.sequence)))
    }
}

/// Entries that match, the newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &impl ConnectionTrait, filter: &AuditFilter, limit: u64) -> Result<Vec<Model>, StoreError> {
    let mut query = Entity::find().order_by_desc(Column::Sequence).limit(limit);
    if !filter.events.is_empty() {
        query = query.filter(Column::Event.is_in(filter.events.iter().map(|event| event.as_str())));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(Column::Actor.eq(Col(actor)));
    }
    if let Some(object) = &filter.object {
        query = query.filter(Column::Object.eq(Col(object.clone())));
    }
    if let Some(correlation_id) = filter.correlation_id {
        query = query.filter(Column::CorrelationId.eq(Col(correlation_id)));
    }
    if let Some(from) = filter.from {
        query = query.filter(Column::CreatedAt.gte(Col(from)));
    }
    if let Some(until) = filter.until {
        query = query.filter(Column::CreatedAt.lt(Col(until)));
    }
    if let Some(before) = filter.before {
        query = query.filter(Column::Sequence.lt(before));
    }
    Ok(query.all(db).await?)
}

/// One entry.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, sequence: i64) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(sequence).one(db).await?)
}

/// Entries behind `after`, in the order of the chain.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn range(db: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find().filter(Column::Sequence.gt(after)).order_by_asc(Column::Sequence).limit(limit);
    Ok(query.all(db).await?)
}

/// The newest entry, as the row says that every writer holds.
///
/// # Errors
/// [`StoreError`] when the database fails, or the row is gone.
pub async fn head(db: &impl ConnectionTrait) -> Result<Head, StoreError> {
    let row = audit_head::Entity::find_by_id(1_i64).one(db).await?;
    let row = row.ok_or_else(|| StoreError::Corrupt("the audit chain has lost its head".to_owned()))?;
    Ok(Head { sequence: row.sequence, hash: row.entry_hash.0 })
}

/// Walks along the whole chain. `known` is an end that was noted elsewhere, if there is one.
///
/// # Errors
/// [`StoreError`] when the database fails. Faults of the chain are no errors: they are the result.
pub async fn check(db: &impl ConnectionTrait, known: Option<Head>) -> Result<ChainCheck, StoreError> {
    let mut check = ChainCheck::from_the_beginning(known);
    let mut after = 0;
    let mut looked_again = false;
    loop {
        let rows = raw_range(db, after, PAGE).await?;
        if rows.is_empty() {
            // Read after the entries: whatever was appended meanwhile is in both.
            let head = head(db).await?;
            if head.sequence > check.end().sequence && !looked_again {
                looked_again = true;
                continue;
            }
            check.ends_with(head);
            check.close();
            return Ok(check);
        }
        looked_again = false;
        for row in rows {
            after = row.link.sequence;
            if let Some(body) = check.look(&row.link) {
                for (column, _) in row.columns(&body).into_iter().filter(|(_, same)| !same) {
                    check.fault(ChainFault::Column { sequence: after, column });
                }
            }
        }
    }
}

/// A row as it lies there: what somebody wrote into a column need not be a member of its set.
struct RawRow {
    link: Link,
    event: String,
    actor: String,
    object: String,
    correlation_id: String,
    created_at: i64,
}

impl RawRow {
    fn columns(&self, body: &EntryBody) -> [(&'static str, bool); 5] {
        [
            ("event", self.event == body.event.as_str()),
            ("actor", self.actor == body.actor.to_string()),
            ("object", self.object == body.object.to_string()),
            ("correlation_id", self.correlation_id == body.correlation_id.to_string()),
            ("created_at", self.created_at == body.at.micros()),
        ]
    }
}

async fn raw_range(db: &impl ConnectionTrait, after: i64, limit: u64) -> Result<Vec<RawRow>, StoreError> {
    let sql = "SELECT sequence, body, previous_hash, entry_hash, event, actor, object, correlation_id, created_at
               FROM audit_events WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = db.query_all_raw(crate::sql::statement(db, sql, vec![after.into(), limit.into()])).await?;
    rows.iter()
        .map(|row| {
            // A hash that is none is as wrong as any other: zeros never match.
            let hash = |text: String| text.parse().unwrap_or(super::GENESIS);
            Ok(RawRow {
                link: Link {
                    sequence: row.try_get("", "sequence")?,
                    previous_hash: hash(row.try_get("", "previous_hash")?),
                    hash: hash(row.try_get("", "entry_hash")?),
                    body: row.try_get("", "body")?,
                },
                event: row.try_get("", "event")?,
                actor: row.try_get("", "actor")?,
                object: row.try_get("", "object")?,
                correlation_id: row.try_get("", "correlation_id")?,
                created_at: row.try_get("", "created_at")?,
            })
        })
        .collect()
}
