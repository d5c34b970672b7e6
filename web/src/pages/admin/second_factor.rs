//! `/admin/second-factor`: an administrator sets up the codes of an app, or moves to another one. Who has none sees no other page of the console
//! before that, except on a development network.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_types::ErrorCode;
use gx_types::api::admin::{AdminBackupCodes, AdminMfaCode, AdminMfaDisable, AdminMfaSetup};

use super::session::Officer;
use crate::Web;
use crate::api::ApiFailure;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Tab};
use crate::visit::{Posted, page, page_with, see_with};

/// Where the page is.
pub(super) const PLACE: &str = "/admin/second-factor";

#[derive(Template)]
#[template(path = "admin/second_factor.html")]
struct FactorPage {
    chrome: Chrome,
    form: Form,
    /// Whether nothing else is possible before.
    first: bool,
    on: bool,
    setup: Option<AdminMfaSetup>,
    codes: Option<AdminBackupCodes>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route(PLACE, get(show))
        .route("/admin/second-factor/setup", post(set_up))
        .route("/admin/second-factor/enable", post(enable))
        .route("/admin/second-factor/off", post(switch_off))
}

fn page_of(officer: &Officer) -> FactorPage {
    FactorPage {
        chrome: officer.chrome("Your second factor", Tab::None),
        form: Form::default(),
        first: officer.me.require_mfa_setup,
        on: officer.me.mfa_enabled,
        setup: None,
        codes: None,
    }
}

async fn show(officer: Officer) -> PageResult {
    page(&page_of(&officer))
}

async fn set_up(officer: Officer, Posted(mut form): Posted) -> PageResult {
    let visit = &officer.visit;
    match visit.api().post(&visit.caller, "/api/v1/admin/auth/mfa/setup").read::<AdminMfaSetup>().await {
        Ok(setup) => page(&FactorPage { setup: Some(setup), ..page_of(&officer) }),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &[]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            page_with(status, &FactorPage { form, ..page_of(&officer) })
        }
    }
}

async fn enable(officer: Officer, Posted(mut form): Posted) -> PageResult {
    let visit = &officer.visit;
    // The secret was shown once: what the page showed comes back with the form.
    let shown = AdminMfaSetup { secret: form.value("secret").to_owned(), uri: String::new(), qr_svg: String::new() };
    let body = AdminMfaCode { code: form.value("code").to_owned() };
    let call = visit.api().post(&visit.caller, "/api/v1/admin/auth/mfa/enable").json(&body);
    match call.read::<AdminBackupCodes>().await {
        Ok(codes) => page(&FactorPage { codes: Some(codes), on: true, first: false, ..page_of(&officer) }),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &["code"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            page_with(status, &FactorPage { form, setup: Some(shown), ..page_of(&officer) })
        }
    }
}

/// Off, and another can be set up at once: that is how one moves to another device.
async fn switch_off(officer: Officer, Posted(mut form): Posted) -> PageResult {
    let visit = &officer.visit;
    let body = AdminMfaDisable { password: form.exact("password").to_owned(), code: form.value("code").to_owned() };
    let problem = match visit.api().post(&visit.caller, "/api/v1/admin/auth/mfa/disable").json(&body).done().await {
        Ok(_) => return Ok(see_with(PLACE, Flash::FactorOff)),
        // A wrong password is said in the form; 401 with another code is a session that has ended.
        Err(ApiFailure::Refused(problem)) if problem.code == ErrorCode::InvalidCredentials => problem,
        Err(failure) => failure.refusal()?,
    };
    form.take_problem(&problem, &["password", "code"]);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    page_with(status, &FactorPage { form, ..page_of(&officer) })
}
