//! What is pushed to people who look: notifications in the order in which they were stored, and small facts from the read
//! model. Everything here is read for many people at once, because many are told at once.

use std::collections::BTreeMap;

use gx_types::{
    Actor, CommandId, ErrorCode, NotificationStatus, OnchainStatus, OutboxState, PersonStatus, ProfileId, QSendStatus,
    Qirat, SessionId, Timestamp,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};

use crate::col::Col;
use crate::entity::notifications;
use crate::error::StoreError;
use crate::sql::{BATCH_ROWS_MAX, filled, list, placeholders, statement};

/// A notification with its place among those of its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Its place: raised by one or more with every notification of the person, in the order in which they were stored.
    pub sequence: i64,
    /// The notification.
    pub notification: notifications::Model,
}

/// The small facts that people see change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonFacts {
    /// What the office says.
    pub status: PersonStatus,
    /// What the ledger says.
    pub onchain_status: OnchainStatus,
    /// The settled balance; none before the ledger has registered the person.
    pub balance: Option<Qirat>,
    /// Unread notifications.
    pub unread: u64,
    /// Place of the newest notification; 0 when there is none.
    pub sequence: i64,
}

/// Where a request for payment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFact {
    /// Its code.
    pub code: String,
    /// Who asks.
    pub creator: ProfileId,
    /// Who pays or paid.
    pub payer: Option<ProfileId>,
    /// Where it stands.
    pub status: QSendStatus,
    /// When the row was last changed.
    pub updated_at: Timestamp,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandFact {
    /// The command.
    pub command_id: CommandId,
    /// Who asked.
    pub actor: Actor,
    /// COMMITTED or FAILED.
    pub state: OutboxState,
    /// The refusal.
    pub error_code: Option<String>,
}

/// A session that is not over at `now`, or why it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFact {
    /// Why it is over; `None` while it counts.
    pub ended: Option<ErrorCode>,
}

/// Notifications stored after the place that is given for each person, each person's in order; at most `limit`. A person
/// whose notifications are cut off is the last one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn after(
    db: &impl ConnectionTrait,
    people: &[(ProfileId, i64)],
    limit: u64,
) -> Result<Vec<(ProfileId, Numbered)>, StoreError> {
    let mut found = Vec::new();
    for people in people.chunks(BATCH_ROWS_MAX / 2) {
        let people = filled(people);
        let wanted = placeholders(people.len(), 2, 1);
        let cast = match db.get_database_backend() {
            sea_orm::DbBackend::Postgres => wanted.replacen("($1, $2)", "($1::text, $2::bigint)", 1),
            _ => wanted,
        };
        // A filled-up list names its last person more than once, and each row is wanted once.
        let sql = format!(
            "WITH wanted (profile_id, after) AS (VALUES {cast})
             SELECT n.*, p.sequence FROM (SELECT DISTINCT profile_id, after FROM wanted) AS w
             JOIN notification_places p ON p.profile_id = w.profile_id AND p.sequence > w.after
             JOIN notifications n ON n.notification_id = p.notification_id
             ORDER BY p.profile_id, p.sequence LIMIT {limit}"
        );
        let values = people.iter().flat_map(|(person, after)| [Col(*person).into(), Value::from(*after)]).collect();
        for row in db.query_all_raw(statement(db, sql, values)).await? {
            let notification = notifications::Model::from_query_result(&row, "")?;
            let sequence = row.try_get("", "sequence")?;
            found.push((notification.profile_id.0, Numbered { sequence, notification }));
        }
    }
    Ok(found)
}

/// Place of the newest notification of each person who has any.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn last_sequences(
    db: &impl ConnectionTrait,
    people: &[ProfileId],
) -> Result<Vec<(ProfileId, i64)>, StoreError> {
    let sql = "SELECT profile_id, last_sequence FROM notification_counters WHERE profile_id IN ({ids})";
    many(db, sql, people, |row| {
        Ok((row.try_get::<Col<ProfileId>>("", "profile_id")?.0, row.try_get("", "last_sequence")?))
    })
    .await
}

/// The facts about people.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn facts(
    db: &impl ConnectionTrait,
    people: &[ProfileId],
) -> Result<BTreeMap<ProfileId, PersonFacts>, StoreError> {
    let unread = NotificationStatus::Unread.as_str();
    let sql = format!(
        "SELECT p.profile_id, p.status, p.onchain_status, a.settled_balance, COALESCE(c.last_sequence, 0) AS last_sequence,
           (SELECT COUNT(*) FROM notifications n WHERE n.profile_id = p.profile_id AND n.status = '{unread}') AS unread
         FROM user_profiles p
         LEFT JOIN wallets w ON w.profile_id = p.profile_id
         LEFT JOIN accounts a ON a.account_id = w.account_id
         LEFT JOIN notification_counters c ON c.profile_id = p.profile_id
         WHERE p.profile_id IN ({{ids}})"
    );
    let rows = many(db, &sql, people, |row| {
        let unread: i64 = row.try_get("", "unread")?;
        let facts = PersonFacts {
            status: row.try_get::<Col<PersonStatus>>("", "status")?.0,
            onchain_status: row.try_get::<Col<OnchainStatus>>("", "onchain_status")?.0,
            balance: row.try_get::<Option<Col<Qirat>>>("", "settled_balance")?.map(|balance| balance.0),
            unread: u64::try_from(unread).unwrap_or(0),
            sequence: row.try_get("", "last_sequence")?,
        };
        Ok((row.try_get::<Col<ProfileId>>("", "profile_id")?.0, facts))
    })
    .await?;
    Ok(rows.into_iter().collect())
}

