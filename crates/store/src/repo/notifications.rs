//! Notifications of a person: telling, reading the list, marking as read. Those that come from an event of the ledger are
//! written by the projector.

use gx_types::{NotificationId, NotificationKind, NotificationStatus, ProfileId, Timestamp};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};

use crate::col::Col;
use crate::entity::notifications::{ActiveModel, Column, Entity};
use crate::error::StoreError;
use crate::repo::notification_preferences;
use crate::sql::statement;

pub use crate::entity::notifications::Model as Notification;

/// A notification that no event of the ledger brings: a refusal, a decision of an administrator.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Its id; one that is derived from what it tells of makes it a notification of that once.
    pub notification_id: NotificationId,
    /// Who is told.
    pub profile_id: ProfileId,
    /// What about.
    pub kind: NotificationKind,
    /// In a few words.
    pub title: &'static str,
    /// In one or two sentences.
    pub message: String,
    /// Where a click on it leads, within the wallet.
    pub action_url: Option<String>,
    /// When it happened.
    pub now: Timestamp,
}

/// Writes a notice: unread, or put away when the person does not want this kind in the wallet.
///
/// # Errors
/// [`StoreError`] when there is one with this id, or the database fails.
pub async fn tell(tx: &impl ConnectionTrait, notice: Notice) -> Result<(), StoreError> {
    let status = notification_preferences::first_status(tx, notice.profile_id, notice.kind).await?;
    ActiveModel {
        notification_id: ActiveValue::Set(notice.notification_id.into()),
        profile_id: ActiveValue::Set(notice.profile_id.into()),
        kind: ActiveValue::Set(notice.kind.into()),
        title: ActiveValue::Set(notice.title.to_owned()),
        message: ActiveValue::Set(notice.message),
        action_url: ActiveValue::Set(notice.action_url),
        action_required: ActiveValue::Set(false),
        status: ActiveValue::Set(status.into()),
        read_at: ActiveValue::Set(None),
        tx_id: ActiveValue::Set(None),
        event_index: ActiveValue::Set(None),
        created_at: ActiveValue::Set(notice.now.into()),
    }
    .insert(tx)
    .await?;
    Ok(())
}

/// Where a notification stands in its list: its time, then its id.
pub type NotificationKey = (Timestamp, NotificationId);

/// Those with a status; without one, all that are not put away.
fn of(person: ProfileId, status: Option<NotificationStatus>) -> Select<Entity> {
    let status = match status {
        Some(status) => Column::Status.eq(Col(status)),
        None => Column::Status.ne(Col(NotificationStatus::Archived)),
    };
    let wanted = Condition::all().add(Column::ProfileId.eq(Col(person))).add(status);
    Entity::find().filter(wanted)
}

/// Up to `limit` notifications of a person, newest first, after the one at `after`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    db: &impl ConnectionTrait,
    person: ProfileId,
    status: Option<NotificationStatus>,
    after: Option<NotificationKey>,
    limit: u64,
) -> Result<Vec<Notification>, StoreError> {
    let after = after.map(|(at, id)| {
        Condition::all()
            .add(Column::CreatedAt.lte(Col(at)))
            .add(Condition::any().add(Column::CreatedAt.lt(Col(at))).add(Column::NotificationId.lt(Col(id))))
    });
    Ok(of(person, status)
        .filter(Condition::all().add_option(after))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::NotificationId)
        .limit(limit)
        .all(db)
        .await?)
}

/// How many notifications a person has.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(
    db: &impl ConnectionTrait,
    person: ProfileId,
    status: Option<NotificationStatus>,
) -> Result<u64, StoreError> {
    Ok(of(person, status).count(db).await?)
}

/// Marks a notification of a person as read; one that was read or archived stays as it is. `false`: the person has no
/// such notification.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_read(
    tx: &impl ConnectionTrait,
    person: ProfileId,
    id: NotificationId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE notifications SET status = 'READ', read_at = $3
               WHERE profile_id = $1 AND notification_id = $2 AND status = 'UNREAD'";
    let values = vec![Col(person).into(), Col(id).into(), Col(now).into()];
    if tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1 {
        return Ok(true);
    }
    let known = Entity::find().filter(Column::ProfileId.eq(Col(person))).filter(Column::NotificationId.eq(Col(id)));
    Ok(known.count(tx).await? == 1)
}

/// Marks every unread notification of a person as read and returns how many there were.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mark_all_read(tx: &impl ConnectionTrait, person: ProfileId, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE notifications SET status = 'READ', read_at = $2 WHERE profile_id = $1 AND status = 'UNREAD'";
    let values = vec![Col(person).into(), Col(now).into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected())
}
