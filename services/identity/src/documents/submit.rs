//! `POST /api/v1/users/{id}/kyc`: hands documents in for review.
//!
//! Submission, documents and the person's new state are written together. A person who was denied may hand in again,
//! with new documents: those of the refused submission stay with it.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gx_platform::auth::Person as Caller;
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, Route};
use gx_platform::{App, BusMessage, sha256};
use gx_store::Col;
use gx_store::repo::documents::{self, Document, Submission};
use gx_store::repo::people;
use gx_types::api::identity::{KycReply, KycRequest, KycView};
use gx_types::{DocumentId, ErrorCode, PersonChange, ProfileId, SubmissionId, SubmissionStatus, Timestamp};

use super::status;
use crate::refuse::{Faults, refused};
use crate::users::only_self;

/// Documents of one submission, at most.
const DOCUMENTS_MAX: usize = 20;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/users/{id}/kyc", "submitDocuments")
        .summary("Hand documents in for review")
        .description(
            "Needs at least one identity card, passport or driving licence. Possible once, and again after a refusal.",
        )
        .access(Access::Person)
        .param::<ProfileId>("id", "The own profileId")
        .body::<KycRequest>()
        .reply::<KycReply>(201, "Handed in")
        .errors(&[ErrorCode::SubmissionNotOpen, ErrorCode::IdentityDocumentMissing])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    caller: Caller,
    ApiPath(id): ApiPath<ProfileId>,
    ApiJson(request): ApiJson<KycRequest>,
) -> ApiResult<(StatusCode, Json<KycReply>)> {
    only_self(&caller, id)?;
    let kyc_record = submit_documents(&app, id, &request.document_ids).await?;
    Ok((StatusCode::CREATED, Json(KycReply { kyc_record })))
}

/// Hands a person's documents in.
///
/// # Errors
/// 409 while documents are under review or approved; 422 for documents that are not the person's, deleted, expired or
/// handed in before, and without an identifying one.
pub async fn submit_documents(app: &App, id: ProfileId, wanted: &[DocumentId]) -> ApiResult<KycView> {
    if wanted.is_empty() || wanted.len() > DOCUMENTS_MAX {
        let message = format!("Name 1 to {DOCUMENTS_MAX} documents.");
        return Err(ApiError::field("documentIds", ErrorCode::FieldInvalid, message));
    }
    let now = app.now();
    let submission_id = SubmissionId::from_uuid(app.new_uuid());
    let wanted = wanted.to_vec();
    let (row, documents) = app
        .store()
        .write(move |tx| {
            let wanted = wanted.clone();
            Box::pin(async move {
                // 1. The person's state says whether anything may be handed in.
                let mut person = people::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
                if PersonChange::Submit.after(person.state()).is_none() {
                    return Err(ErrorCode::SubmissionNotOpen.into());
                }

                // 2. The documents.
                let own = documents::of_person(tx, id).await?;
                let chosen = choose(&wanted, own, now)?;

                // 3. Submission, documents, state.
                let row = submission(submission_id, id, &chosen, now);
                documents::insert_submission(tx, row.clone()).await?;
                let attached = documents::attach(tx, id, &wanted, submission_id).await?;
                if attached != wanted.len() as u64 {
                    return Err(ErrorCode::StateConflict.into());
                }
                person.denial_code = None;
                person.denial_reason = None;
                person.updated_at = Col(now);
                people::save(tx, person).await?;
                if people::change_state(tx, id, PersonChange::Submit, now).await?.is_none() {
                    return Err(ErrorCode::SubmissionNotOpen.into());
                }
                Ok::<_, ApiError>((row, chosen))
            })
        })
        .await?;
    app.bus().publish(&BusMessage::PersonChanged { profile_id: id });
    Ok(status::view(row, &documents))
}

/// The wanted documents, in the order of their ids.
fn choose(wanted: &[DocumentId], own: Vec<Document>, now: Timestamp) -> ApiResult<Vec<Document>> {
    let mut faults = Faults::default();
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for (index, id) in wanted.iter().enumerate() {
        let field = format!("documentIds[{index}]");
        if !seen.insert(*id) {
            faults.say(&field, ErrorCode::FieldInvalid, "This document is named twice.");
            continue;
        }
        match own.iter().find(|document| document.document_id == *id) {
            None => faults.say(&field, ErrorCode::FieldInvalid, "You have no such document."),
            Some(document) if document.submission_id.is_some() => {
                faults.say(&field, ErrorCode::FieldInvalid, "This document was handed in before.");
            }
            Some(document) if has_expired(document, now) => {
                faults.say(&field, ErrorCode::FieldInvalid, "This document has expired.");
            }
            Some(document) => chosen.push(document.clone()),
        }
    }
    faults.all()?;
    let identifies = |document: &Document| {
        document.document_type.identifies() && document.document_number.is_some() && document.issuing_country.is_some()
    };
    if !chosen.iter().any(identifies) {
        return Err(refused("documentIds", ErrorCode::IdentityDocumentMissing));
    }
    chosen.sort_by_key(|document| document.document_id);
    Ok(chosen)
}

fn has_expired(document: &Document, now: Timestamp) -> bool {
    // ISO dates compare as texts.
    document.expiry_date.as_deref().is_some_and(|date| date < now.date().to_string().as_str())
}

fn submission(id: SubmissionId, profile_id: ProfileId, documents: &[Document], now: Timestamp) -> Submission {
    let hashes: String = documents.iter().map(|document| format!("{}\n", document.file_hash.0)).collect();
    let size = documents.iter().fold(0_i64, |sum, document| sum.saturating_add(document.size_bytes));
    Submission {
        submission_id: Col(id),
        profile_id: Col(profile_id),
        status: Col(SubmissionStatus::Pending),
        evidence_hash: Some(Col(sha256(hashes.as_bytes()))),
        evidence_size: Some(size),
        evidence_mime: None,
        verified_document_id: None,
        decided_by: None,
        decided_at: None,
        reason: None,
        notes: None,
        created_at: Col(now),
        updated_at: Col(now),
    }
}
