//! Login sessions of people. A row is a session's whole life: every refresh gives it a new secret, so presenting an older
//! one shows that two parties hold it.

use gx_types::{PersonStatus, ProfileId, SessionId, SessionTransport, Sha256Hex, Timestamp};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::col::Col;
use crate::entity::sessions::{Column, Entity};
use crate::error::StoreError;
use crate::sql::statement;

pub use crate::entity::sessions::Model as Session;

/// A session beside the state of its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSession {
    /// The person.
    pub profile_id: ProfileId,
    /// What the office says about the person.
    pub person_status: PersonStatus,
    /// How the session travels.
    pub transport: SessionTransport,
    /// SHA-256 of the cookie's secret.
    pub cookie_hash: Option<Sha256Hex>,
    /// SHA-256 of the CSRF token.
    pub csrf_hash: Option<Sha256Hex>,
    /// When it was last marked as used.
    pub last_used_at: Timestamp,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Whether it was ended.
    pub revoked: bool,
}

/// Adds a session.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(tx: &impl ConnectionTrait, row: Session) -> Result<(), StoreError> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// A session with its person.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn with_person(
    db: &impl ConnectionTrait,
    session_id: SessionId,
) -> Result<Option<PersonSession>, StoreError> {
    // Asked with most requests: one statement, and without a bound LIMIT, for which SQLite would plan it anew each time.
    let sql = "SELECT s.profile_id, s.transport, s.cookie_hash, s.csrf_hash, s.last_used_at, s.expires_at, s.revoked_at, \
         p.status \
         FROM sessions s JOIN user_profiles p ON p.profile_id = s.profile_id WHERE s.session_id = $1";
    let Some(row) = db.query_one_raw(statement(db, sql, vec![Col(session_id).into()])).await? else { return Ok(None) };
    let hash = |column: &str| row.try_get::<Option<Col<Sha256Hex>>>("", column).map(|hash| hash.map(|hash| hash.0));
    Ok(Some(PersonSession {
        profile_id: row.try_get::<Col<ProfileId>>("", "profile_id")?.0,
        person_status: row.try_get::<Col<PersonStatus>>("", "status")?.0,
        transport: row.try_get::<Col<SessionTransport>>("", "transport")?.0,
        cookie_hash: hash("cookie_hash")?,
        csrf_hash: hash("csrf_hash")?,
        last_used_at: row.try_get::<Col<Timestamp>>("", "last_used_at")?.0,
        expires_at: row.try_get::<Col<Timestamp>>("", "expires_at")?.0,
        revoked: row.try_get::<Option<Col<Timestamp>>>("", "revoked_at")?.is_some(),
    }))
}

/// Reads a session and holds it until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &impl ConnectionTrait, session_id: SessionId) -> Result<Option<Session>, StoreError> {
    Ok(Entity::find_by_id(Col(session_id)).lock_exclusive().one(tx).await?)
}

/// Writes a session that was read with [`lock`].
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save(tx: &impl ConnectionTrait, row: Session) -> Result<(), StoreError> {
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

/// Ends every session of a person but `kept`; the sessions that were ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revoke_all(
    tx: &impl ConnectionTrait,
    person: ProfileId,
    kept: Option<SessionId>,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<SessionId>, StoreError> {
    let open = Entity::find()
        .filter(Column::ProfileId.eq(Col(person)))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(Col(now)))
        .all(tx)
        .await?;
    let mut ended = Vec::with_capacity(open.len());
    for row in open {
        let session_id = row.session_id.0;
        if Some(session_id) != kept && revoke(tx, session_id, reason, now).await? {
            ended.push(session_id);
        }
    }
    Ok(ended)
}

/// The sessions of a person that hold, the last used first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open_of(
    db: &impl ConnectionTrait,
    person: ProfileId,
    now: Timestamp,
    rows_max: u64,
) -> Result<Vec<Session>, StoreError> {
    Ok(Entity::find()
        .filter(Column::ProfileId.eq(Col(person)))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(Col(now)))
        .order_by_desc(Column::LastUsedAt)
        .limit(rows_max)
        .all(db)
        .await?)
}

/// From where a person has signed in before: address and program of the newest sessions, ended ones too.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn origins_of(
    db: &impl ConnectionTrait,
    person: ProfileId,
    rows_max: u64,
) -> Result<Vec<(Option<String>, Option<String>)>, StoreError> {
    let rows = Entity::find()
        .filter(Column::ProfileId.eq(Col(person)))
        .order_by_desc(Column::CreatedAt)
        .limit(rows_max)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.ip, row.user_agent)).collect())
}

/// Gives the device of a person's session a name, or takes it back. `false`: there is no such session.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn name_device(
    tx: &impl ConnectionTrait,
    person: ProfileId,
    session_id: SessionId,
    name: Option<String>,
) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .col_expr(Column::DeviceName, name.into())
        .filter(Column::SessionId.eq(Col(session_id)))
        .filter(Column::ProfileId.eq(Col(person)))
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
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

/// Deletes sessions that ended before `before`, at most `rows_max`. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete_expired(tx: &impl ConnectionTrait, before: Timestamp, rows_max: u64) -> Result<u64, StoreError> {
    let expired = sea_orm::sea_query::Query::select()
        .column(Column::SessionId)
        .from(Entity)
        .and_where(Column::ExpiresAt.lt(Col(before)))
        .limit(rows_max)
        .take();
    Ok(Entity::delete_many().filter(Column::SessionId.in_subquery(expired)).exec(tx).await?.rows_affected)
}
