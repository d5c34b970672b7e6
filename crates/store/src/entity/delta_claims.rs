//! Which sweep has named an entry, while that sweep is under way. Owner: tokenomics.

use gx_types::{AccountId, CommandId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `delta_claims`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delta_claims")]
pub struct Model {
    /// Key of the entry on the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub delta_key: String,
    /// Account whose credit it is.
    pub account_id: Col<AccountId>,
    /// The sweep.
    pub command_id: Col<CommandId>,
    /// When the sweep was enqueued.
    pub claimed_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
