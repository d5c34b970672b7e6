//! People, as administrators see and review them.

use serde::{Deserialize, Serialize};

use crate::api::identity::{Address, EmploymentStatus};
use crate::{
    AccountId, BirthDate, CommandId, CountryCode, DocumentId, DocumentSide, DocumentType, Gender, GxId, OnchainStatus,
    PersonStatus, ProfileId, Qirat, Sha256Hex, SubmissionId, SubmissionStatus, Timestamp,
};

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminUser {
    /// The person.
    pub profile_id: ProfileId,
    /// E-mail address.
    pub email: String,
    /// Phone number, E.164.
    pub phone_num: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Nationality.
    pub nationality_country_code: CountryCode,
    /// What the office says.
    pub status: PersonStatus,
    /// What the ledger says.
    pub onchain_status: OnchainStatus,
    /// Whether a freeze is ordered and the ledger has not confirmed it yet.
    pub freezing: bool,
    /// The id on the ledger, once approved.
    pub fabric_user_id: Option<GxId>,
    /// When documents were last reviewed.
    pub reviewed_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// `GET /api/v1/admin/users/{userId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminUserDetail {
    /// The person in brief.
    pub user: AdminUser,
    /// Middle name.
    pub middle_name: Option<String>,
    /// `YYYY-MM-DD`.
    pub date_of_birth: BirthDate,
    /// Age in full years today.
    pub age: u32,
    /// Gender.
    pub gender: Gender,
    /// Place of birth.
    pub place_of_birth: Option<String>,
    /// Nationality in words.
    pub nationality_country_name: Option<String>,
    /// Whether the person is politically exposed.
    #[serde(rename = "isPEP")]
    pub is_pep: bool,
    /// In which way.
    pub pep_details: Option<String>,
    /// Why the account is frozen.
    pub lock_reason: Option<FreezeReason>,
    /// What the administrator noted.
    pub lock_notes: Option<String>,
    /// Who froze it.
    pub locked_by: Option<String>,
    /// Since when.
    pub locked_at: Option<Timestamp>,
    /// Who decided last.
    pub reviewed_by: Option<String>,
    /// What they noted.
    pub review_notes: Option<String>,
    /// Stable code of the refusal.
    pub denial_code: Option<String>,
    /// Why the person was denied.
    pub denial_reason: Option<String>,
    /// When the ledger registered the person.
    pub onchain_registered_at: Option<Timestamp>,
    /// Where the person lives.
    #[serde(default)]
    pub address: Option<Address>,
    /// What the person does for a living.
    #[serde(default)]
    pub employment_status: Option<EmploymentStatus>,
    /// Job title.
    #[serde(default)]
    pub job_title: Option<String>,
    /// Employer.
    #[serde(default)]
    pub company_name: Option<String>,
    /// Line of business.
    #[serde(default)]
    pub industry: Option<String>,
    /// E-mail address at work.
    #[serde(default)]
    pub work_email: Option<String>,
    /// Phone number at work.
    #[serde(default)]
    pub work_phone_num: Option<String>,
    /// The wallet; none before the ledger has registered the person.
    #[serde(default)]
    pub wallet: Option<UserWallet>,
    /// The newest submission.
    pub submission: Option<SubmissionView>,
    /// Every document that was not deleted, newest first.
    pub documents: Vec<SubmittedDocument>,
}

/// A person's wallet as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserWallet {
    /// The wallet.
    pub wallet_id: String,
    /// Its account on the ledger.
    pub account_id: AccountId,
    /// Settled balance.
    pub balance: Qirat,
    /// Amounts and fees of payments that are on their way.
    pub pending: Qirat,
    /// Whether the ledger has frozen it.
    pub frozen: bool,
    /// When the ledger last changed it.
    pub updated_at: Timestamp,
}

/// A submission for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmissionView {
    /// The submission.
    pub submission_id: SubmissionId,
    /// Where it stands.
    pub status: SubmissionStatus,
    /// The document that the approving administrator read.
    pub verified_document_id: Option<DocumentId>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// When it was handed in.
    pub created_at: Timestamp,
}

/// A document. The number that the applicant typed is not shown: the administrator reads it from the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmittedDocument {
    /// The document.
    pub document_id: DocumentId,
    /// The submission it was handed in with.
    pub submission_id: Option<SubmissionId>,
    /// What it is.
    pub document_type: DocumentType,
    /// Whether it identifies a person.
    pub identifying: bool,
    /// Which side the picture shows.
    pub side: Option<DocumentSide>,
    /// `YYYY-MM-DD`.
    pub issued_date: Option<String>,
    /// `YYYY-MM-DD`.
    pub expiry_date: Option<String>,
    /// Name as uploaded.
    pub file_name: String,
    /// SHA-256 of the file.
    pub hash: Sha256Hex,
    /// Size, bytes.
    pub size: u64,
    /// Media type by content.
    pub mime_type: String,
    /// Where a reviewer reads the file: a path of this API.
    pub file_url: String,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
}

/// `POST /api/v1/admin/users/{userId}/approve`: what the administrator reads from the picture.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApproveRequest {
    /// Which document was read; may be left out when the submission has one identifying document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<DocumentId>,
    /// Country that issued it.
    pub issuing_country: CountryCode,
    /// Its number, typed again from the picture.
    #[cfg_attr(feature = "openapi", schema(min_length = 4, max_length = 60))]
    pub document_number: String,
    /// Notes for other administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub notes: Option<String>,
}

/// Approved; the ledger decides next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApproveReply {
    /// The registration on its way to the ledger.
    pub command_id: CommandId,
    /// Where to ask for its status.
    pub status_url: String,
    /// The id that the person will have.
    pub fabric_user_id: GxId,
    /// What the office says now.
    pub status: PersonStatus,
    /// What the ledger says now.
    pub onchain_status: OnchainStatus,
    /// A sentence for people.
    pub message: String,
}

/// `POST /api/v1/admin/users/{userId}/deny`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DenyRequest {
    /// Why, for the person; at least ten characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 10, max_length = 500))]
    pub reason: String,
}

/// A decision was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewReply {
    /// What the office says now.
    pub status: PersonStatus,
    /// What the ledger says now.
    pub onchain_status: OnchainStatus,
    /// A sentence for people.
    pub message: String,
}

/// Why an account is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FreezeReason {
    /// An administrator's decision.
    AdminAction,
    /// Something looks wrong.
    SuspiciousActivity,
    /// Under review.
    ComplianceReview,
    /// A court ordered it.
    CourtOrder,
    /// The person asked for it.
    UserRequest,
}

impl FreezeReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::AdminAction, Self::SuspiciousActivity, Self::ComplianceReview, Self::CourtOrder, Self::UserRequest];

    /// The one spelling used by API, database and ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdminAction => "ADMIN_ACTION",
            Self::SuspiciousActivity => "SUSPICIOUS_ACTIVITY",
            Self::ComplianceReview => "COMPLIANCE_REVIEW",
            Self::CourtOrder => "COURT_ORDER",
            Self::UserRequest => "USER_REQUEST",
        }
    }

    /// Reads the spelling back; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// `POST /api/v1/admin/users/{userId}/freeze`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FreezeRequest {
    /// Why.
    pub reason: FreezeReason,
    /// Notes for other administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000))]
    pub notes: Option<String>,
}
