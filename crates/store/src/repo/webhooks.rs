//! Webhooks and what is on its way to them.
//!
//! [`emit`] goes into the transaction of what it tells of: the event and its deliveries are kept with it, or neither is.
//! An event's id is derived from what happened, so that the same thing told twice is one event. Where no webhook wants it
//! nothing is written.

use std::time::Duration;

use gx_types::{
    ApprovalStatus, PersonState, ProfileId, QSendStatus, Timestamp, TransactionKind, WebhookDeliveryId,
    WebhookDeliveryState, WebhookEvent, WebhookEventId, WebhookId,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::col::Col;
use crate::connect::Backend;
use crate::entity::admin_approvals::Model as Approval;
use crate::entity::qsend_requests::Model as Request;
use crate::entity::{qsend_requests, transactions, user_profiles, webhook_deliveries, webhooks};
use crate::error::StoreError;
use crate::projection::save::{ChangedPerson, PaidRequest};
use crate::sql::{placeholders, statement};

pub use crate::entity::webhook_deliveries::Model as Delivery;
pub use crate::entity::webhooks::Model as Webhook;

/// Deliveries written by one statement at most.
const ROWS_MAX: usize = 100;

/// Something that webhooks are told of.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Names what happened: the event's id is derived from it.
    pub key: String,
    /// What happened.
    pub event: WebhookEvent,
    /// To whom and how: ids, states and figures. No names, addresses or texts of people.
    pub data: Json,
    /// When.
    pub at: Timestamp,
}

/// Which deliveries to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryFilter {
    /// Only in this state.
    pub state: Option<WebhookDeliveryState>,
    /// Before this place in the list.
    pub before: Option<(Timestamp, WebhookDeliveryId)>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// Where that leaves the delivery.
    pub state: WebhookDeliveryState,
    /// When it is due again, for one that waits.
    pub next_at: Timestamp,
    /// What the receiver answered.
    pub response_status: Option<u16>,
    /// The beginning of it.
    pub response_excerpt: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// An id that the same text always gives.
fn derived(text: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The delivery of an event to a webhook.
#[must_use]
pub fn delivery_id(webhook: WebhookId, event: WebhookEventId) -> WebhookDeliveryId {
    WebhookDeliveryId::from_uuid(derived(&format!("{webhook}\n{event}")))
}

impl NewEvent {
    fn id(&self) -> WebhookEventId {
        WebhookEventId::from_uuid(derived(&self.key))
    }

    /// The text that is signed and sent.
    fn body(&self) -> String {
        json!({ "id": self.id(), "event": self.event, "timestamp": self.at, "data": self.data }).to_string()
    }
}

impl webhooks::Model {
    /// The events it is told of. A name that this program does not know is left out.
    #[must_use]
    pub fn wanted(&self) -> Vec<WebhookEvent> {
        let names: Vec<String> = serde_json::from_str(&self.events).unwrap_or_default();
        names.iter().filter_map(|name| name.parse().ok()).collect()
    }
}

// ── events ──

async fn active(tx: &impl ConnectionTrait) -> Result<Vec<Webhook>, StoreError> {
    Ok(webhooks::Entity::find().filter(webhooks::Column::IsActive.eq(true)).all(tx).await?)
}

/// Puts events on their way to every active webhook that wants them, in the transaction of what they tell of. Returns how
/// many deliveries that makes.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn emit(tx: &impl ConnectionTrait, events: &[NewEvent]) -> Result<u64, StoreError> {
    if events.is_empty() {
        return Ok(0);
    }
    deliver_to(tx, &active(tx).await?, events).await
}

/// Puts a test on its way to one webhook, whatever events it wants.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn emit_to(
    tx: &impl ConnectionTrait,
    to: &Webhook,
    event: NewEvent,
) -> Result<WebhookDeliveryId, StoreError> {
    let id = delivery_id(to.webhook_id.0, event.id());
    insert_deliveries(tx, &[(to.webhook_id.0, &event)]).await?;
    Ok(id)
}

