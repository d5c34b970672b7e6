//! `GET /api/v1/admin/users/{userId}`: a person with submission and documents.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Permission;
use gx_platform::http::{Access, ApiError, ApiPath, ApiResult, Handled, Route};
use gx_store::repo::{countries, documents, payments, people, wallets};
use gx_types::ProfileId;
use gx_types::api::admin::{AdminUserDetail, FreezeReason, UserWallet};
use gx_types::api::identity::EmploymentStatus;

use super::view;

pub(super) fn route() -> Handled {
    Route::get("/api/v1/admin/users/{userId}", "readUser")
        .summary("A person with submission and documents")
        .access(Access::Admin(Permission::UserView))
        .param::<ProfileId>("userId", "The person's profile id")
        .reply::<AdminUserDetail>(200, "The person")
        .handle(handle)
}

async fn handle(State(app): State<App>, ApiPath(id): ApiPath<ProfileId>) -> ApiResult<Json<AdminUserDetail>> {
    let db = app.store().read();
    let row = people::find(db, id).await?.ok_or_else(ApiError::not_found)?;
    let country = countries::find(db, row.nationality_country_code.0).await?;
    let submission = documents::newest_submission(db, id).await?;
    let files = documents::of_person(db, id).await?;
    let side = payments::side_of(db, id).await?;
    let wallet = match (wallets::of_profile(db, id).await?, side.and_then(|side| side.account)) {
        (Some(wallet), Some(figures)) => Some(UserWallet {
            wallet_id: wallet.wallet_id,
            account_id: wallet.account_id.0,
            balance: figures.settled,
            pending: figures.pending,
            frozen: figures.frozen,
            updated_at: figures.updated_at,
        }),
        _ => None,
    };
    let address = view::address(&row);
    Ok(Json(AdminUserDetail {
        user: view::person(&row),
        age: row.date_of_birth.0.age_at(app.now()).unwrap_or(0),
        date_of_birth: row.date_of_birth.0,
        gender: row.gender.0,
        nationality_country_name: country.map(|country| country.country_name),
        lock_reason: row.lock_reason.as_deref().and_then(FreezeReason::parse),
        lock_notes: row.lock_notes,
        locked_by: row.locked_by,
        locked_at: row.locked_at.map(|at| at.0),
        reviewed_by: row.reviewed_by,
        review_notes: row.review_notes,
        denial_code: row.denial_code,
        denial_reason: row.denial_reason,
        onchain_registered_at: row.onchain_registered_at.map(|at| at.0),
        middle_name: row.middle_name,
        place_of_birth: row.place_of_birth,
        is_pep: row.is_pep,
        pep_details: row.pep_details,
        address,
        employment_status: row.employment_status.as_deref().and_then(EmploymentStatus::from_text),
        job_title: row.job_title,
        company_name: row.company_name,
        industry: row.industry,
        work_email: row.work_email,
        work_phone_num: row.work_phone_num,
        wallet,
        submission: submission.as_ref().map(view::submission),
        documents: files.iter().map(view::document).collect(),
    }))
}
