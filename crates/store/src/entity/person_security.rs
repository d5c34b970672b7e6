//! How people protect their accounts. Owner: identity.

use gx_types::{ProfileId, Qirat, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `person_security`; people without one have changed nothing yet.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_security")]
pub struct Model {
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// Argon2id over the keyed PIN; empty without a PIN.
    pub pin_hash: Option<String>,
    /// When the PIN was set.
    pub pin_set_at: Option<Col<Timestamp>>,
    /// The person's own step-up amount.
    pub step_up_amount: Option<Col<Qirat>>,
    /// When the password was last changed.
    pub password_changed_at: Option<Col<Timestamp>>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
