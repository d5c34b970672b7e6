//! Organisations as the ledger has them. The projector is the only writer.

use gx_types::{AuthRule, GxId, OrganizationStatus, ProposedRule, Stakeholder, Timestamp, TxId};
use sea_orm::entity::prelude::*;

use crate::col::{Col, Json};

/// A row of `organizations`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    /// Id on the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: Col<GxId>,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub status: Col<OrganizationStatus>,
    /// Who proposed it.
    pub proposer_id: Col<GxId>,
    /// Who belongs to it, by id.
    pub stakeholders: Col<Json<Vec<Stakeholder>>>,
    /// The rules in force, by ascending threshold.
    pub rules: Col<Json<Vec<AuthRule>>>,
    /// Rules to which not every stakeholder has agreed, by ascending threshold.
    pub proposed_rules: Col<Json<Vec<ProposedRule>>>,
    /// Why it is locked.
    pub lock_reason: Option<String>,
    /// When it became active.
    pub activated_at: Option<Col<Timestamp>>,
    /// Transaction that proposed it.
    pub proposed_tx_id: Col<TxId>,
    /// Block of the proposal.
    pub proposed_block: i64,
    /// Place of the proposal in its block.
    pub tx_position: i64,
    /// Time of the proposal.
    pub proposed_at: Col<Timestamp>,
    /// Block of the last change.
    pub updated_block: i64,
    /// Time of the last change.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
