//! Submissions for approval. Owner: identity; decided by admin.

use gx_types::{DocumentId, ProfileId, Sha256Hex, SubmissionId, SubmissionStatus, Timestamp};
use sea_orm::entity::prelude::*;

use crate::col::Col;

/// A row of `kyc_submissions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kyc_submissions")]
pub struct Model {
    /// The submission.
    #[sea_orm(primary_key, auto_increment = false)]
    pub submission_id: Col<SubmissionId>,
    /// The person.
    pub profile_id: Col<ProfileId>,
    /// Where it stands.
    pub status: Col<SubmissionStatus>,
    /// SHA-256 over everything handed in.
    pub evidence_hash: Option<Col<Sha256Hex>>,
    /// Bytes handed in.
    pub evidence_size: Option<i64>,
    /// Media type.
    pub evidence_mime: Option<String>,
    /// The document the approving administrator read the number from.
    pub verified_document_id: Option<Col<DocumentId>>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Col<Timestamp>>,
    /// Sentence for the person when refused.
    pub reason: Option<String>,
    /// Notes of the administrator.
    pub notes: Option<String>,
    /// When the row was made.
    pub created_at: Col<Timestamp>,
    /// When the row was last changed.
    pub updated_at: Col<Timestamp>,
}

/// Relations are spelled out in queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
