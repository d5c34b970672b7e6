//! `DELETE /api/v1/documents/{documentId}`: removes an own document that was not handed in.

use axum::extract::State;
use axum::http::StatusCode;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::documents;
use gx_types::{DocumentId, ErrorCode, ProfileId};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::delete("/api/v1/documents/{documentId}", "deleteDocument")
        .summary("Delete an own document")
        .description("Possible until it is part of a submission.")
        .access(Access::Person)
        .param::<DocumentId>("documentId", "The document")
        .reply_empty(204, "Deleted")
        .errors(&[ErrorCode::DocumentInUse])
        .handle(handle)
}

async fn handle(State(app): State<App>, caller: Person, ApiPath(id): ApiPath<DocumentId>) -> ApiResult<StatusCode> {
    delete_document(&app, caller.profile_id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a person's document: the row is marked, the file removed.
///
/// # Errors
/// 404 for another person's document, 409 when it is part of a submission.
pub async fn delete_document(app: &App, owner: ProfileId, id: DocumentId) -> ApiResult<()> {
    let now = app.now();
    let object_key = app
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let row = documents::find(tx, id).await?;
                let row = row.filter(|row| row.profile_id == owner).ok_or_else(ApiError::not_found)?;
                if documents::delete(tx, id, now).await? {
                    Ok(row.object_key)
                } else {
                    Err(ApiError::new(ErrorCode::DocumentInUse))
                }
            })
        })
        .await?;
    // The person's wish is written; a file that stays behind is only untidy.
    if let Err(error) = app.objects().delete(&object_key).await {
        tracing::warn!(%error, object_key, "the object of a deleted document could not be removed");
    }
    Ok(())
}
