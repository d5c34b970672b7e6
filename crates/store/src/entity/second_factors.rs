//! Second factors of people and administrators. Owner: platform.

use gx_types::{Actor, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `second_factors`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner: Col<Actor>,
    /// The TOTP secret, encrypted under a key of the environment.
    pub totp_secret: Vec<u8>,
    /// When the first code was taken; empty while it is awaited.
    pub confirmed_at: Option<Col<Timestamp>>,
    /// The time step of the last code that was taken.
    pub last_step: i64,
    /// When the secret was made.
    pub created_at: Col<Timestamp>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
