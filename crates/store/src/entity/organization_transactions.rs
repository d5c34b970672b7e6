//! What organisations pay or were asked to pay, as the ledger has it. The projector is the only writer.

use gx_types::{AuthRule, GxId, OrgDecision, OrgTxId, OrgTxStatus, Qirat, Timestamp, TxId};
use sea_orm::entity::prelude::*;

use crate::col::{Col, Json};

/// A row of `organization_transactions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_transactions")]
pub struct Model {
    /// Id on the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub org_tx_id: Col<OrgTxId>,
    /// Whose coins.
    pub organization_id: Col<GxId>,
    /// Who initiated it.
    pub initiator_id: Col<GxId>,
    /// To whom.
    pub to_id: Col<GxId>,
    /// How much, Qirat.
    pub amount: Col<Qirat>,
    /// What for.
    pub remark: String,
    /// The rule that decides over it.
    pub rule: Col<Json<AuthRule>>,
    /// Who has decided, in order.
    pub decisions: Col<Json<Vec<OrgDecision>>>,
    /// Where it stands.
    pub status: Col<OrgTxStatus>,
    /// Code of the refusal of its payment.
    pub failure_code: Option<String>,
    /// The refusal in words.
    pub failure_reason: Option<String>,
    /// Ledger transaction that paid it.
    pub executed_tx_id: Option<Col<TxId>>,
    /// When it can no longer be approved.
    pub expires_at: Col<Timestamp>,
    /// Block of the initiation.
    pub initiated_block: i64,
    /// Place of the initiation in its block.
    pub tx_position: i64,
    /// Time of the initiation.
    pub initiated_at: Col<Timestamp>,
    /// Block of the last change.
    pub updated_block: i64,
    /// Time of the last change.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
