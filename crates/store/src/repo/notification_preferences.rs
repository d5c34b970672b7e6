//! How people want to be told, and the mails that follow from it.

use gx_types::{MailState, NotificationId, NotificationKind, NotificationStatus, ProfileId, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::col::Col;
use crate::entity::notification_preferences::{Column, Entity};
use crate::error::StoreError;
use crate::sql::statement;

pub use crate::entity::notification_preferences::Model as Preference;

/// What a person has chosen; kinds without a row are told in the wallet alone.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn of_person(db: &impl ConnectionTrait, person: ProfileId) -> Result<Vec<Preference>, StoreError> {
    Ok(Entity::find().filter(Column::ProfileId.eq(Col(person))).all(db).await?)
}

/// How a new notice of a kind begins: unread, or put away for whoever does not want it in the wallet (it may be wanted by
/// mail all the same).
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn first_status(
    db: &impl ConnectionTrait,
    person: ProfileId,
    kind: NotificationKind,
) -> Result<NotificationStatus, StoreError> {
    let choice = match kind.can_be_silenced() {
        true => Entity::find_by_id((Col(person), Col(kind))).one(db).await?,
        false => None,
    };
    let silenced = choice.is_some_and(|row| !row.in_app);
    Ok(if silenced { NotificationStatus::Archived } else { NotificationStatus::Unread })
}

/// Writes a choice. Mail that was wanted before stays wanted since then.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn save(tx: &impl ConnectionTrait, row: Preference) -> Result<(), StoreError> {
    let replaced = OnConflict::columns([Column::ProfileId, Column::Kind])
        .update_columns([Column::InApp, Column::Mail, Column::MailSince, Column::UpdatedAt])
        .to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(replaced).exec_without_returning(tx).await?;
    Ok(())
}

/// A mail that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMail {
    /// About which notification.
    pub notification_id: NotificationId,
    /// To whom.
    pub email: String,
    /// Heading.
    pub title: String,
    /// Text.
    pub message: String,
    /// Where to go on, a path of the wallet.
    pub action_url: Option<String>,
    /// Which try this is, from 1.
    pub attempt: i64,
}

const COLUMNS: &str = "n.notification_id, p.email, n.title, n.message, n.action_url";

/// Takes up to `rows_max` mails that are due: of notifications made since `since`, of kinds that their person wants by
/// mail, that nobody has taken; and those whose sender failed or vanished. Until `lease` nobody else takes them.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn take_due(
    tx: &impl ConnectionTrait,
    now: Timestamp,
    since: Timestamp,
    lease: Timestamp,
    rows_max: u64,
) -> Result<Vec<DueMail>, StoreError> {
    let again = format!(
        "SELECT {COLUMNS}, m.attempts AS attempts FROM notification_mails m \
         JOIN notifications n ON n.notification_id = m.notification_id JOIN user_profiles p ON p.profile_id = n.profile_id \
         WHERE m.state = 'SENDING' AND m.next_at <= $1 ORDER BY m.next_at LIMIT {rows_max}"
    );
    let fresh = format!(
        "SELECT {COLUMNS}, CAST(0 AS BIGINT) AS attempts FROM notification_preferences c \
         JOIN notifications n ON n.profile_id = c.profile_id AND n.kind = c.kind \
           AND n.created_at >= c.mail_since AND n.created_at >= $1 \
         JOIN user_profiles p ON p.profile_id = c.profile_id \
         WHERE c.mail AND p.status <> 'CLOSED' \
           AND NOT EXISTS (SELECT 1 FROM notification_mails m WHERE m.notification_id = n.notification_id) \
         ORDER BY n.created_at LIMIT {rows_max}"
    );
    let mut rows = tx.query_all_raw(statement(tx, again, vec![Col(now).into()])).await?;
    rows.extend(tx.query_all_raw(statement(tx, fresh, vec![Col(since).into()])).await?);
    let mut due = Vec::new();
    for row in rows {
        let id: Col<NotificationId> = row.try_get("", "notification_id")?;
        let attempts: i64 = row.try_get("", "attempts")?;
        // Whoever is first has it.
        let sql = "INSERT INTO notification_mails (notification_id, state, attempts, next_at, created_at) \
             VALUES ($1, 'SENDING', 1, $2, $3) ON CONFLICT (notification_id) DO UPDATE \
             SET attempts = notification_mails.attempts + 1, next_at = $2 \
             WHERE notification_mails.state = 'SENDING' AND notification_mails.attempts = $4 \
               AND notification_mails.next_at <= $3";
        let values = vec![id.into(), Col(lease).into(), Col(now).into(), attempts.into()];
        if tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1 {
            due.push(DueMail {
                notification_id: id.0,
                email: row.try_get("", "email")?,
                title: row.try_get("", "title")?,
                message: row.try_get("", "message")?,
                action_url: row.try_get("", "action_url")?,
                attempt: attempts + 1,
            });
        }
    }
    Ok(due)
}

/// Notes that the mail about a notification is sent by whoever wrote it, whatever its person has chosen; when it has not
/// said by `lease` what became of it, [`take_due`] gives it to somebody else.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn begin_mail(
    tx: &impl ConnectionTrait,
    id: NotificationId,
    now: Timestamp,
    lease: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO notification_mails (notification_id, state, attempts, next_at, created_at) \
               VALUES ($1, 'SENDING', 1, $2, $3)";
    tx.execute_raw(statement(tx, sql, vec![Col(id).into(), Col(lease).into(), Col(now).into()])).await?;
    Ok(())
}

/// Writes what became of a mail; one that is to be tried again is due at `next_at`.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn finish_mail(
    tx: &impl ConnectionTrait,
    id: NotificationId,
    state: MailState,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE notification_mails SET state = $2, next_at = $3 WHERE notification_id = $1";
    tx.execute_raw(statement(tx, sql, vec![Col(id).into(), Col(state).into(), Col(next_at).into()])).await?;
    Ok(())
}

/// Forgets mails of notifications made before `before`, which are too old to be sent anyway. Returns how many.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn forget_mails(tx: &impl ConnectionTrait, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM notification_mails WHERE created_at < $1";
    Ok(tx.execute_raw(statement(tx, sql, vec![Col(before).into()])).await?.rows_affected())
}
