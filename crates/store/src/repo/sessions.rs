//! Login sessions of people.

use gx_types::{PersonStatus, ProfileId, SessionId, SessionTransport, Sha256Hex, Timestamp};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect};

use crate::entity::{sessions, user_profiles};
use crate::{Col, StoreError};

/// What decides whether a person's session counts.
#[derive(Debug, Clone)]
pub struct PersonSession {
    /// Whose.
    pub profile_id: ProfileId,
    /// What the office says about them.
    pub person_status: PersonStatus,
    /// How the session travels.
    pub transport: SessionTransport,
    /// SHA-256 of the cookie's secret.
    pub cookie_hash: Option<Sha256Hex>,
    /// SHA-256 of the CSRF token.
    pub csrf_hash: Option<Sha256Hex>,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A session with its person's status; `None` when there is none.
///
/// # Errors
/// [`StoreError`].
pub async fn with_person<C: ConnectionTrait>(
    db: &C,
    session_id: SessionId,
) -> Result<Option<PersonSession>, StoreError> {
    let Some(row) = sessions::Entity::find_by_id(Col(session_id)).one(db).await? else { return Ok(None) };
    let status: Option<Col<PersonStatus>> = user_profiles::Entity::find_by_id(row.profile_id)
        .select_only()
        .column(user_profiles::Column::Status)
        .into_tuple()
        .one(db)
        .await?;
    let Some(status) = status else { return Ok(None) };
    Ok(Some(PersonSession {
        profile_id: row.profile_id.0,
        person_status: status.0,
        transport: row.transport.0,
        cookie_hash: row.cookie_hash.map(|hash| hash.0),
        csrf_hash: row.csrf_hash.map(|hash| hash.0),
        expires_at: row.expires_at.0,
        revoked: row.revoked_at.is_some(),
    }))
}