async fn deliver_to(tx: &impl ConnectionTrait, hooks: &[Webhook], events: &[NewEvent]) -> Result<u64, StoreError> {
    let mut rows = Vec::new();
    for hook in hooks {
        let wanted = hook.wanted();
        rows.extend(events.iter().filter(|one| wanted.contains(&one.event)).map(|one| (hook.webhook_id.0, one)));
    }
    insert_deliveries(tx, &rows).await
}

async fn insert_deliveries(tx: &impl ConnectionTrait, rows: &[(WebhookId, &NewEvent)]) -> Result<u64, StoreError> {
    let mut written = 0;
    for rows in rows.chunks(ROWS_MAX) {
        let sql = format!(
            "INSERT INTO webhook_deliveries (delivery_id, webhook_id, event_id, event, body, state, next_at, created_at)
             VALUES {} ON CONFLICT (webhook_id, event_id) DO NOTHING",
            placeholders(rows.len(), 8, 1)
        );
        let values = rows.iter().flat_map(|(hook, event)| -> [Value; 8] {
            [
                Col(delivery_id(*hook, event.id())).into(),
                Col(*hook).into(),
                Col(event.id()).into(),
                Col(event.event).into(),
                event.body().into(),
                WebhookDeliveryState::Pending.as_str().into(),
                Col(event.at).into(),
                Col(event.at).into(),
            ]
        });
        let done = tx.execute_raw(statement(tx, sql, values.collect())).await?;
        written += done.rows_affected();
    }
    Ok(written)
}

/// Tells of an approval's state; one that is being executed is no news yet.
pub(super) async fn approval(tx: &impl ConnectionTrait, row: &Approval) -> Result<(), StoreError> {
    let event = match row.status.0 {
        ApprovalStatus::Pending => WebhookEvent::ApprovalRequested,
        ApprovalStatus::Approved => WebhookEvent::ApprovalApproved,
        ApprovalStatus::Rejected => WebhookEvent::ApprovalRejected,
        ApprovalStatus::Cancelled => WebhookEvent::ApprovalCancelled,
        ApprovalStatus::Expired => WebhookEvent::ApprovalExpired,
        ApprovalStatus::Executed => WebhookEvent::ApprovalExecuted,
        ApprovalStatus::ExecutionFailed => WebhookEvent::ApprovalExecutionFailed,
        ApprovalStatus::Executing => return Ok(()),
    };
    let data = json!({
        "approvalId": row.approval_id.0,
        "type": row.approval_type.0,
        "status": row.status.0,
        "object": row.object.0,
        "requesterId": row.requester_id.0,
        "approverId": row.approver_id.map(|id| id.0),
        "executorId": row.executor_id.map(|id| id.0),
        "attempts": row.attempts,
        "failureCode": row.failure_code,
        "commandId": row.command_id.map(|id| id.0),
    });
    // An execution fails, and is refused by the ledger, at most once for each attempt.
    let key = format!("approval\n{}\n{}\n{}", row.approval_id.0, row.status.0, row.attempts);
    emit(tx, &[NewEvent { key, event, data, at: row.updated_at.0 }]).await?;
    Ok(())
}

/// Tells of a person's state as the office has changed it.
pub(super) async fn person(
    tx: &impl ConnectionTrait,
    profile_id: ProfileId,
    (from, to): (PersonState, PersonState),
    at: Timestamp,
) -> Result<(), StoreError> {
    emit(tx, &[person_event(profile_id, from, to, at)]).await?;
    Ok(())
}

fn person_event(profile_id: ProfileId, from: PersonState, to: PersonState, at: Timestamp) -> NewEvent {
    let state = |state: PersonState| json!({ "status": state.status, "onchainStatus": state.onchain });
    let key = format!("person\n{profile_id}\n{}\n{}\n{}", to.status, to.onchain, at.micros());
    let data = json!({ "profileId": profile_id, "before": state(from), "after": state(to) });
    NewEvent { key, event: WebhookEvent::PersonStatusChanged, data, at }
}

