//! Wallets: which account belongs to which person. The projector makes them when the ledger has registered the person.

use gx_types::{AccountId, ProfileId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `wallets`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wallets")]
pub struct Model {
    /// The wallet.
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: String,
    /// The person.
    pub profile_id: Col<ProfileId>,
    /// Account on the ledger.
    pub account_id: Col<AccountId>,
    /// What people call it.
    pub wallet_name: String,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
