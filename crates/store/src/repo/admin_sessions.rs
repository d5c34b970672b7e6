//! Login sessions of administrators.

use gx_types::{AdminId, AdminRole, SessionId, SessionTransport, Sha256Hex, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::entity::{admin_sessions, admin_users};
use crate::{Col, StoreError};

/// What decides whether an administrator's session counts.
#[derive(Debug, Clone)]
pub struct AdminSession {
    /// Whose.
    pub admin_id: AdminId,
    /// Their role now.
    pub role: AdminRole,
    /// Whether their account may be used.
    pub is_active: bool,
    /// How the session travels.
    pub transport: SessionTransport,
    /// SHA-256 of the cookie's secret.
    pub cookie_hash: Option<Sha256Hex>,
    /// SHA-256 of the CSRF token.
    pub csrf_hash: Option<Sha256Hex>,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A session with its administrator; `None` when there is none.
///
/// # Errors
/// [`StoreError`].
pub async fn with_admin<C: ConnectionTrait>(db: &C, session_id: SessionId) -> Result<Option<AdminSession>, StoreError> {
    let Some(row) = admin_sessions::Entity::find_by_id(Col(session_id)).one(db).await? else { return Ok(None) };
    let Some(admin) = admin_users::Entity::find_by_id(row.admin_id).one(db).await? else { return Ok(None) };
    Ok(Some(AdminSession {
        admin_id: admin.admin_id.0,
        role: admin.role.0,
        is_active: admin.is_active,
        transport: row.transport.0,
        cookie_hash: row.cookie_hash.map(|hash| hash.0),
        csrf_hash: row.csrf_hash.map(|hash| hash.0),
        last_used_at: row.last_used_at.0,
        expires_at: row.expires_at.0,
        revoked: row.revoked_at.is_some(),
    }))
}

/// Notes that a session was used; never sets the mark back.
///
/// # Errors
/// [`StoreError`].
pub async fn touch<C: ConnectionTrait>(db: &C, session_id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    admin_sessions::Entity::update_many()
        .col_expr(admin_sessions::Column::LastUsedAt, Expr::value(Col(now)))
        .filter(admin_sessions::Column::SessionId.eq(Col(session_id)))
        .filter(admin_sessions::Column::LastUsedAt.lt(Col(now)))
        .exec(db)
        .await?;
    Ok(())
}
