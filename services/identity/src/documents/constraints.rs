//! `GET /api/v1/documents/constraints`: what an upload must be like.

use axum::Json;
use gx_base::limits::DOCUMENT_BYTES_MAX;
use gx_platform::http::{Access, Handled, Route};
use gx_types::api::identity::DocumentConstraints;
use gx_types::{DocumentSide, DocumentType};

use super::{Content, OPEN_DOCUMENTS_MAX};

/// Declares the route.
pub(crate) fn route() -> Handled {
    Route::get("/api/v1/documents/constraints", "readDocumentConstraints")
        .summary("What documents must be like")
        .access(Access::Public)
        .reply::<DocumentConstraints>(200, "The constraints")
        .handle(handle)
}

async fn handle() -> Json<DocumentConstraints> {
    let bytes = DOCUMENT_BYTES_MAX as u64;
    Json(DocumentConstraints {
        max_file_size_bytes: bytes,
        max_file_size_mb: bytes / (1024 * 1024),
        max_documents: OPEN_DOCUMENTS_MAX,
        allowed_mime_types: Content::ALL.iter().map(|content| content.mime().to_owned()).collect(),
        document_types: DocumentType::ALL.to_vec(),
        identifying_document_types: DocumentType::ALL.iter().copied().filter(|kind| kind.identifies()).collect(),
        document_sides: DocumentSide::ALL.to_vec(),
    })
}
