//! `POST /api/v1/admin/users/{userId}/approve`.
//!
//! The administrator reads country and number of the identifying document from the picture and types them again; only
//! when both are what the applicant typed is the person approved. The same transaction makes the GX id, the biometric
//! hash and the command that registers the person on the ledger, so that nobody is approved without being on the way.
//! Whether the document has been used before is the ledger's decision; the person is told.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gx_base::EntropyExt;
use gx_contracts::Command;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{
    Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, Idempotency, IdempotencyKey, LedgerUse, PreferWait, Route,
    current_correlation,
};
use gx_platform::{App, BusMessage, idempotent, normalise_number};
use gx_store::audit::{self, AuditEntry};
use gx_store::outbox::NewCommand;
use gx_store::repo::documents::{self, Document, Submission};
use gx_store::repo::people::{self, Person};
use gx_store::repo::review::{self, Decision};
use gx_store::{Col, Tx};
use gx_types::api::admin::{ApproveReply, ApproveRequest};
use gx_types::{
    AccountType, Actor, AuditEvent, AuditObject, CommandId, CorrelationId, ErrorCode, GxId, LedgerKey, PersonChange,
    PersonStatus, ProfileId, Sha256Hex, SubmissionStatus, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::view;
use crate::command::{decided, enqueue, status_url};
use crate::text;

const ROUTE: &str = "approveUser";
/// Ids that are tried; with 4.6 billion endings per country and birthday, a second is hardly ever needed.
const IDS_TRIED: usize = 8;

pub(super) fn route() -> Handled {
    Route::post("/api/v1/admin/users/{userId}/approve", ROUTE)
        .summary("Approve a person")
        .description(
            "Type country and number of the identifying document again, as the picture shows them. The registration on \
             the ledger follows by itself; the ledger may still refuse it, for example because the document was used.",
        )
        .access(Access::Admin(Permission::UserApprove))
        .idempotency(Idempotency::Accepted)
        .ledger(LedgerUse::Writes)
        .waits()
        .param::<ProfileId>("userId", "The person's profile id")
        .body::<ApproveRequest>()
        .reply::<ApproveReply>(200, "Registered by the ledger within the time of `Prefer: wait`")
        .reply::<ApproveReply>(202, "Approved; the ledger has not registered the person yet")
        .errors(&[
            ErrorCode::StateConflict,
            ErrorCode::NoIdentifyingDocument,
            ErrorCode::DocumentMismatch,
            ErrorCode::DocumentAlreadyUsed,
            ErrorCode::CommandRefused,
        ])
        .handle(handle)
}

#[derive(Clone)]
struct Approval {
    profile_id: ProfileId,
    request: ApproveRequest,
    notes: Option<String>,
    actor: Actor,
    command_id: CommandId,
    correlation_id: CorrelationId,
    random: Vec<u64>,
    now: Timestamp,
}

/// What an approval made; kept for repeated requests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Approved {
    /// The command that registers the person on the ledger.
    pub command_id: CommandId,
    /// The id it registers them under.
    pub gx_id: GxId,
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    key: Option<IdempotencyKey>,
    wait: PreferWait,
    ApiPath(profile_id): ApiPath<ProfileId>,
    ApiJson(request): ApiJson<ApproveRequest>,
) -> ApiResult<Response> {
    let approved = approve_person(&app, admin.actor(), key.as_ref(), profile_id, &request).await?;

    let view = decided(&app, approved.command_id, wait).await?;
    let person = people::find(app.store().read(), profile_id).await?.ok_or_else(ApiError::not_found)?;
    let (status, message) = if view.is_settled() {
        (StatusCode::OK, "Registered on the ledger.".to_owned())
    } else {
        (StatusCode::ACCEPTED, "Approved. The ledger has not registered the person yet.".to_owned())
    };
    let reply = ApproveReply {
        command_id: approved.command_id,
        status_url: status_url(approved.command_id),
        fabric_user_id: approved.gx_id,
        status: person.status.0,
        onchain_status: person.onchain_status.0,
        message,
    };
    Ok((status, Json(reply)).into_response())
}

/// Approves a person and puts their registration on its way to the ledger, which decides later.
///
/// # Errors
/// 404 when there is no such person; 409 when they do not wait for approval; 422 when country or number are not those
/// of the document.
pub async fn approve_person(
    app: &App,
    actor: Actor,
    key: Option<&IdempotencyKey>,
    profile_id: ProfileId,
    request: &ApproveRequest,
) -> ApiResult<Approved> {
    let notes = text::optional("notes", request.notes.as_deref(), 1_000)?;
    normalise_number(&request.document_number)
        .map_err(|error| ApiError::field("documentNumber", ErrorCode::FieldInvalid, error.to_string()))?;
    let approval = Approval {
        profile_id,
        notes,
        actor,
        command_id: CommandId::from_uuid(app.new_uuid()),
        correlation_id: current_correlation(),
        // Made here: the transaction may be repeated and must then choose the same.
        random: std::iter::repeat_with(|| app.entropy().number()).take(IDS_TRIED).collect(),
        now: app.now(),
        request: request.clone(),
    };
    let unit_app = app.clone();
    let once = idempotent(app, actor, ROUTE, key, &(profile_id, request), move |tx| {
        let (app, approval) = (unit_app.clone(), approval.clone());
        Box::pin(async move { approve(&app, tx, &approval).await })
    })
    .await?;
    app.bus().publish(&BusMessage::PersonChanged { profile_id });
    Ok(once.value)
}

