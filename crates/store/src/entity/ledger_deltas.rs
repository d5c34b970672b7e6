//! Credits that the ledger wrote as entries of their own, until a sweep adds them to the balance. The projector is the
//! only writer.

use gx_types::{AccountId, Qirat, TxId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `ledger_deltas`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_deltas")]
pub struct Model {
    /// Key of the entry on the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub delta_key: String,
    /// Account on the ledger.
    pub account_id: Col<AccountId>,
    /// Amount in Qirat.
    pub amount: Col<Qirat>,
    /// Block.
    pub block_number: i64,
    /// Transaction.
    pub tx_id: Col<TxId>,
    /// The transaction that swept it into the balance.
    pub swept_by: Option<Col<TxId>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
