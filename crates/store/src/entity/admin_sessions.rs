//! Login sessions of administrators. Secrets lie here as SHA-256 only. Owner: admin.

use gx_types::{AdminId, SessionId, SessionTransport, Sha256Hex, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `admin_sessions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_sessions")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: Col<SessionId>,
    /// The administrator.
    pub admin_id: Col<AdminId>,
    /// How the session travels.
    pub transport: Col<SessionTransport>,
    /// SHA-256 of the secret now valid; an older one presented again revokes the session.
    pub refresh_hash: Option<Col<Sha256Hex>>,
    /// SHA-256 of the cookie.
    pub cookie_hash: Option<Col<Sha256Hex>>,
    /// SHA-256 of the CSRF token.
    pub csrf_hash: Option<Col<Sha256Hex>>,
    /// How often it was refreshed.
    pub rotations: i64,
    /// Trusted peer address.
    pub ip: Option<String>,
    /// User agent as sent.
    pub user_agent: Option<String>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// When it was last used.
    pub last_used_at: Col<Timestamp>,
    /// Until when it holds.
    pub expires_at: Col<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Col<Timestamp>>,
    /// Why it was revoked.
    pub revoked_reason: Option<String>,
    /// When the second factor was shown.
    pub mfa_verified_at: Option<Col<Timestamp>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