/// Requests that these people made or pay, made after `made` and changed at or after `since`, oldest change first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn requests_of(
    db: &impl ConnectionTrait,
    people: &[ProfileId],
    made: Timestamp,
    since: Timestamp,
) -> Result<Vec<RequestFact>, StoreError> {
    let (made, since) = (made.micros(), since.micros());
    let columns = "request_code, creator_profile_id, payer_profile_id, status, updated_at";
    // UNION, so that each side uses its own index and a request between two of these people is there once.
    let sql = format!(
        "SELECT {columns} FROM qsend_requests
           WHERE creator_profile_id IN ({{ids}}) AND created_at >= {made} AND updated_at >= {since}
         UNION SELECT {columns} FROM qsend_requests
           WHERE payer_profile_id IN ({{ids}}) AND created_at >= {made} AND updated_at >= {since}
         ORDER BY updated_at, request_code"
    );
    many(db, &sql, people, |row| {
        Ok(RequestFact {
            code: row.try_get("", "request_code")?,
            creator: row.try_get::<Col<ProfileId>>("", "creator_profile_id")?.0,
            payer: row.try_get::<Option<Col<ProfileId>>>("", "payer_profile_id")?.map(|payer| payer.0),
            status: row.try_get::<Col<QSendStatus>>("", "status")?.0,
            updated_at: row.try_get::<Col<Timestamp>>("", "updated_at")?.0,
        })
    })
    .await
}

/// Who made or pays a request that was changed at or after `since`; at most `limit` people.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn people_with_changed_requests(
    db: &impl ConnectionTrait,
    since: Timestamp,
    limit: u64,
) -> Result<Vec<ProfileId>, StoreError> {
    let sql = format!(
        "SELECT creator_profile_id AS profile_id FROM qsend_requests WHERE updated_at >= $1
         UNION SELECT payer_profile_id FROM qsend_requests WHERE updated_at >= $1 AND payer_profile_id IS NOT NULL
         LIMIT {limit}"
    );
    let rows = db.query_all_raw(statement(db, sql, vec![Col(since).into()])).await?;
    rows.iter().map(|row| Ok(row.try_get::<Col<ProfileId>>("", "profile_id")?.0)).collect()
}

/// What became of commands: those that are shown in the read model, and those that were refused for good.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn final_commands(db: &impl ConnectionTrait, commands: &[CommandId]) -> Result<Vec<CommandFact>, StoreError> {
    let sql = "SELECT command_id, actor, state, error_code FROM outbox_commands
               WHERE command_id IN ({ids}) AND (state = 'FAILED' OR (state = 'COMMITTED' AND projected_block IS NOT NULL))";
    many(db, sql, commands, |row| {
        Ok(CommandFact {
            command_id: row.try_get::<Col<CommandId>>("", "command_id")?.0,
            actor: row.try_get::<Col<Actor>>("", "actor")?.0,
            state: row.try_get::<Col<OutboxState>>("", "state")?.0,
            error_code: row.try_get("", "error_code")?,
        })
    })
    .await
}

/// How sessions are at `now`; one that is not in the answer does not exist any more.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sessions(
    db: &impl ConnectionTrait,
    sessions: &[SessionId],
    now: Timestamp,
) -> Result<BTreeMap<SessionId, SessionFact>, StoreError> {
    let sql = "SELECT s.session_id, s.expires_at, s.revoked_at, p.status FROM sessions s
               JOIN user_profiles p ON p.profile_id = s.profile_id WHERE s.session_id IN ({ids})";
    let rows = many(db, sql, sessions, |row| {
        let ended = if row.try_get::<Option<Col<Timestamp>>>("", "revoked_at")?.is_some() {
            Some(ErrorCode::SessionRevoked)
        } else if let Some(code) = shut_out(row.try_get::<Col<PersonStatus>>("", "status")?.0) {
            Some(code)
        } else {
            let expired = row.try_get::<Col<Timestamp>>("", "expires_at")?.0 <= now;
            expired.then_some(ErrorCode::SessionExpired)
        };
        Ok((row.try_get::<Col<SessionId>>("", "session_id")?.0, SessionFact { ended }))
    })
    .await?;
    Ok(rows.into_iter().collect())
}

/// Why a person in this state has no open socket; `None` for those who may.
#[must_use]
pub const fn shut_out(status: PersonStatus) -> Option<ErrorCode> {
    match status {
        PersonStatus::Frozen => Some(ErrorCode::AccountFrozen),
        PersonStatus::Suspended | PersonStatus::Closed => Some(ErrorCode::AccountDisabled),
        PersonStatus::Registered
        | PersonStatus::PendingAdminApproval
        | PersonStatus::ApprovedPendingOnchain
        | PersonStatus::Active
        | PersonStatus::Denied => None,
    }
}

/// One statement per batch of ids; `{ids}` stands for their list. Every id is asked for once.
async fn many<Id, T>(
    db: &impl ConnectionTrait,
    sql: &str,
    ids: &[Id],
    read: impl Fn(&QueryResult) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError>
where
    Id: Copy,
    Col<Id>: Into<Value>,
{
    let mut found = Vec::new();
    for ids in ids.chunks(BATCH_ROWS_MAX) {
        let ids = filled(ids);
        let sql = sql.replace("{ids}", &list(ids.len(), 1));
        let values = ids.into_iter().map(|id| Col(id).into()).collect();
        for row in db.query_all_raw(statement(db, sql, values)).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}