/// Tells of a request for payment that was taken back, or whose time was up.
pub(super) async fn requests(tx: &impl ConnectionTrait, rows: &[Request], now: Timestamp) -> Result<(), StoreError> {
    let events: Vec<NewEvent> = rows
        .iter()
        .filter_map(|row| {
            let event = match row.status.0 {
                QSendStatus::Cancelled => WebhookEvent::QSendCancelled,
                QSendStatus::Expired => WebhookEvent::QSendExpired,
                QSendStatus::Active | QSendStatus::Paying | QSendStatus::Paid => return None,
            };
            let data = json!({
                "code": row.request_code,
                "amount": row.amount.0,
                "creatorAccountId": row.creator_account_id.0,
                "status": row.status.0,
            });
            Some(NewEvent { key: format!("qsend\n{}\n{}", row.request_id.0, row.status.0), event, data, at: now })
        })
        .collect();
    emit(tx, &events).await?;
    Ok(())
}

/// Tells of everything in a batch of blocks: payments, requests that are paid, people whom the ledger has changed. After
/// the rows are written.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn projected(
    tx: &impl ConnectionTrait,
    history: &[transactions::Model],
    paid: &[PaidRequest],
    people: &[ChangedPerson],
) -> Result<(), StoreError> {
    // Most often nobody listens, and a batch costs one look.
    let hooks = active(tx).await?;
    if hooks.is_empty() {
        return Ok(());
    }
    let listens = |event| hooks.iter().any(|hook| hook.wanted().contains(&event));
    let mut events = Vec::new();
    if listens(WebhookEvent::TransferSettled) {
        events.extend(history.iter().filter(|row| row.kind == TransactionKind::Sent).map(transfer));
    }
    if listens(WebhookEvent::QSendPaid) && !paid.is_empty() {
        let codes = paid.iter().map(|one| one.code.clone());
        let rows =
            qsend_requests::Entity::find().filter(qsend_requests::Column::RequestCode.is_in(codes)).all(tx).await?;
        events.extend(rows.iter().map(paid_event));
    }
    if listens(WebhookEvent::PersonStatusChanged) && !people.is_empty() {
        let ids = people.iter().map(|one| Col(one.gx_id));
        let known = user_profiles::Entity::find().filter(user_profiles::Column::GxId.is_in(ids)).all(tx).await?;
        for change in people {
            let row = known.iter().find(|row| row.gx_id.is_some_and(|id| id == change.gx_id));
            events.extend(row.map(|row| person_event(row.profile_id.0, change.from, change.to, change.at)));
        }
    }
    deliver_to(tx, &hooks, &events).await?;
    Ok(())
}

fn transfer(row: &transactions::Model) -> NewEvent {
    let data = json!({
        "transactionId": row.tx_id.0,
        "blockNumber": row.block_number.to_string(),
        "fromAccountId": row.account_id.0,
        "toAccountId": row.counterparty_id.map(|id| id.0),
        "amount": row.amount.0,
        "fee": row.fee.0,
    });
    let key = format!("transfer\n{}\n{}\n{}", row.tx_id.0, row.event_index, row.leg);
    NewEvent { key, event: WebhookEvent::TransferSettled, data, at: row.occurred_at.0 }
}

fn paid_event(row: &Request) -> NewEvent {
    let data = json!({
        "code": row.request_code,
        "amount": row.amount.0,
        "fee": row.fee.map(|fee| fee.0),
        "creatorAccountId": row.creator_account_id.0,
        "payerAccountId": row.payer_account_id.map(|id| id.0),
        "transactionId": row.on_chain_tx_id.map(|id| id.0),
        "blockNumber": row.block_number.map(|number| number.to_string()),
        "status": row.status.0,
    });
    let at = row.paid_at.unwrap_or(row.updated_at).0;
    NewEvent { key: format!("qsend\n{}\nPAID", row.request_id.0), event: WebhookEvent::QSendPaid, data, at }
}

