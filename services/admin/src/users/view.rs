//! People as the API shows them to administrators.

use gx_store::repo::documents::{Document, Submission};
use gx_store::repo::people::Person;
use gx_types::api::admin::{AdminUser, SubmissionView, SubmittedDocument};
use gx_types::api::identity::Address;
use gx_types::{DocumentType, OnchainStatus, PersonStatus};

/// A person in a list.
pub(super) fn person(row: &Person) -> AdminUser {
    AdminUser {
        profile_id: row.profile_id.0,
        email: row.email.clone(),
        phone_num: row.phone_num.clone(),
        first_name: row.first_name.clone(),
        last_name: row.last_name.clone(),
        nationality_country_code: row.nationality_country_code.0,
        status: row.status.0,
        onchain_status: row.onchain_status.0,
        freezing: row.status.0 == PersonStatus::Frozen && row.onchain_status.0 != OnchainStatus::Frozen,
        fabric_user_id: row.gx_id.map(|id| id.0),
        reviewed_at: row.reviewed_at.map(|at| at.0),
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
    }
}

/// Where a person lives.
pub(super) fn address(row: &Person) -> Option<Address> {
    Some(Address {
        address_line1: row.address_line1.clone()?,
        address_line2: row.address_line2.clone(),
        city: row.city.clone()?,
        state_province: row.state_province.clone(),
        postal_code: row.postal_code.clone(),
        country_code: row.address_country?.0,
    })
}

/// A submission.
pub(super) fn submission(row: &Submission) -> SubmissionView {
    SubmissionView {
        submission_id: row.submission_id.0,
        status: row.status.0,
        verified_document_id: row.verified_document_id.map(|id| id.0),
        decided_by: row.decided_by.clone(),
        decided_at: row.decided_at.map(|at| at.0),
        reason: row.reason.clone(),
        created_at: row.created_at.0,
    }
}

/// A document, without the number that the applicant typed.
pub(super) fn document(row: &Document) -> SubmittedDocument {
    SubmittedDocument {
        document_id: row.document_id.0,
        submission_id: row.submission_id.map(|id| id.0),
        document_type: row.document_type.0,
        identifying: identifies(row.document_type.0),
        side: row.side.map(|side| side.0),
        issued_date: row.issued_date.clone(),
        expiry_date: row.expiry_date.clone(),
        file_name: row.file_name.clone(),
        hash: row.file_hash.0,
        size: u64::try_from(row.size_bytes).unwrap_or(0),
        mime_type: row.mime_type.clone(),
        file_url: format!("/api/v1/admin/users/{}/documents/{}", row.profile_id.0, row.document_id.0),
        uploaded_at: row.uploaded_at.0,
    }
}

/// Whether a document of this kind identifies a person.
pub(super) const fn identifies(kind: DocumentType) -> bool {
    matches!(kind, DocumentType::NationalId | DocumentType::Passport | DocumentType::DriversLicense)
}