async fn approve(app: &App, tx: &Tx, approval: &Approval) -> ApiResult<Approved> {
    // 1. The person waits, with a submission.
    let mut person = people::lock(tx, approval.profile_id).await?.ok_or_else(ApiError::not_found)?;
    let conflict = || ApiError::new(ErrorCode::StateConflict).with_detail("the person does not wait for approval");
    if PersonChange::Approve.after(person.state()).is_none() {
        return Err(conflict());
    }
    let submission = documents::newest_submission(tx, approval.profile_id)
        .await?
        .filter(|submission| submission.status == SubmissionStatus::Pending)
        .ok_or_else(conflict)?;

    // 2. The document is what the administrator read.
    let document = identifying_document(tx, &submission, &approval.request).await?;
    let hash = verified_hash(app, &document, &approval.request)?;

    // 3. Person and submission.
    let gx_id = free_gx_id(tx, &person, &approval.random).await?;
    let actor = approval.actor.to_string();
    people::change_state(tx, approval.profile_id, PersonChange::Approve, approval.now).await?.ok_or_else(conflict)?;
    person.gx_id = Some(Col(gx_id));
    person.biometric_hash = Some(Col(hash));
    person.reviewed_by = Some(actor.clone());
    person.reviewed_at = Some(Col(approval.now));
    person.review_notes.clone_from(&approval.notes);
    person.denial_code = None;
    person.denial_reason = None;
    person.updated_at = Col(approval.now);
    let age = person.date_of_birth.0.age_at(approval.now).unwrap_or(0);
    let nationality = person.nationality_country_code.0;
    people::save(tx, person).await?;
    let decision = Decision {
        status: SubmissionStatus::Approved,
        document_id: Some(document.document_id.0),
        decided_by: actor,
        reason: None,
        notes: approval.notes.clone(),
        now: approval.now,
    };
    if !review::decide(tx, submission.submission_id.0, &decision).await? {
        return Err(conflict());
    }

    // 4. The registration on the ledger. One submission is registered once, whatever happens.
    let command = Command::CreateUser {
        profile_id: approval.profile_id,
        user_id: gx_id,
        document_hash: hash,
        nationality,
        age,
        shard: 0,
        request: LedgerKey::prefixed("submission", &submission.submission_id.0.to_string()),
    };
    let command_id = enqueue(
        tx,
        NewCommand {
            command_id: approval.command_id,
            command,
            actor: approval.actor,
            correlation_id: approval.correlation_id,
            now: approval.now,
        },
    )
    .await?;
    let object = AuditObject::Person(approval.profile_id);
    let entry =
        AuditEntry::new(AuditEvent::PersonApproved, approval.actor, object, approval.correlation_id, approval.now)
            .before("status", PersonStatus::PendingAdminApproval)
            .after("status", PersonStatus::ApprovedPendingOnchain)
            .after("documentId", document.document_id.0)
            .after("commandId", command_id);
    audit::append(tx, entry).await?;
    Ok(Approved { command_id, gx_id })
}

/// The document that was read: the named one, or the only one that identifies.
async fn identifying_document(tx: &Tx, submission: &Submission, request: &ApproveRequest) -> ApiResult<Document> {
    let mut candidates = documents::of_submission(tx, submission.submission_id.0).await?;
    candidates.retain(|document| view::identifies(document.document_type.0) && document.document_number.is_some());
    if candidates.is_empty() {
        return Err(ErrorCode::NoIdentifyingDocument.into());
    }
    match request.document_id {
        Some(id) => candidates.into_iter().find(|document| document.document_id == id).ok_or_else(|| {
            ApiError::field("documentId", ErrorCode::FieldInvalid, "This is no identifying document of the submission.")
        }),
        None => {
            let first = candidates.swap_remove(0);
            // Front and back of one document are two files with one number.
            let same = |other: &Document| {
                (other.document_type, other.issuing_country) == (first.document_type, first.issuing_country)
                    && other.document_number == first.document_number
            };
            if candidates.iter().all(same) {
                Ok(first)
            } else {
                Err(ApiError::field("documentId", ErrorCode::FieldRequired, "Say which document was read."))
            }
        }
    }
}

/// The hash of the document, if what was typed again is what the applicant typed.
fn verified_hash(app: &App, document: &Document, request: &ApproveRequest) -> ApiResult<Sha256Hex> {
    let mismatch = |field| ApiError::field(field, ErrorCode::DocumentMismatch, ErrorCode::DocumentMismatch.title());
    if document.issuing_country.map(|country| country.0) != Some(request.issuing_country) {
        return Err(mismatch("issuingCountry"));
    }
    let typed = normalise_number(document.document_number.as_deref().unwrap_or_default());
    if typed.is_err() || typed != normalise_number(&request.document_number) {
        return Err(mismatch("documentNumber"));
    }
    app.biometric()
        .hash(request.issuing_country, document.document_type.0, &request.document_number)
        .map_err(|error| ApiError::field("documentNumber", ErrorCode::FieldInvalid, error.to_string()))
}

/// A GX id that nobody has.
async fn free_gx_id(tx: &Tx, person: &Person, random: &[u64]) -> ApiResult<GxId> {
    for random in random {
        let id = GxId::generate(
            person.nationality_country_code.0,
            person.date_of_birth.0,
            person.gender.0.into(),
            AccountType::INDIVIDUAL,
            *random,
        )
        .map_err(ApiError::internal)?;
        if !review::has_gx_id(tx, id).await? {
            return Ok(id);
        }
    }
    Err(ApiError::internal("no free GX id was found"))
}