// ── webhooks ──

/// Adds a webhook.
///
/// # Errors
/// [`StoreError::Duplicate`] of `name`; [`StoreError`] when the database fails.
pub async fn insert(tx: &impl ConnectionTrait, row: Webhook) -> Result<(), StoreError> {
    webhooks::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Every webhook, by name.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Webhook>, StoreError> {
    Ok(webhooks::Entity::find().order_by_asc(webhooks::Column::Name).all(db).await?)
}

/// How many there are.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(webhooks::Entity::find().count(db).await?)
}

/// One webhook.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    Ok(webhooks::Entity::find_by_id(Col(id)).one(db).await?)
}

/// Reads a webhook and holds it until the unit of work ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &impl ConnectionTrait, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    Ok(webhooks::Entity::find_by_id(Col(id)).lock_exclusive().one(tx).await?)
}

/// Writes a webhook that was read with [`lock`].
///
/// # Errors
/// [`StoreError::Duplicate`] of `name`; [`StoreError`] when the database fails.
pub async fn save(tx: &impl ConnectionTrait, row: Webhook) -> Result<(), StoreError> {
    row.into_active_model().reset_all().update(tx).await?;
    Ok(())
}

/// Deletes a webhook with everything on its way to it. `false`: there is none.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(tx: &impl ConnectionTrait, id: WebhookId) -> Result<bool, StoreError> {
    let gone = webhooks::Entity::delete_by_id(Col(id)).exec(tx).await?.rows_affected == 1;
    webhook_deliveries::Entity::delete_many()
        .filter(webhook_deliveries::Column::WebhookId.eq(Col(id)))
        .exec(tx)
        .await?;
    Ok(gone)
}

// ── deliveries ──

/// Deliveries to a webhook, the newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn deliveries(
    db: &impl ConnectionTrait,
    webhook: WebhookId,
    filter: &DeliveryFilter,
    limit: u64,
) -> Result<Vec<Delivery>, StoreError> {
    use webhook_deliveries::{Column, Entity};
    let mut query = Entity::find().filter(Column::WebhookId.eq(Col(webhook)));
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(Col(state)));
    }
    if let Some((at, id)) = filter.before {
        query = query.filter(
            Condition::any()
                .add(Column::CreatedAt.lt(Col(at)))
                .add(Condition::all().add(Column::CreatedAt.eq(Col(at))).add(Column::DeliveryId.lt(Col(id)))),
        );
    }
    let query = query.order_by_desc(Column::CreatedAt).order_by_desc(Column::DeliveryId).limit(limit);
    Ok(query.all(db).await?)
}

/// One delivery to a webhook.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delivery(
    db: &impl ConnectionTrait,
    webhook: WebhookId,
    id: WebhookDeliveryId,
) -> Result<Option<Delivery>, StoreError> {
    let own = webhook_deliveries::Column::WebhookId.eq(Col(webhook));
    Ok(webhook_deliveries::Entity::find_by_id(Col(id)).filter(own).one(db).await?)
}

/// Active webhooks for which something is due.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn due(db: &impl ConnectionTrait, now: Timestamp) -> Result<Vec<WebhookId>, StoreError> {
    let sql = "SELECT w.webhook_id FROM webhooks w WHERE w.is_active AND EXISTS (
                 SELECT 1 FROM webhook_deliveries d
                 WHERE d.webhook_id = w.webhook_id AND d.state IN ('PENDING', 'SENDING') AND d.next_at <= $1)";
    let rows = db.query_all_raw(statement(db, sql, vec![Col(now).into()])).await?;
    rows.iter().map(|row| Ok(row.try_get::<Col<WebhookId>>("", "webhook_id")?.0)).collect()
}

