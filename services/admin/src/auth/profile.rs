//! `GET /api/v1/admin/auth/profile`: who is signed in, and what they may do.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::{Admin, Permission};
use gx_platform::http::{Access, ApiResult, Handled, Route};
use gx_store::repo::{admins, second_factors};
use gx_types::api::admin::AdminProfile;
use gx_types::{EnvName, ErrorCode};

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/admin/auth/profile", "readAdminProfile")
        .summary("Who is signed in")
        .access(Access::AnyAdmin)
        .reply::<AdminProfile>(200, "The administrator")
        .errors(&[ErrorCode::SessionRevoked])
        .handle(handle)
}

async fn handle(State(app): State<App>, admin: Admin) -> ApiResult<Json<AdminProfile>> {
    let row = admins::find(app.store().read(), admin.admin_id).await?.ok_or(ErrorCode::SessionRevoked)?;
    let mfa_enabled = second_factors::is_on(app.store().read(), admin.actor()).await?;
    Ok(Json(AdminProfile {
        mfa_enabled,
        require_mfa_setup: !admin.mfa_verified && app.env() != EnvName::Devnet,
        id: row.admin_id.0,
        username: row.username,
        email: row.email,
        display_name: row.display_name,
        role: row.role.0,
        last_login_at: row.last_login_at.map(|at| at.0),
        require_password_change: row.must_change_password,
        created_at: row.created_at.0,
        permissions: Permission::of_role(row.role.0).map(|permission| permission.code().to_owned()).collect(),
    }))
}
