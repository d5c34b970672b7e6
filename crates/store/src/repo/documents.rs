//! Uploaded documents and their submissions for review.

use gx_types::{CountryCode, DocumentId, DocumentType, ProfileId, SubmissionId, SubmissionStatus, Timestamp};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, Order,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::col::Col;
use crate::entity::{kyc_documents, kyc_submissions};
use crate::error::StoreError;

pub use crate::entity::kyc_documents::Model as Document;
pub use crate::entity::kyc_submissions::Model as Submission;

/// Adds a document.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert(tx: &impl ConnectionTrait, row: Document) -> Result<(), StoreError> {
    kyc_documents::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// A document that was not deleted.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, id: DocumentId) -> Result<Option<Document>, StoreError> {
    Ok(kyc_documents::Entity::find_by_id(Col(id)).filter(kyc_documents::Column::DeletedAt.is_null()).one(db).await?)
}

/// A person's documents that were not deleted, newest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_person(db: &impl ConnectionTrait, profile_id: ProfileId) -> Result<Vec<Document>, StoreError> {
    Ok(kyc_documents::Entity::find()
        .filter(kyc_documents::Column::ProfileId.eq(Col(profile_id)))
        .filter(kyc_documents::Column::DeletedAt.is_null())
        .order_by(kyc_documents::Column::UploadedAt, Order::Desc)
        .order_by(kyc_documents::Column::DocumentId, Order::Desc)
        .all(db)
        .await?)
}

/// The open document of the same person with the same bytes, of the same kind and side.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open_copy(db: &impl ConnectionTrait, of: &Document) -> Result<Option<Document>, StoreError> {
    let same = kyc_documents::Entity::find()
        .filter(kyc_documents::Column::ProfileId.eq(of.profile_id))
        .filter(kyc_documents::Column::FileHash.eq(of.file_hash))
        .filter(kyc_documents::Column::DocumentType.eq(of.document_type))
        .filter(kyc_documents::Column::DeletedAt.is_null())
        .filter(kyc_documents::Column::SubmissionId.is_null())
        .order_by(kyc_documents::Column::DocumentId, Order::Asc)
        .all(db)
        .await?;
    Ok(same.into_iter().find(|row| row.side == of.side))
}

/// Gives a document the details of another copy of it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn describe(tx: &impl ConnectionTrait, known: Document, by: &Document) -> Result<Document, StoreError> {
    let mut row = known.into_active_model();
    row.document_number = Set(by.document_number.clone());
    row.issuing_country = Set(by.issuing_country);
    row.issued_date = Set(by.issued_date.clone());
    row.expiry_date = Set(by.expiry_date.clone());
    row.file_name = Set(by.file_name.clone());
    Ok(row.update(tx).await?)
}

/// How many documents of a person are not part of a submission.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open_count(db: &impl ConnectionTrait, profile_id: ProfileId) -> Result<u64, StoreError> {
    Ok(kyc_documents::Entity::find()
        .filter(kyc_documents::Column::ProfileId.eq(Col(profile_id)))
        .filter(kyc_documents::Column::DeletedAt.is_null())
        .filter(kyc_documents::Column::SubmissionId.is_null())
        .count(db)
        .await?)
}

/// Makes a person's open documents part of a submission. Returns how many; fewer than were named when some are deleted,
/// submitted already, or somebody else's.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn attach(
    tx: &impl ConnectionTrait,
    profile_id: ProfileId,
    documents: &[DocumentId],
    submission: SubmissionId,
) -> Result<u64, StoreError> {
    let done = kyc_documents::Entity::update_many()
        .col_expr(kyc_documents::Column::SubmissionId, Col(submission).into())
        .filter(kyc_documents::Column::DocumentId.is_in(documents.iter().copied().map(Col)))
        .filter(kyc_documents::Column::ProfileId.eq(Col(profile_id)))
        .filter(kyc_documents::Column::DeletedAt.is_null())
        .filter(kyc_documents::Column::SubmissionId.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected)
}

/// Marks an open document as deleted; `false` when it is part of a submission or deleted already.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn delete(tx: &impl ConnectionTrait, id: DocumentId, now: Timestamp) -> Result<bool, StoreError> {
    let done = kyc_documents::Entity::update_many()
        .col_expr(kyc_documents::Column::DeletedAt, Col(now).into())
        .filter(kyc_documents::Column::DocumentId.eq(Col(id)))
        .filter(kyc_documents::Column::DeletedAt.is_null())
        .filter(kyc_documents::Column::SubmissionId.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Whether a document of this kind, country and number is part of a submission of somebody but `except` that was not
/// refused.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn in_use(
    db: &impl ConnectionTrait,
    kind: DocumentType,
    country: CountryCode,
    number: &str,
    except: ProfileId,
) -> Result<bool, StoreError> {
    let used = kyc_documents::Entity::find()
        .join(
            JoinType::InnerJoin,
            kyc_documents::Entity::belongs_to(kyc_submissions::Entity)
                .from(kyc_documents::Column::SubmissionId)
                .to(kyc_submissions::Column::SubmissionId)
                .into(),
        )
        .filter(kyc_documents::Column::DocumentType.eq(Col(kind)))
        .filter(kyc_documents::Column::IssuingCountry.eq(Col(country)))
        .filter(kyc_documents::Column::DocumentNumber.eq(number))
        .filter(kyc_documents::Column::ProfileId.ne(Col(except)))
        .filter(kyc_submissions::Column::Status.ne(Col(SubmissionStatus::Rejected)));
    Ok(used.count(db).await? > 0)
}

/// Adds a submission.
///
/// # Errors
/// [`StoreError::Duplicate`] when the person has one that waits already.
pub async fn insert_submission(tx: &impl ConnectionTrait, row: Submission) -> Result<(), StoreError> {
    kyc_submissions::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// The newest submission of a person.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn newest_submission(
    db: &impl ConnectionTrait,
    profile_id: ProfileId,
) -> Result<Option<Submission>, StoreError> {
    Ok(kyc_submissions::Entity::find()
        .filter(kyc_submissions::Column::ProfileId.eq(Col(profile_id)))
        .order_by(kyc_submissions::Column::CreatedAt, Order::Desc)
        .order_by(kyc_submissions::Column::SubmissionId, Order::Desc)
        .one(db)
        .await?)
}

/// The documents of a submission, in the order of their ids.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_submission(db: &impl ConnectionTrait, submission: SubmissionId) -> Result<Vec<Document>, StoreError> {
    Ok(kyc_documents::Entity::find()
        .filter(kyc_documents::Column::SubmissionId.eq(Col(submission)))
        .order_by(kyc_documents::Column::DocumentId, Order::Asc)
        .all(db)
        .await?)
}
