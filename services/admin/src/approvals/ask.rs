//! Asking for something that a second person approves: the answer 202 of every such route.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gx_base::limits::{APPROVAL_SECONDS, APPROVALS_PENDING_MAX};
use gx_platform::auth::Requester;
use gx_platform::http::{ApiError, ApiResult, Idempotency, IdempotencyKey, LedgerUse, Route, current_correlation};
use gx_platform::{App, idempotent};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::approvals::{self, Approval};
use gx_store::{Col, Tx, rehearse};
use gx_types::api::admin::ApprovalRequested;
use gx_types::{ApprovalId, ApprovalStatus, AuditEvent, AuditObject, CommandId, CorrelationId, ErrorCode, Timestamp};
use serde::Serialize;

use super::Action;
use super::act::{self, Doing, Prepared};

/// How long an approval waits.
pub(super) const LIFE: Duration = Duration::from_secs(APPROVAL_SECONDS);

/// Declares what every route that waits for a second person has in common.
pub(crate) fn declared(route: Route, ledger: LedgerUse) -> Route {
    route
        .idempotency(Idempotency::Accepted)
        .ledger(ledger)
        .reply::<ApprovalRequested>(202, "A second person must approve it; nothing was done yet")
        .errors(&[ErrorCode::StateConflict])
}

#[derive(Clone)]
struct Asked {
    approval_id: ApprovalId,
    command_id: CommandId,
    correlation_id: CorrelationId,
    now: Timestamp,
    action: Action,
    prepared: Prepared,
}

/// Asks for an action: checks that it could be done, keeps it for a second person, and answers 202.
///
/// # Errors
/// What doing it would answer; 409 when the same is asked for already, or too much waits.
pub(crate) async fn ask<B: Serialize>(
    app: &App,
    requester: &Requester,
    key: Option<&IdempotencyKey>,
    route: &'static str,
    body: &B,
    action: Action,
) -> ApiResult<Response> {
    let asked = Asked {
        approval_id: ApprovalId::from_uuid(app.new_uuid()),
        command_id: CommandId::from_uuid(app.new_uuid()),
        correlation_id: current_correlation(),
        now: app.now(),
        prepared: act::prepare_rehearsal(app, &action),
        action,
    };
    let who = requester.clone();
    let once = idempotent(app, requester.actor(), route, key, body, move |tx| {
        let (asked, who) = (asked.clone(), who.clone());
        Box::pin(async move { keep(tx, asked, &who).await })
    })
    .await?;
    Ok((StatusCode::ACCEPTED, Json(once.value)).into_response())
}

async fn keep(tx: &Tx, asked: Asked, requester: &Requester) -> ApiResult<ApprovalRequested> {
    // 1. It could be done: everything is tried, and undone.
    let doing = Doing {
        approval_id: asked.approval_id,
        attempt: 0,
        actor: requester.actor(),
        deciders: vec![(requester.admin_id(), requester.role())],
        command_id: asked.command_id,
        correlation_id: asked.correlation_id,
        now: asked.now,
        prepared: asked.prepared,
    };
    let action = asked.action.clone();
    rehearse(tx, move |tx| Box::pin(async move { act::act(tx, &action, &doing).await.map(|_| ()) })).await?;

    // 2. It is kept, and holds what nobody else may ask for meanwhile.
    if approvals::pending_of(tx, requester.admin_id()).await? >= APPROVALS_PENDING_MAX {
        return Err(ErrorCode::ApprovalsTooMany.into());
    }
    let expires_at = asked.now.plus(LIFE);
    let row = Approval {
        approval_id: Col(asked.approval_id),
        approval_type: Col(asked.action.kind()),
        status: Col(ApprovalStatus::Pending),
        hold_key: asked.action.hold_key(),
        action: serde_json::to_string(&asked.action).map_err(ApiError::internal)?,
        summary: asked.action.summary(),
        object: Col(asked.action.object()),
        requester_id: Col(requester.admin_id()),
        approver_id: None,
        executor_id: None,
        decision_reason: None,
        attempts: 0,
        executing_since: None,
        failure_code: None,
        failure_detail: None,
        command_id: None,
        correlation_id: Col(asked.correlation_id),
        requested_at: Col(asked.now),
        decided_at: None,
        executed_at: None,
        expires_at: Col(expires_at),
        updated_at: Col(asked.now),
    };
    approvals::insert(tx, row).await.map_err(|error| match error {
        error if error.is_duplicate_of("hold_key") => ErrorCode::ApprovalOpen.into(),
        error => ApiError::from(error),
    })?;
    let object = AuditObject::Approval(asked.approval_id);
    let entry =
        AuditEntry::new(AuditEvent::ApprovalRequested, requester.actor(), object, asked.correlation_id, asked.now)
            .after("type", asked.action.kind())
            .after("object", asked.action.object());
    let entry = asked.action.facts().into_iter().fold(entry, |entry, (name, value)| entry.after(name, value));
    audit::append(tx, entry).await?;
    Ok(ApprovalRequested {
        approval_id: asked.approval_id,
        status: ApprovalStatus::Pending,
        status_url: format!("/api/v1/admin/approvals/{}", asked.approval_id),
        expires_at,
        message: "Nothing was done yet: a second administrator must approve it.".to_owned(),
    })
}
