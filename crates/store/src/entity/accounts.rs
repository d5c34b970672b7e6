//! Accounts of the ledger with their balances. The projector is the only writer.

use gx_types::{AccountId, AccountKind, AccountStatus, CountryCode, Qirat, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `accounts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    /// Account on the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Col<AccountId>,
    /// What it is.
    pub kind: Col<AccountKind>,
    /// ISO 3166 alpha-2 code.
    pub country_code: Option<Col<CountryCode>>,
    /// Written by the ledger.
    pub settled_balance: Col<Qirat>,
    /// Delta entries not swept into the balance yet.
    pub unsettled_credit: Col<Qirat>,
    /// Where it stands.
    pub status: Col<AccountStatus>,
    /// Whether the ledger has frozen it.
    pub frozen: bool,
    /// Block that made it.
    pub created_block: i64,
    /// Block of the last change.
    pub updated_block: i64,
    /// Time of the transaction that last changed it.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
