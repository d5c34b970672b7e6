//! Documents: upload, list, read, delete, and handing them in for review.
//!
//! A file lies in the object store under a key made of ids; everything about it lies in its row. Documents that were
//! handed in stay with their submission for good: they are what the admin saw.

pub mod constraints;
pub mod delete;
pub mod file;
pub mod list;
pub mod status;
pub mod submit;
pub mod upload;

mod content;
mod described;

use gx_store::repo::documents::Document;
use gx_types::api::identity::DocumentView;

pub use content::Content;
pub(crate) use content::{measures, without_metadata};

/// Documents of a person that are not part of a submission, at most.
pub const OPEN_DOCUMENTS_MAX: u64 = 20;

/// A document as its owner sees it.
fn view(row: Document) -> DocumentView {
    DocumentView {
        document_id: row.document_id.0,
        storage_url: format!("/api/v1/documents/{}/file", row.document_id.0),
        file_name: row.file_name,
        hash: row.file_hash.0,
        // The column refuses negative numbers.
        size: u64::try_from(row.size_bytes).unwrap_or(0),
        mime_type: row.mime_type,
        document_type: row.document_type.0,
        side: row.side.map(|side| side.0),
        document_number: row.document_number,
        issuing_country: row.issuing_country.map(|country| country.0),
        issued_date: row.issued_date,
        expiry_date: row.expiry_date,
        submitted: row.submission_id.is_some(),
        uploaded_at: row.uploaded_at.0,
    }
}
