//! The job that ends what nobody decided or executed in time, and with it what it held; and that notices executions
//! whose process is gone.

use std::time::Duration;

use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::approvals::{self, Approval};
use gx_store::{Col, Tx};
use gx_types::{Actor, ApprovalId, ApprovalStatus, AuditEvent, AuditObject, CorrelationId, Timestamp};

use super::execute::failed;
use super::status_now;

/// Approvals in one round, at most.
const BATCH: u64 = 100;
/// An execution takes a moment; one that is under way for so long has lost its process. Should it still live, it finds
/// that it is not its turn any more, and changes nothing.
const STUCK: Duration = Duration::from_secs(60);

/// Ends what is over. Any number of replicas may do it at the same time. Returns how many.
///
/// # Errors
/// 503 when the database is out of reach; what was ended before stays so.
pub(crate) async fn sweep(app: &App) -> ApiResult<u64> {
    let now = app.now();
    let mut ended = 0;
    for id in approvals::overdue(app.store().read(), now, now.minus(STUCK), BATCH).await? {
        let correlation_id = CorrelationId::from_uuid(app.new_uuid());
        let done: Result<bool, ApiError> =
            app.store().write(move |tx| Box::pin(async move { end(tx, id, correlation_id, now).await })).await;
        ended += u64::from(done?);
    }
    Ok(ended)
}

async fn end(tx: &Tx, id: ApprovalId, correlation_id: CorrelationId, now: Timestamp) -> ApiResult<bool> {
    let Some(row) = approvals::lock(tx, id).await? else { return Ok(false) };
    if row.status.0 == ApprovalStatus::Executing {
        if row.executing_since.is_none_or(|since| now.since(since.0) < STUCK) {
            return Ok(false);
        }
        let why = ("INTERRUPTED".to_owned(), "the process that executed it is gone; nothing was done".to_owned());
        failed(tx, row, why, Actor::Platform, correlation_id, now).await?;
        return Ok(true);
    }
    if !row.status.0.is_open() || status_now(&row, now) != ApprovalStatus::Expired {
        return Ok(false);
    }
    let object = AuditObject::Approval(id);
    let entry = AuditEntry::new(AuditEvent::ApprovalExpired, Actor::Platform, object, correlation_id, now)
        .before("status", row.status.0);
    approvals::save(tx, Approval { status: Col(ApprovalStatus::Expired), updated_at: Col(now), ..row }).await?;
    audit::append(tx, entry).await?;
    Ok(true)
}
