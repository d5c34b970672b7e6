//! `GET /api/v1/admin/users/{userId}/documents/{documentId}`: the file, for whoever reviews it.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route, current_correlation};
use gx_platform::{App, sha256};
use gx_store::audit::{self, AuditEntry};
use gx_store::repo::documents;
use gx_types::{AuditEvent, AuditObject, DocumentId, ErrorCode, ProfileId};

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/users/{userId}/documents/{documentId}", "readUserDocument")
        .summary("The file of a document")
        .description("JPEG, PNG or PDF, as the header says.")
        .access(Access::Admin(Permission::UserApprove))
        .param::<ProfileId>("userId", "The person's profile id")
        .param::<DocumentId>("documentId", "The document")
        .reply_bytes(200, "image/jpeg", "The file, with the content type found at upload")
        .reply_bytes(200, "image/png", "")
        .reply_bytes(200, "application/pdf", "")
        .errors(&[ErrorCode::ObjectStoreUnavailable, ErrorCode::DocumentDamaged])
        .handle(handle)
}

async fn handle(
    State(app): State<App>,
    admin: Admin,
    ApiPath((profile_id, document_id)): ApiPath<(ProfileId, DocumentId)>,
) -> ApiResult<Response> {
    let row = documents::find(app.store().read(), document_id)
        .await?
        .filter(|row| row.profile_id == profile_id)
        .ok_or_else(ApiError::not_found)?;
    // Nobody is approved by a picture that is not the one that was uploaded.
    let bytes = app.objects().get(&row.object_key).await?.filter(|bytes| row.file_hash == sha256(bytes));
    let bytes = bytes.ok_or_else(|| {
        ApiError::new(ErrorCode::DocumentDamaged)
            .with_source(format!("the object of document {document_id} is gone or was changed"))
    })?;
    let (actor, correlation_id, now) = (admin.actor(), current_correlation(), app.now());
    app.store()
        .write(move |tx| {
            Box::pin(async move {
                let object = AuditObject::Document(document_id);
                let entry = AuditEntry::new(AuditEvent::DocumentRead, actor, object, correlation_id, now)
                    .after("person", profile_id);
                audit::append(tx, entry).await
            })
        })
        .await
        .map_err(ApiError::from)?;
    // Shown, never run: a picture or PDF by content, without scripts, frames or plug-ins.
    let headers = [
        (header::CONTENT_TYPE, row.mime_type.as_str()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, bytes).into_response())
}
