//! Uploaded documents; the bytes lie in the object store. Owner: identity.

use gx_types::{CountryCode, DocumentId, DocumentSide, DocumentType, ProfileId, Sha256Hex, SubmissionId, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `kyc_documents`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kyc_documents")]
pub struct Model {
    /// The document.
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: Col<DocumentId>,
    /// The person.
    pub profile_id: Col<ProfileId>,
    /// The submission it was handed in with.
    pub submission_id: Option<Col<SubmissionId>>,
    /// What it is.
    pub document_type: Col<DocumentType>,
    /// Which side the picture shows.
    pub side: Option<Col<DocumentSide>>,
    /// Number as entered by the applicant.
    pub document_number: Option<String>,
    /// Country that issued it.
    pub issuing_country: Option<Col<CountryCode>>,
    /// Date of issue.
    pub issued_date: Option<String>,
    /// Date of expiry.
    pub expiry_date: Option<String>,
    /// Name as uploaded.
    pub file_name: String,
    /// SHA-256 of the bytes.
    pub file_hash: Col<Sha256Hex>,
    /// Size in bytes.
    pub size_bytes: i64,
    /// Media type by content.
    pub mime_type: String,
    /// Key in the object store.
    pub object_key: String,
    /// When it was uploaded.
    pub uploaded_at: Col<Timestamp>,
    /// When it was deleted.
    pub deleted_at: Option<Col<Timestamp>>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
