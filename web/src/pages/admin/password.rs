//! `/admin/password`: an administrator chooses a password of their own. Who was given one by somebody else sees no other
//! page of the console before that.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::ErrorCode;
use gx_types::api::admin::ChangeAdminPasswordRequest;

use super::session::Officer;
use crate::Web;
use crate::api::ApiFailure;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Tab};
use crate::visit::{Posted, page_with, see_with};

/// Where the page is.
pub(super) const PLACE: &str = "/admin/password";

#[derive(Template)]
#[template(path = "admin/password.html")]
struct PasswordPage {
    chrome: Chrome,
    form: Form,
    /// Whether nothing else is possible before.
    first: bool,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route(PLACE, get(show).post(change))
}

async fn show(officer: Officer) -> PageResult {
    render(&officer, StatusCode::OK, Form::default())
}

fn render(officer: &Officer, status: StatusCode, form: Form) -> PageResult {
    let chrome = officer.chrome("Your password", Tab::None);
    page_with(status, &PasswordPage { chrome, form, first: officer.me.require_password_change })
}

async fn change(officer: Officer, Posted(mut form): Posted) -> PageResult {
    let body = ChangeAdminPasswordRequest {
        current_password: form.exact("currentPassword").to_owned(),
        new_password: form.exact("newPassword").to_owned(),
        confirm_password: form.exact("confirmPassword").to_owned(),
    };
    let visit = &officer.visit;
    let call = visit.api().post(&visit.caller, "/api/v1/admin/auth/password/change").json(&body);
    match call.done().await {
        Ok(_) => Ok(see_with("/admin/queue", Flash::PasswordChanged)),
        // A wrong password is said beside its field; 401 with another code is a session that has ended.
        Err(ApiFailure::Refused(problem)) if problem.status != 401 || problem.code == ErrorCode::InvalidCredentials => {
            form.take_problem(&problem, &["currentPassword", "newPassword", "confirmPassword"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            render(&officer, status, form)
        }
        Err(failure) => Err(failure.into()),
    }
}
