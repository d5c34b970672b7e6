//! Documents, their submission for review, and the countries.

use serde::{Deserialize, Serialize};

use crate::{
    CountryCode, DocumentId, DocumentSide, DocumentType, ProfileId, Sha256Hex, SubmissionId, SubmissionStatus,
    Timestamp,
};

/// The part `metadata` of an upload, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentMetadata {
    /// The number printed on the document; needed for the identifying kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// The country that issued it; needed for the identifying kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuing_country: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_date: Option<String>,
    /// `YYYY-MM-DD`; an expired document is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_date: Option<String>,
}

/// `POST /api/v1/users/{id}/documents/upload` answers the stored document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentReply {
    /// Always true; failures are problems.
    pub success: bool,
    /// The document.
    pub data: DocumentView,
}

/// `GET /api/v1/users/{id}/documents`, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentList {
    /// Always true; failures are problems.
    pub success: bool,
    /// The documents.
    pub data: Vec<DocumentView>,
}

/// A stored document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentView {
    /// The document's id.
    pub document_id: DocumentId,
    /// Where its owner reads the file: a path of this API.
    pub storage_url: String,
    /// The name it was uploaded under.
    pub file_name: String,
    /// SHA-256 of the file.
    pub hash: Sha256Hex,
    /// Size, bytes.
    pub size: u64,
    /// `image/jpeg`, `image/png` or `application/pdf`, found by content.
    pub mime_type: String,
    /// What it is.
    pub document_type: DocumentType,
    /// Which side it shows.
    pub side: Option<DocumentSide>,
    /// Number printed on it.
    pub document_number: Option<String>,
    /// Country that issued it.
    pub issuing_country: Option<CountryCode>,
    /// `YYYY-MM-DD`.
    pub issued_date: Option<String>,
    /// `YYYY-MM-DD`.
    pub expiry_date: Option<String>,
    /// Whether it is part of a submission.
    pub submitted: bool,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}

/// `GET /api/v1/documents/constraints`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentConstraints {
    /// Largest file, bytes.
    pub max_file_size_bytes: u64,
    /// Largest file, MB of 2²⁰ bytes.
    #[serde(rename = "maxFileSizeMB")]
    pub max_file_size_mb: u64,
    /// Most documents that are not part of a submission yet.
    pub max_documents: u64,
    /// Accepted contents.
    pub allowed_mime_types: Vec<String>,
    /// Accepted kinds.
    pub document_types: Vec<DocumentType>,
    /// The kinds that identify a person: number and country are needed.
    pub identifying_document_types: Vec<DocumentType>,
    /// Sides.
    pub document_sides: Vec<DocumentSide>,
}

/// `POST /api/v1/users/{id}/kyc`: hands uploaded documents in for review.
///
/// The documents are named by their ids, or described by what is known of them, or both. Whatever is said about a
/// document is compared with the one that was uploaded; nothing of it is believed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KycRequest {
    /// The documents, 1 to 20, each once; at least one of an identifying kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 20))]
    pub document_ids: Option<Vec<DocumentId>>,
    /// The same documents by their hashes, 1 to 20, each once.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::api::objects::list")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 20))]
    pub documents: Option<Vec<KycDocument>>,
    /// SHA-256 of one of the documents, or of all (see `evidenceHash` of the submission). Names the document when nothing
    /// else does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_hash: Option<Sha256Hex>,
    /// Size of that document, or of all, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub evidence_size: Option<u64>,
    /// Content of that document, for example `image/jpeg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_mime: Option<String>,
}

/// An uploaded document as the person describes it. Only the hash is needed; what else is said has to be so.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KycDocument {
    /// SHA-256 of the file.
    pub hash: Sha256Hex,
    /// What it is.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub document_type: Option<DocumentType>,
    /// Which side it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<DocumentSide>,
    /// Size of the file, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub size: Option<u64>,
    /// Content of the file, for example `image/jpeg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Name of the file, as the upload answered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Number printed on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// Country that issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuing_country: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_date: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_date: Option<String>,
}

/// A submission was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KycReply {
    /// The submission.
    pub kyc_record: KycView,
}

/// `GET /api/v1/users/{id}/kyc`: the newest submission, if there is one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KycStatusReply {
    /// The newest submission.
    pub kyc_status: Option<KycView>,
}

/// A submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KycView {
    /// The submission's id.
    pub kyc_id: SubmissionId,
    /// Whose it is.
    pub profile_id: ProfileId,
    /// Where it stands.
    pub status: SubmissionStatus,
    /// SHA-256 over the documents' hashes, in the order of their ids.
    pub evidence_hash: Option<Sha256Hex>,
    /// Size of all files, bytes.
    pub evidence_size: Option<u64>,
    /// Content of the files, when all have the same.
    #[serde(default)]
    pub evidence_mime: Option<String>,
    /// The documents as they were handed in.
    pub document_ids: Vec<DocumentId>,
    /// When it was decided.
    pub verified_at: Option<Timestamp>,
    /// Why it was refused.
    pub denial_reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// `POST /api/v1/validation/national-id`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NationalIdCheck {
    /// The number as printed on the card.
    pub national_id_number: String,
    /// The country that issued it.
    pub country_code: String,
}

/// Whether an identity number is free, as far as the database knows; the ledger decides.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NationalIdReply {
    /// Whether no other person has it.
    pub is_available: bool,
    /// The same for people.
    pub message: String,
}

/// `GET /api/v1/countries`: every country that GX serves, by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CountriesReply {
    /// The countries.
    pub countries: Vec<Country>,
}

/// A country that GX serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Country {
    /// ISO 3166 alpha-2.
    pub country_code: CountryCode,
    /// English name.
    pub country_name: String,
}
