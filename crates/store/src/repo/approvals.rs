//! What waits for a second person. A row is read with [`lock`] before it changes, so that of two who decide or execute at
//! the same time one finds the other's result.

use gx_types::{
    Actor, AdminId, ApprovalId, ApprovalStatus, ApprovalType, AuditEvent, AuditObject, CommandId, Timestamp,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use crate::audit::AuditEntry;
use crate::col::Col;
use crate::entity::admin_approvals::{Column, Entity, Model};
use crate::error::StoreError;
use crate::repo::webhooks;

pub use crate::entity::admin_approvals::Model as Approval;

/// Which approvals to list.
#[derive(Debug, Clone, Default)]
pub struct ApprovalFilter {
    /// Of these types; those of `own` are listed whatever their type.
    pub types: Vec<ApprovalType>,
    /// Only of this type.
    pub only_type: Option<ApprovalType>,
    /// Asked for by whoever looks.
    pub own: Option<AdminId>,
    /// Only in this state.
    pub status: Option<ApprovalStatus>,
    /// Only asked for by this administrator.
    pub requester: Option<AdminId>,
    /// Before this place in the list.
    pub before: Option<(Timestamp, ApprovalId)>,
}

fn open() -> Condition {
    let words: Vec<&str> =
        ApprovalStatus::ALL.iter().filter(|status| status.is_open()).map(|status| status.as_str()).collect();
    Condition::all().add(Column::Status.is_in(words))
}

/// Adds an approval, and tells webhooks.
///
/// # Errors
/// [`StoreError::Duplicate`] of `hold_key` when the same is asked for already; [`StoreError`] when the database fails.
pub async fn insert(tx: &impl ConnectionTrait, row: Model) -> Result<(), StoreError> {
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    webhooks::approval(tx, &row).await
}

/// One approval.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, id: ApprovalId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).one(db).await?)
}

/// Reads an approval and holds it until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &impl ConnectionTrait, id: ApprovalId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).lock_exclusive().one(tx).await?)
}

/// Writes an approval that was read with [`lock`], and tells webhooks of the state it has come to.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save(tx: &impl ConnectionTrait, row: Model) -> Result<(), StoreError> {
    row.clone().into_active_model().reset_all().update(tx).await?;
    webhooks::approval(tx, &row).await
}

/// How many of an administrator's requests wait for a second person.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn pending_of(db: &impl ConnectionTrait, requester: AdminId) -> Result<u64, StoreError> {
    let pending = Column::Status.eq(ApprovalStatus::Pending.as_str());
    Ok(Entity::find().filter(Column::RequesterId.eq(Col(requester))).filter(pending).count(db).await?)
}

/// The approvals of these types that wait for a decision by somebody other than `me`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn pending_for(
    db: &impl ConnectionTrait,
    types: &[ApprovalType],
    me: AdminId,
) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find()
        .filter(Column::Status.eq(ApprovalStatus::Pending.as_str()))
        .filter(Column::ApprovalType.is_in(types.iter().map(|kind| kind.as_str())))
        .filter(Column::RequesterId.ne(Col(me)))
        .all(db)
        .await?)
}

/// Approvals that match, the newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &impl ConnectionTrait, filter: &ApprovalFilter, limit: u64) -> Result<Vec<Model>, StoreError> {
    let mut seen =
        Condition::any().add(Column::ApprovalType.is_in(filter.types.iter().map(|approval| approval.as_str())));
    if let Some(own) = filter.own {
        seen = seen.add(Column::RequesterId.eq(Col(own)));
    }
    let mut query = Entity::find().filter(seen);
    if let Some(only) = filter.only_type {
        query = query.filter(Column::ApprovalType.eq(Col(only)));
    }
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(Col(status)));
    }
    if let Some(requester) = filter.requester {
        query = query.filter(Column::RequesterId.eq(Col(requester)));
    }
    if let Some((at, id)) = filter.before {
        query = query.filter(
            Condition::any()
                .add(Column::RequestedAt.lt(Col(at)))
                .add(Condition::all().add(Column::RequestedAt.eq(Col(at))).add(Column::ApprovalId.lt(Col(id)))),
        );
    }
    let query = query.order_by_desc(Column::RequestedAt).order_by_desc(Column::ApprovalId).limit(limit);
    Ok(query.all(db).await?)
}

/// Open approvals whose time is up, and executions that were begun before `stuck_before` and never ended; at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn overdue(
    db: &impl ConnectionTrait,
    now: Timestamp,
    stuck_before: Timestamp,
    limit: u64,
) -> Result<Vec<ApprovalId>, StoreError> {
    let waits = Condition::all()
        .add(Column::ExpiresAt.lte(Col(now)))
        .add(Column::Status.ne(ApprovalStatus::Executing.as_str()));
    let stuck = Condition::all()
        .add(Column::Status.eq(ApprovalStatus::Executing.as_str()))
        .add(Column::ExecutingSince.lt(Col(stuck_before)));
    let rows = Entity::find()
        .filter(open())
        .filter(Condition::any().add(waits).add(stuck))
        .order_by_asc(Column::ExpiresAt)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.approval_id.0).collect())
}

/// The ledger has refused a command: the approval that enqueued it may be executed again. Returns the audit entry of it,
/// which belongs at the end of the transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn command_refused(
    tx: &impl ConnectionTrait,
    command_id: CommandId,
    code: &str,
    detail: &str,
    now: Timestamp,
) -> Result<Option<AuditEntry>, StoreError> {
    let executed = ApprovalStatus::Executed.as_str();
    let found = Entity::find()
        .filter(Column::CommandId.eq(Col(command_id)))
        .filter(Column::Status.eq(executed))
        .lock_exclusive()
        .one(tx)
        .await?;
    let Some(mut row) = found else { return Ok(None) };
    // Somebody may have asked for the same meanwhile: then it is theirs to do, and this one stays as it is.
    let again = Entity::find().filter(open()).filter(Column::HoldKey.eq(row.hold_key.clone())).count(tx).await?;
    let reopened = again == 0;
    let object = AuditObject::Approval(row.approval_id.0);
    let event = AuditEvent::ApprovalExecutionFailed;
    let entry = AuditEntry::new(event, Actor::Platform, object, row.correlation_id.0, now)
        .before("status", row.status.0)
        .after("status", if reopened { ApprovalStatus::ExecutionFailed } else { row.status.0 })
        .after("attempt", row.attempts)
        .after("commandId", command_id)
        .after("code", code);
    if !reopened {
        return Ok(Some(entry));
    }
    row.status = Col(ApprovalStatus::ExecutionFailed);
    row.failure_code = Some(code.to_owned());
    row.failure_detail = Some(detail.to_owned());
    row.updated_at = Col(now);
    save(tx, row).await?;
    Ok(Some(entry))
}
