//! Loans as the ledger has them. The projector is the only writer.

use gx_types::{GxId, LoanId, LoanStatus, Qirat, Sha256Hex, Timestamp, TxId};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `loans`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "loans")]
pub struct Model {
    /// Id on the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub loan_id: Col<LoanId>,
    /// Who borrows.
    pub borrower_id: Col<GxId>,
    /// How much was asked for, Qirat.
    pub amount: Col<Qirat>,
    /// What is owed, Qirat; zero before it is paid out.
    pub outstanding: Col<Qirat>,
    /// Hash of the document about the collateral.
    pub collateral_hash: Col<Sha256Hex>,
    /// Where it stands.
    pub status: Col<LoanStatus>,
    /// Who approved first.
    pub first_approver: Option<String>,
    /// Who approved second.
    pub second_approver: Option<String>,
    /// Why it was declined.
    pub reason: Option<String>,
    /// Transaction of the application.
    pub applied_tx_id: Col<TxId>,
    /// Block of the application.
    pub applied_block: i64,
    /// Place of the transaction in its block.
    pub tx_position: i64,
    /// Time of the application.
    pub applied_at: Col<Timestamp>,
    /// Block of the last change.
    pub updated_block: i64,
    /// Time of the last change.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
