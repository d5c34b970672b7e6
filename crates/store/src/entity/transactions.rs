//! The history of every account, a line per leg of an event. The projector is the only writer.

use gx_types::{AccountId, LedgerKey, Qirat, Timestamp, TransactionDirection, TransactionKind, TxId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `transactions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transactions")]
pub struct Model {
    /// Account on the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Col<AccountId>,
    /// Transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tx_id: Col<TxId>,
    /// Index of the event in its transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_index: i64,
    /// Which line of the event it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub leg: i64,
    /// What it is.
    pub kind: Col<TransactionKind>,
    /// Which way the coins went, seen from the account.
    pub direction: Col<TransactionDirection>,
    /// The account on the other side.
    pub counterparty_id: Option<Col<AccountId>>,
    /// Amount in Qirat.
    pub amount: Col<Qirat>,
    /// Fee in Qirat, paid on top by the payer.
    pub fee: Col<Qirat>,
    /// Settled balance after it; empty where the ledger wrote a delta instead of the balance.
    pub balance_after: Option<Col<Qirat>>,
    /// What the payer wrote.
    pub remark: String,
    /// Ledger key of the command.
    pub ledger_key: Option<Col<LedgerKey>>,
    /// Block.
    pub block_number: i64,
    /// Position of the transaction in its block; with block, event and leg it orders an account's history.
    pub tx_position: i64,
    /// Time of the transaction.
    pub occurred_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
