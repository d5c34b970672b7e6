//! Q Send requests: every change of state is one conditional statement, so that of two who want the same request one wins.
//!
//! ACTIVE → PAYING here, PAYING → PAID by the projector, PAYING → ACTIVE or EXPIRED by the reaction to a refusal.

use gx_types::{AccountId, CommandId, ProfileId, QSendId, QSendStatus, Qirat, QiratSum, Timestamp};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use crate::col::Col;
use crate::connect::Backend;
use crate::entity::qsend_requests::{Column, Entity, Model};
use crate::error::StoreError;
use crate::sql::statement;

/// Stores a new request; `false` when its code is taken.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn insert(tx: &impl ConnectionTrait, request: Model) -> Result<bool, StoreError> {
    let mut insert = Entity::insert(request.into_active_model()).into_query();
    insert.on_conflict(OnConflict::column(Column::RequestCode).do_nothing().to_owned());
    Ok(tx.execute(&insert).await?.rows_affected() == 1)
}

/// The request with a code.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn by_code(connection: &impl ConnectionTrait, code: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::RequestCode.eq(code)).one(connection).await?)
}

/// Who pays, with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The payer.
    pub payer: ProfileId,
    /// The payer's account.
    pub account: AccountId,
    /// Profile name of the payer.
    pub name: String,
    /// What the payer pays on top.
    pub fee: Qirat,
    /// The command that pays.
    pub command: CommandId,
}

/// ACTIVE → PAYING, if it is ACTIVE and its time is not up. Returns which try this is, from 1; `None` when someone else
/// was faster or the time is up.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn begin_payment(
    tx: &impl ConnectionTrait,
    request: QSendId,
    payment: &Payment,
    now: Timestamp,
) -> Result<Option<u32>, StoreError> {
    let sql = "UPDATE qsend_requests SET status = 'PAYING', payer_profile_id = $2, payer_account_id = $3, \
         payer_name = $4, fee = $5, command_id = $6, payment_attempts = payment_attempts + 1, failure_code = NULL, \
         failure_reason = NULL, updated_at = $7 \
         WHERE request_id = $1 AND status = 'ACTIVE' AND expires_at > $7 RETURNING payment_attempts";
    let values = vec![
        Col(request).into(),
        Col(payment.payer).into(),
        Col(payment.account).into(),
        payment.name.clone().into(),
        Col(payment.fee).into(),
        Col(payment.command).into(),
        Col(now).into(),
    ];
    let Some(row) = tx.query_one_raw(statement(tx, sql, values)).await? else { return Ok(None) };
    let attempt: i64 = row.try_get("", "payment_attempts")?;
    Ok(Some(u32::try_from(attempt).unwrap_or(u32::MAX)))
}

/// Which try the next payment of a request would be, from 1.
#[must_use]
pub fn next_attempt(request: &Model) -> u32 {
    u32::try_from(request.payment_attempts.saturating_add(1)).unwrap_or(u32::MAX)
}

/// ACTIVE → CANCELLED by its creator, if its time is not up. `false` when it is not ACTIVE any more.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn cancel(tx: &impl ConnectionTrait, request: QSendId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = Entity::update_many()
        .col_expr(Column::Status, Expr::value(QSendStatus::Cancelled.as_str()))
        .col_expr(Column::CancelledAt, Expr::value(Col(now)))
        .col_expr(Column::UpdatedAt, Expr::value(Col(now)))
        .filter(Column::RequestId.eq(Col(request)))
        .filter(Column::Status.eq(Col(QSendStatus::Active)))
        .filter(Column::ExpiresAt.gt(Col(now)))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Ok(false);
    }
    let row = Entity::find_by_id(Col(request)).one(tx).await?;
    super::webhooks::requests(tx, row.as_slice(), now).await?;
    Ok(true)
}

/// Counts a scan of the code.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn count_scan(tx: &impl ConnectionTrait, request: QSendId, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE qsend_requests SET scanned_count = scanned_count + 1, last_scanned_at = $2 WHERE request_id = $1";
    tx.execute_raw(statement(tx, sql, vec![Col(request).into(), Col(now).into()])).await?;
    Ok(())
}

/// Whether the time of any request is up that has not been swept.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn any_due(connection: &impl ConnectionTrait, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS found FROM qsend_requests WHERE status = 'ACTIVE' AND expires_at <= $1 LIMIT 1";
    Ok(connection.query_one_raw(statement(connection, sql, vec![Col(now).into()])).await?.is_some())
}

