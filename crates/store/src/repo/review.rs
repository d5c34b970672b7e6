//! People as administrators list and decide them.

use gx_types::{CountryCode, DocumentId, GxId, PersonStatus, ProfileId, SubmissionId, SubmissionStatus, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::admins::contains;
use crate::col::Col;
use crate::entity::{kyc_submissions, user_profiles};
use crate::error::StoreError;

pub use crate::entity::user_profiles::Model as Person;

/// Which people to list.
#[derive(Debug, Clone, Default)]
pub struct PersonFilter {
    /// With this status.
    pub status: Option<PersonStatus>,
    /// With this text in name, e-mail address, phone number or GX id.
    pub search: Option<String>,
    /// After this one: when their account was made, and their id.
    pub after: Option<(Timestamp, ProfileId)>,
}

/// People, the newest account first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(db: &impl ConnectionTrait, filter: &PersonFilter, limit: u64) -> Result<Vec<Person>, StoreError> {
    use user_profiles::{Column, Entity};
    let mut query = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::ProfileId).limit(limit);
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(Col(status)));
    }
    if let Some(search) = &filter.search {
        let pattern = contains(search);
        let lower = |column: Column| Func::lower(Expr::col(column));
        let name =
            Expr::expr(lower(Column::FirstName)).binary(CONCAT, Expr::val(" ")).binary(CONCAT, lower(Column::LastName));
        query = query.filter(
            Condition::any()
                .add(Expr::col(Column::EmailNormalised).like(pattern.clone()))
                .add(name.like(pattern.clone()))
                .add(Expr::col(Column::PhoneNum).like(pattern.clone()))
                .add(Expr::expr(lower(Column::GxId)).like(pattern)),
        );
    }
    if let Some((at, id)) = filter.after {
        query = query.filter(
            Condition::any()
                .add(Column::CreatedAt.lt(Col(at)))
                .add(Condition::all().add(Column::CreatedAt.eq(Col(at))).add(Column::ProfileId.lt(Col(id)))),
        );
    }
    Ok(query.all(db).await?)
}

/// `||` on both databases.
const CONCAT: sea_orm::sea_query::BinOper = sea_orm::sea_query::BinOper::Custom("||");

/// Whether somebody has this GX id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn has_gx_id(db: &impl ConnectionTrait, gx_id: GxId) -> Result<bool, StoreError> {
    use user_profiles::{Column, Entity};
    Ok(Entity::find().filter(Column::GxId.eq(Col(gx_id))).count(db).await? > 0)
}

/// A decision on a submission.
#[derive(Debug, Clone)]
pub struct Decision {
    /// Which way.
    pub status: SubmissionStatus,
    /// The document that was read, when approved.
    pub document_id: Option<DocumentId>,
    /// Who decided.
    pub decided_by: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Notes for other administrators.
    pub notes: Option<String>,
    /// When.
    pub now: Timestamp,
}

/// Writes the decision on a submission that waits; `false` when it does not wait any more.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn decide(
    tx: &impl ConnectionTrait,
    submission_id: SubmissionId,
    decision: &Decision,
) -> Result<bool, StoreError> {
    use kyc_submissions::{Column, Entity};
    let done = Entity::update_many()
        .col_expr(Column::Status, Col(decision.status).into())
        .col_expr(Column::VerifiedDocumentId, Expr::val(decision.document_id.map(Col)))
        .col_expr(Column::DecidedBy, decision.decided_by.clone().into())
        .col_expr(Column::DecidedAt, Col(decision.now).into())
        .col_expr(Column::Reason, Expr::val(decision.reason.clone()))
        .col_expr(Column::Notes, Expr::val(decision.notes.clone()))
        .col_expr(Column::UpdatedAt, Col(decision.now).into())
        .filter(Column::SubmissionId.eq(Col(submission_id)))
        .filter(Column::Status.eq(Col(SubmissionStatus::Pending)))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

#[derive(FromQueryResult)]
struct StatusRow {
    status: Col<PersonStatus>,
    people: i64,
}

/// How many people have each status, of one country or of all. A status that nobody has is not listed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count_by_status(
    db: &impl ConnectionTrait,
    country: Option<CountryCode>,
) -> Result<Vec<(PersonStatus, u64)>, StoreError> {
    use user_profiles::{Column, Entity};
    let mut query = Entity::find()
        .select_only()
        .column(Column::Status)
        .column_as(Column::ProfileId.count(), "people")
        .group_by(Column::Status)
        .order_by_asc(Column::Status);
    if let Some(country) = country {
        query = query.filter(Column::NationalityCountryCode.eq(Col(country)));
    }
    let rows = query.into_model::<StatusRow>().all(db).await?;
    Ok(rows.into_iter().map(|row| (row.status.0, u64::try_from(row.people).unwrap_or(0))).collect())
}
