//! `GET /api/v1/documents/{documentId}/file`: the bytes of an own document.
//!
//! Sent so that no browser runs anything in it, and only if the bytes are still those that were uploaded.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_platform::{App, sha256};
use gx_store::repo::documents;
use gx_types::{DocumentId, ErrorCode, ProfileId};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/documents/{documentId}/file", "readDocumentFile")
        .summary("The file of an own document")
        .access(Access::Person)
        .param::<DocumentId>("documentId", "The document")
        .reply_bytes(200, "image/jpeg", "The file, with the content type found at upload")
        .reply_bytes(200, "image/png", "")
        .reply_bytes(200, "application/pdf", "")
        .errors(&[ErrorCode::ObjectStoreUnavailable, ErrorCode::DocumentDamaged])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    caller: Person,
    ApiPath(id): ApiPath<DocumentId>,
) -> ApiResult<([(HeaderName, HeaderValue); 3], Bytes)> {
    let (mime, bytes) = read_file(&app, caller.profile_id, id).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_str(&mime).map_err(ApiError::internal)?),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, bytes))
}

/// Content type and bytes of a person's document.
///
/// # Errors
/// 404 for another person's document and for one that was deleted; 503 when the object store is out of reach, and
/// when the object is gone or is not what was uploaded.
pub async fn read_file(app: &App, owner: ProfileId, id: DocumentId) -> ApiResult<(String, Bytes)> {
    let row = documents::find(app.store().read(), id).await?;
    let row = row.filter(|row| row.profile_id == owner).ok_or_else(ApiError::not_found)?;
    let bytes = app.objects().get(&row.object_key).await?;
    let Some(bytes) = bytes.filter(|bytes| row.file_hash == sha256(bytes)) else {
        return Err(ApiError::new(ErrorCode::DocumentDamaged)
            .with_source(format!("the object of document {id} is gone or was changed")));
    };
    Ok((row.mime_type, bytes))
}
