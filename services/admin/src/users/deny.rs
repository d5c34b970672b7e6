//! `POST /api/v1/admin/users/{userId}/deny`: the person may hand in again.

use axum::Json;
use axum::extract::State;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, Idempotency, IdempotencyKey, Route, current_correlation,
};
use gx_platform::{App, BusMessage, idempotent};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::notifications::{self, Notice};
use gx_store::repo::review::{self, Decision};
use gx_store::repo::{documents, people};
use gx_store::{Col, Tx};
use gx_types::api::admin::{DenyRequest, ReviewReply};
use gx_types::{
    AuditEvent, AuditObject, ErrorCode, NotificationId, NotificationKind, PersonChange, PersonStatus, ProfileId,
    SubmissionStatus, Timestamp,
};

use crate::text;

const ROUTE: &str = "denyUser";
const REASON_CHARS_MIN: usize = 10;
const REASON_CHARS_MAX: usize = 500;

pub(super) fn route() -> Handled {
    Route::post("/api/v1/admin/users/{userId}/deny", ROUTE)
        .summary("Deny a person")
        .description("The reason is shown to the person, who may hand in again.")
        .access(Access::Admin(Permission::UserReject))
        .idempotency(Idempotency::Accepted)
        .param::<ProfileId>("userId", "The person's profile id")
        .body::<DenyRequest>()
        .reply::<ReviewReply>(200, "Denied")
        .errors(&[ErrorCode::StateConflict])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    ApiPath(profile_id): ApiPath<ProfileId>,
    ApiJson(request): ApiJson<DenyRequest>,
) -> ApiResult<Json<ReviewReply>> {
    let reason = text::checked("reason", &request.reason, REASON_CHARS_MIN, REASON_CHARS_MAX)?;
    let (actor, now, notice) = (admin.actor(), app.now(), NotificationId::from_uuid(app.new_uuid()));
    let correlation_id = current_correlation();
    let once = idempotent(&app, actor, ROUTE, key.as_ref(), &(profile_id, &request), move |tx| {
        let (reason, decided_by) = (reason.clone(), actor.to_string());
        Box::pin(async move {
            let reply = deny(tx, profile_id, reason.clone(), decided_by, now).await?;
            notifications::tell(tx, told(notice, profile_id, &reason, now)).await?;
            let object = AuditObject::Person(profile_id);
            let entry = AuditEntry::new(AuditEvent::PersonDenied, actor, object, correlation_id, now)
                .before("status", PersonStatus::PendingAdminApproval)
                .after("status", reply.status);
            audit::append(tx, entry).await?;
            Ok(reply)
        })
    })
    .await?;
    app.bus().publish(&BusMessage::PersonChanged { profile_id });
    Ok(Json(once.value))
}

/// What the person reads in the list of notifications.
fn told(notification_id: NotificationId, profile_id: ProfileId, reason: &str, now: Timestamp) -> Notice {
    Notice {
        notification_id,
        profile_id,
        kind: NotificationKind::KycStatusUpdate,
        title: "Your registration was denied",
        message: format!("The reason: «{reason}». You may hand in again."),
        action_url: Some("/documents".to_owned()),
        now,
    }
}

async fn deny(
    tx: &Tx,
    profile_id: ProfileId,
    reason: String,
    decided_by: String,
    now: Timestamp,
) -> ApiResult<ReviewReply> {
    let mut person = people::lock(tx, profile_id).await?.ok_or_else(ApiError::not_found)?;
    let state = people::change_state(tx, profile_id, PersonChange::Deny, now)
        .await?
        .ok_or_else(|| ApiError::new(ErrorCode::StateConflict).with_detail("the person does not wait for approval"))?;
    person.denial_code = None;
    person.denial_reason = Some(reason.clone());
    person.reviewed_by = Some(decided_by.clone());
    person.reviewed_at = Some(Col(now));
    person.updated_at = Col(now);
    people::save(tx, person).await?;
    if let Some(submission) = documents::newest_submission(tx, profile_id).await? {
        let decision = Decision {
            status: SubmissionStatus::Rejected,
            document_id: None,
            decided_by,
            reason: Some(reason),
            notes: None,
            now,
        };
        review::decide(tx, submission.submission_id.0, &decision).await?;
    }
    Ok(ReviewReply {
        status: state.status,
        onchain_status: state.onchain,
        message: "Denied. The person sees the reason and may hand in again.".to_owned(),
    })
}
