//! Failed sign-ins by what was typed. Owner: identity.

use gx_types::{Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `sign_in_failures`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_failures")]
pub struct Model {
    /// SHA-256 of what was typed, so that the table holds no addresses.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_hash: Col<Sha256Hex>,
    /// Failures in the window.
    pub failures: i64,
    /// When the window began.
    pub first_failed_at: Col<Timestamp>,
    /// Until when signing in is locked.
    pub locked_until: Option<Col<Timestamp>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
