//! Login sessions of administrators. A row is a session's whole life, as in [`super::sessions`].

use gx_types::{AdminId, AdminRole, SessionId, SessionTransport, Sha256Hex, Timestamp};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::col::Col;
use crate::entity::admin_sessions::{Column, Entity};
use crate::entity::admin_users;
use crate::error::StoreError;

pub use crate::entity::admin_sessions::Model as AdminSessionRow;

/// What decides whether an administrator's session counts.
#[derive(Debug, Clone)]
pub struct AdminSession {
    /// Whose.
    pub admin_id: AdminId,
    /// Their role now.
    pub role: AdminRole,
    /// Whether their account may be used.
    pub is_active: bool,
    /// Whether they must choose a password of their own before anything else.
    pub must_change_password: bool,
    /// Whether the second factor was shown in it.
    pub mfa_verified: bool,
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

/// Adds a session.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(tx: &impl ConnectionTrait, row: AdminSessionRow) -> Result<(), StoreError> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// A session with its administrator; `None` when there is none.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn with_admin(db: &impl ConnectionTrait, session_id: SessionId) -> Result<Option<AdminSession>, StoreError> {
    let Some(row) = Entity::find_by_id(Col(session_id)).one(db).await? else { return Ok(None) };
    let Some(admin) = admin_users::Entity::find_by_id(row.admin_id).one(db).await? else { return Ok(None) };
    Ok(Some(AdminSession {
        admin_id: admin.admin_id.0,
        role: admin.role.0,
        is_active: admin.is_active,
        must_change_password: admin.must_change_password,
        mfa_verified: row.mfa_verified_at.is_some(),
        transport: row.transport.0,
        cookie_hash: row.cookie_hash.map(|hash| hash.0),
        csrf_hash: row.csrf_hash.map(|hash| hash.0),
        last_used_at: row.last_used_at.0,
        expires_at: row.expires_at.0,
        revoked: row.revoked_at.is_some(),
    }))
}

/// Reads a session and holds it until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &impl ConnectionTrait, session_id: SessionId) -> Result<Option<AdminSessionRow>, StoreError> {
    Ok(Entity::find_by_id(Col(session_id)).lock_exclusive().one(tx).await?)
}

/// Writes a session that was read with [`lock`].
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save(tx: &impl ConnectionTrait, row: AdminSessionRow) -> Result<(), StoreError> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// Ends a session; `false` when it has ended already or is unknown.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke(
    tx: &impl ConnectionTrait,
    session_id: SessionId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .col_expr(Column::RevokedAt, Col(now).into())
        .col_expr(Column::RevokedReason, reason.into())
        .filter(Column::SessionId.eq(Col(session_id)))
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Ends every session of an administrator; the sessions that were ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke_all(
    tx: &impl ConnectionTrait,
    admin_id: AdminId,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<SessionId>, StoreError> {
    let mut ended = Vec::new();
    for row in open_of(tx, admin_id, now).await? {
        if revoke(tx, row.session_id.0, reason, now).await? {
            ended.push(row.session_id.0);
        }
    }
    Ok(ended)
}

/// An administrator's sessions that have neither ended nor run out, the newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open_of(
    db: &impl ConnectionTrait,
    admin_id: AdminId,
    now: Timestamp,
) -> Result<Vec<AdminSessionRow>, StoreError> {
    Ok(Entity::find()
        .filter(Column::AdminId.eq(Col(admin_id)))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(Col(now)))
        .order_by_desc(Column::CreatedAt)
        .all(db)
        .await?)
}

/// Notes that the second factor was shown in a session.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mfa_verified(tx: &impl ConnectionTrait, session_id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::MfaVerifiedAt, Col(now).into())
        .filter(Column::SessionId.eq(Col(session_id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that the second factor was taken away: no session of the administrator has shown it any more.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mfa_not_verified(tx: &impl ConnectionTrait, admin_id: AdminId) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::MfaVerifiedAt, sea_orm::sea_query::Expr::value(None::<i64>))
        .filter(Column::AdminId.eq(Col(admin_id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends every session of an administrator but one; the sessions that were ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke_others(
    tx: &impl ConnectionTrait,
    admin_id: AdminId,
    kept: SessionId,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<SessionId>, StoreError> {
    let open = Entity::find()
        .filter(Column::AdminId.eq(Col(admin_id)))
        .filter(Column::SessionId.ne(Col(kept)))
        .filter(Column::RevokedAt.is_null())
        .all(tx)
        .await?;
    let mut ended = Vec::with_capacity(open.len());
    for row in open {
        if revoke(tx, row.session_id.0, reason, now).await? {
            ended.push(row.session_id.0);
        }
    }
    Ok(ended)
}

/// Notes that a session was used; never sets the mark back.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn touch(tx: &impl ConnectionTrait, session_id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Col(now).into())
        .filter(Column::SessionId.eq(Col(session_id)))
        .filter(Column::LastUsedAt.lt(Col(now)))
        .exec(tx)
        .await?;
    Ok(())
}
