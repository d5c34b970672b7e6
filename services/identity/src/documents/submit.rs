//! `POST /api/v1/users/{id}/kyc`: hands documents in for review.
//!
//! Submission, documents and the person's new state are written together. A person who was denied may hand in again,
//! with new documents: those of the refused submission stay with it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gx_platform::auth::Person as Caller;
use gx_platform::http::{Access, ApiError, ApiJson, ApiPath, ApiResult, Handled, Route};
use gx_platform::{App, BusMessage};
use gx_store::Col;
use gx_store::repo::documents::{self, Document, Submission};
use gx_store::repo::people;
use gx_types::api::identity::{KycReply, KycRequest, KycView};
use gx_types::{DocumentId, ErrorCode, PersonChange, ProfileId, SubmissionId, SubmissionStatus, Timestamp};

use super::described::{Described, Evidence};
use super::status;
use crate::users::only_self;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::post("/api/v1/users/{id}/kyc", "submitDocuments")
        .summary("Hand documents in for review")
        .description(
            "Needs at least one identity card, passport or driving licence. Possible once, and again after a refusal. Documents \
             are named by `documentIds`, or described by `documents`, or, when there is one, by `evidenceHash`; whatever is \
             said about them has to agree with what was uploaded.",
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
    let kyc_record = submit_documents(&app, id, request).await?;
    Ok((StatusCode::CREATED, Json(KycReply { kyc_record })))
}

/// Hands a person's documents in.
///
/// # Errors
/// 409 while documents are under review or approved; 422 for documents that are not the person's, deleted, expired,
/// handed in before, or not as they are described, and without an identifying one.
pub async fn submit_documents(app: &App, id: ProfileId, request: KycRequest) -> ApiResult<KycView> {
    let now = app.now();
    let submission_id = SubmissionId::from_uuid(app.new_uuid());
    let described = Described::read(request)?;
    let (row, documents) = app
        .store()
        .write(move |tx| {
            let described = described.clone();
            Box::pin(async move {
                // 1. The person's state says whether anything may be handed in.
                let mut person = people::lock(tx, id).await?.ok_or_else(ApiError::not_found)?;
                if PersonChange::Submit.after(person.state()).is_none() {
                    return Err(ErrorCode::SubmissionNotOpen.into());
                }

                // 2. The documents.
                let own = documents::of_person(tx, id).await?;
                let chosen = described.choose(own, now)?;

                // 3. Submission, documents, state.
                let row = submission(submission_id, id, &chosen, now);
                documents::insert_submission(tx, row.clone()).await?;
                let attached = documents::attach(tx, id, &ids(&chosen), submission_id).await?;
                if attached != chosen.len() as u64 {
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

fn ids(documents: &[Document]) -> Vec<DocumentId> {
    documents.iter().map(|document| document.document_id.0).collect()
}

fn submission(id: SubmissionId, profile_id: ProfileId, documents: &[Document], now: Timestamp) -> Submission {
    let evidence = Evidence::of_all(documents);
    Submission {
        submission_id: Col(id),
        profile_id: Col(profile_id),
        status: Col(SubmissionStatus::Pending),
        evidence_hash: Some(Col(evidence.hash)),
        evidence_size: Some(evidence.size),
        evidence_mime: evidence.mime,
        verified_document_id: None,
        decided_by: None,
        decided_at: None,
        reason: None,
        notes: None,
        created_at: Col(now),
        updated_at: Col(now),
    }
}
