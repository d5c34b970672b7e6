//! Administrators. Owner: admin.

use gx_types::{AdminId, AdminRole, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `admin_users`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_users")]
pub struct Model {
    /// The administrator.
    #[sea_orm(primary_key, auto_increment = false)]
    pub admin_id: Col<AdminId>,
    /// Name used to log in.
    pub username: String,
    /// E-mail address as typed.
    pub email: String,
    /// Name for people.
    pub display_name: String,
    /// Argon2id hash.
    pub password_hash: String,
    /// Role.
    pub role: Col<AdminRole>,
    /// Whether the account may be used.
    pub is_active: bool,
    /// Whether the next login forces a new password.
    pub must_change_password: bool,
    /// Last login.
    pub last_login_at: Option<Col<Timestamp>>,
    /// The block in which the ledger recorded the appointment; written by the projector.
    pub appointed_block: Option<i64>,
    /// Who made the account.
    pub created_by: String,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
