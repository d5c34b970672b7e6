//! `GET /api/v1/users/{id}/kyc`: the newest submission.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::documents::{self, Document, Submission};
use gx_types::ProfileId;
use gx_types::api::identity::{KycStatusReply, KycView};

use crate::users::only_self;

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/users/{id}/kyc", "readSubmission")
        .summary("The newest submission")
        .access(Access::Person)
        .param::<ProfileId>("id", "The own profileId")
        .reply::<KycStatusReply>(200, "The submission, or null when nothing was handed in")
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    caller: Person,
    ApiPath(id): ApiPath<ProfileId>,
) -> ApiResult<Json<KycStatusReply>> {
    only_self(&caller, id)?;
    Ok(Json(KycStatusReply { kyc_status: newest(&app, id).await? }))
}

/// A person's newest submission.
///
/// # Errors
/// 503 when the database is out of reach.
pub async fn newest(app: &App, id: ProfileId) -> ApiResult<Option<KycView>> {
    let db = app.store().read();
    let Some(row) = documents::newest_submission(db, id).await? else { return Ok(None) };
    let handed_in = documents::of_submission(db, row.submission_id.0).await?;
    Ok(Some(view(row, &handed_in)))
}

/// A submission as its owner sees it.
pub(super) fn view(row: Submission, documents: &[Document]) -> KycView {
    KycView {
        kyc_id: row.submission_id.0,
        profile_id: row.profile_id.0,
        status: row.status.0,
        evidence_hash: row.evidence_hash.map(|hash| hash.0),
        // The sizes of files are never negative.
        evidence_size: row.evidence_size.and_then(|size| u64::try_from(size).ok()),
        evidence_mime: row.evidence_mime,
        document_ids: documents.iter().map(|document| document.document_id.0).collect(),
        verified_at: row.decided_at.map(|at| at.0),
        denial_reason: row.reason,
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
    }
}
