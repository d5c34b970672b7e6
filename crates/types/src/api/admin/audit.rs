//! The audit chain.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Actor, AuditCategory, AuditEvent, AuditObject, AuditSeverity, CorrelationId, Sha256Hex, Timestamp};

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntryView {
    /// Place in the chain, from 1 without gaps, as a decimal string.
    pub sequence: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: AuditEvent,
    /// The same in a sentence.
    pub label: String,
    /// What it is about.
    pub category: AuditCategory,
    /// How closely it should be looked at.
    pub severity: AuditSeverity,
    /// Who did it.
    pub actor: Actor,
    /// To what.
    pub object: AuditObject,
    /// What was so before, by name.
    pub before: BTreeMap<String, String>,
    /// What is so now, or was asked for, by name.
    pub after: BTreeMap<String, String>,
    /// The request it happened in.
    pub correlation_id: CorrelationId,
    /// Hash of the entry before.
    pub previous_hash: Sha256Hex,
    /// Hash of this entry.
    pub hash: Sha256Hex,
}

/// A kind of event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEventType {
    /// The event.
    pub event: AuditEvent,
    /// A sentence.
    pub label: String,
    /// What it is about.
    pub category: AuditCategory,
    /// How closely it should be looked at.
    pub severity: AuditSeverity,
}

/// `GET /api/v1/admin/audit/event-types`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEventTypes {
    /// Every kind there is.
    pub event_types: Vec<AuditEventType>,
}

/// An end of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditHeadView {
    /// Place of the newest entry, as a decimal string; 0 for an empty chain.
    pub sequence: String,
    /// Its hash.
    pub hash: Sha256Hex,
}

/// `GET /api/v1/admin/audit/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditVerification {
    /// Whether nothing is wrong.
    pub intact: bool,
    /// Entries that were looked at.
    pub entries: u64,
    /// The end of the chain.
    pub head: AuditHeadView,
    /// The end that was noted in the object store last, if one was.
    pub noted: Option<AuditHeadView>,
    /// What is wrong, a sentence each, in the order of the chain; 100 at most.
    pub faults: Vec<String>,
}
