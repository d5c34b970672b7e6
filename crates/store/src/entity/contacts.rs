//! People one pays often. Owner: tokenomics.

use gx_types::{ProfileId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `contacts`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contacts")]
pub struct Model {
    /// Whose contact.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Col<ProfileId>,
    /// The contact.
    #[sea_orm(primary_key, auto_increment = false)]
    pub contact_profile_id: Col<ProfileId>,
    /// What the owner calls them.
    pub own_name: Option<String>,
    /// Whether they stand first.
    pub favourite: bool,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// When it last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