/// ACTIVE → EXPIRED for up to `limit` requests whose time is up; returns them. Replicas do not get in each other's way:
/// each takes rows that no other holds.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn expire_due(tx: &impl ConnectionTrait, now: Timestamp, limit: u64) -> Result<Vec<Model>, StoreError> {
    let skip = match Backend::of(tx) {
        Backend::Postgres => " FOR UPDATE SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "UPDATE qsend_requests SET status = 'EXPIRED', updated_at = $1 WHERE status = 'ACTIVE' AND request_id IN \
         (SELECT request_id FROM qsend_requests WHERE status = 'ACTIVE' AND expires_at <= $1 \
         ORDER BY expires_at LIMIT $2{skip}) RETURNING *"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = tx.query_all_raw(statement(tx, sql, vec![Col(now).into(), limit.into()])).await?;
    let expired = rows.iter().map(|row| Model::from_query_result(row, "")).collect::<Result<Vec<_>, _>>()?;
    super::webhooks::requests(tx, &expired, now).await?;
    Ok(expired)
}

/// In which part a person appears in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Wants to be paid.
    Creator,
    /// Pays or has paid.
    Payer,
    /// Either.
    All,
}

/// Which requests are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListFilter {
    /// The person's part.
    pub role: Role,
    /// The state; a request whose time is up counts as expired, swept or not.
    pub status: Option<QSendStatus>,
    /// Made not before.
    pub from: Option<Timestamp>,
    /// Made before, not at.
    pub until: Option<Timestamp>,
}

/// Up to `limit` requests of a person, newest first, after the request `after`.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn list(
    connection: &impl ConnectionTrait,
    person: ProfileId,
    filter: &ListFilter,
    after: Option<(Timestamp, QSendId)>,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let creator = Column::CreatorProfileId.eq(Col(person));
    let payer = Column::PayerProfileId.eq(Col(person));
    let mut condition = Condition::all()
        .add(match filter.role {
            Role::Creator => Condition::all().add(creator),
            Role::Payer => Condition::all().add(payer),
            Role::All => Condition::any().add(creator).add(payer),
        })
        .add_option(filter.from.map(|from| Column::CreatedAt.gte(Col(from))))
        .add_option(filter.until.map(|until| Column::CreatedAt.lt(Col(until))));
    if let Some(status) = filter.status {
        let stored = Column::Status.eq(Col(status));
        condition = condition.add(match status {
            QSendStatus::Active => Condition::all().add(stored).add(Column::ExpiresAt.gt(Col(now))),
            QSendStatus::Expired => Condition::any().add(stored).add(
                Condition::all().add(Column::Status.eq(Col(QSendStatus::Active))).add(Column::ExpiresAt.lte(Col(now))),
            ),
            QSendStatus::Paying | QSendStatus::Paid | QSendStatus::Cancelled => Condition::all().add(stored),
        });
    }
    if let Some((at, id)) = after {
        condition = condition.add(
            Condition::any()
                .add(Column::CreatedAt.lt(Col(at)))
                .add(Condition::all().add(Column::CreatedAt.eq(Col(at))).add(Column::RequestId.lt(Col(id)))),
        );
    }
    Ok(Entity::find()
        .filter(condition)
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::RequestId)
        .limit(limit)
        .all(connection)
        .await?)
}

/// How many requests of a state there are, and the sum of their amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateFigures {
    /// The state; a request whose time is up counts as expired.
    pub status: QSendStatus,
    /// How many.
    pub count: u64,
    /// Sum of their amounts.
    pub amount: QiratSum,
}

/// Figures by state over everything a person asked for.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn figures_by_state(
    connection: &impl ConnectionTrait,
    creator: ProfileId,
    now: Timestamp,
) -> Result<Vec<StateFigures>, StoreError> {
    let sql = "SELECT CASE WHEN status = 'ACTIVE' AND expires_at <= $2 THEN 'EXPIRED' ELSE status END AS effective, \
         COUNT(*) AS requests, CAST(SUM(amount / 1000000) AS BIGINT) AS whole, CAST(SUM(amount % 1000000) AS BIGINT) AS rest \
         FROM qsend_requests WHERE creator_profile_id = $1 GROUP BY 1";
    let rows = connection.query_all_raw(statement(connection, sql, vec![Col(creator).into(), Col(now).into()])).await?;
    let mut figures = Vec::with_capacity(rows.len());
    for row in rows {
        let count: i64 = row.try_get("", "requests")?;
        figures.push(StateFigures {
            status: row.try_get::<Col<QSendStatus>>("", "effective")?.0,
            count: u64::try_from(count).unwrap_or(0),
            amount: QiratSum::from_halves(row.try_get("", "whole")?, row.try_get("", "rest")?),
        });
    }
    Ok(figures)
}

/// How many open requests a person has.
///
/// # Errors
/// [`StoreError`] as for every statement.
pub async fn open_count(
    connection: &impl ConnectionTrait,
    creator: ProfileId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    use sea_orm::PaginatorTrait;
    Ok(Entity::find()
        .filter(Column::CreatorProfileId.eq(Col(creator)))
        .filter(Column::Status.eq(Col(QSendStatus::Active)))
        .filter(Column::ExpiresAt.gt(Col(now)))
        .count(connection)
        .await?)
}