/// Takes up to `limit` deliveries to a webhook that are due, the longest waiting first. Until `lease` is over nobody else
/// takes them. Nothing for a webhook that is not active.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn take(
    tx: &impl ConnectionTrait,
    webhook: WebhookId,
    now: Timestamp,
    lease: Duration,
    limit: u64,
) -> Result<Option<(Webhook, Vec<Delivery>)>, StoreError> {
    let Some(hook) = find(tx, webhook).await?.filter(|hook| hook.is_active) else { return Ok(None) };
    let skip = match Backend::of(tx) {
        Backend::Postgres => " FOR UPDATE SKIP LOCKED",
        Backend::Sqlite => "",
    };
    let sql = format!(
        "UPDATE webhook_deliveries SET state = 'SENDING', attempts = attempts + 1, fence = fence + 1, next_at = $3
         WHERE delivery_id IN (SELECT delivery_id FROM webhook_deliveries
           WHERE webhook_id = $1 AND state IN ('PENDING', 'SENDING') AND next_at <= $2
           ORDER BY next_at, created_at LIMIT $4{skip})
         RETURNING *"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = vec![Col(webhook).into(), Col(now).into(), Col(now.plus(lease)).into(), limit.into()];
    let rows = tx.query_all_raw(statement(tx, sql, values)).await?;
    let taken = rows.iter().map(|row| Delivery::from_query_result(row, "")).collect::<Result<Vec<_>, _>>()?;
    Ok(Some((hook, taken)))
}

/// Writes how an attempt ended, to the delivery and to its webhook, which it returns. `None`: somebody else has taken the
/// delivery meanwhile, or it is gone; nothing was written.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn attempted(
    tx: &impl ConnectionTrait,
    taken: &Delivery,
    outcome: &Attempted,
    now: Timestamp,
) -> Result<Option<Webhook>, StoreError> {
    let sql = "UPDATE webhook_deliveries SET state = $3, next_at = $4, response_status = $5, response_excerpt = $6,
                 error = $7, finished_at = $8
               WHERE delivery_id = $1 AND fence = $2 AND state = 'SENDING'";
    let over = matches!(outcome.state, WebhookDeliveryState::Delivered | WebhookDeliveryState::Dead);
    let values: Vec<Value> = vec![
        taken.delivery_id.into(),
        taken.fence.into(),
        Col(outcome.state).into(),
        Col(outcome.next_at).into(),
        outcome.response_status.map(i64::from).into(),
        outcome.response_excerpt.clone().into(),
        outcome.error.clone().into(),
        over.then_some(now.micros()).into(),
    ];
    if tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() != 1 {
        return Ok(None);
    }
    let Some(mut hook) = lock(tx, taken.webhook_id.0).await? else { return Ok(None) };
    if outcome.state == WebhookDeliveryState::Delivered {
        hook.failure_count = 0;
        hook.failing_since = None;
        hook.last_success_at = Some(Col(now));
    } else {
        hook.failure_count += 1;
        hook.failing_since = hook.failing_since.or(Some(Col(now)));
        hook.last_failure_at = Some(Col(now));
    }
    save(tx, hook.clone()).await?;
    Ok(Some(hook))
}

/// Sends a delivery that is over once more. `false`: it is not over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn replay(
    tx: &impl ConnectionTrait,
    webhook: WebhookId,
    id: WebhookDeliveryId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE webhook_deliveries SET state = 'PENDING', attempts = 0, next_at = $3, error = NULL,
                 response_status = NULL, response_excerpt = NULL, finished_at = NULL
               WHERE webhook_id = $1 AND delivery_id = $2 AND state IN ('DELIVERED', 'DEAD')";
    let values = vec![Col(webhook).into(), Col(id).into(), Col(now).into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Forgets deliveries of events before `before`. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget(tx: &impl ConnectionTrait, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM webhook_deliveries WHERE created_at < $1";
    Ok(tx.execute_raw(statement(tx, sql, vec![Col(before).into()])).await?.rows_affected())
}
