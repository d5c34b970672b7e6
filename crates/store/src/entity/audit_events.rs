//! The audit chain. Owner: [`crate::audit`]; rows are appended by whoever does what they tell of, and never change.

use gx_types::{Actor, AuditEvent, AuditObject, CorrelationId, Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `audit_events`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    /// Place in the chain, from 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// The entry as the bytes that were hashed.
    pub body: String,
    /// Hash of the entry before.
    pub previous_hash: Col<Sha256Hex>,
    /// Hash of this entry.
    pub entry_hash: Col<Sha256Hex>,
    /// What happened; repeats the body.
    pub event: Col<AuditEvent>,
    /// Who did it; repeats the body.
    pub actor: Col<Actor>,
    /// To what; repeats the body.
    pub object: Col<AuditObject>,
    /// Of which request; repeats the body.
    pub correlation_id: Col<CorrelationId>,
    /// When; repeats the body.
    pub created_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
