//! Signing in to the console and out of it.

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use gx_types::api::admin::{AdminLoginRequest, AdminMfaVerify, AdminSecondStep, AdminSessionGranted};
use gx_types::api::identity::Transport;
use serde::Deserialize;

use super::session;
use crate::Web;
use crate::api::ApiFailure;
use crate::cookies;
use crate::error::PageResult;
use crate::next;
use crate::pages::login::login_refusal;
use crate::view::{Chrome, Flash, Form, Viewer};
use crate::visit::{Posted, Visit, page, page_with, see, see_with};

#[derive(Template)]
#[template(path = "admin/login.html")]
struct LoginPage {
    chrome: Chrome,
    form: Form,
    next: String,
}

#[derive(Template)]
#[template(path = "admin/code.html")]
struct CodePage {
    chrome: Chrome,
    form: Form,
    next: String,
    ticket: String,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/login", get(show).post(sign_in))
        .route("/admin/login/code", post(second_step))
        .route("/admin/logout", post(sign_out))
}

/// Only pages of the console are worth going back to.
fn console_next(next: Option<&str>) -> String {
    next.and_then(next::safe).filter(|next| next.starts_with("/admin")).unwrap_or("/admin/queue").to_owned()
}

async fn show(visit: Visit) -> PageResult {
    let next = console_next(visit.param("next"));
    if visit.has_session() {
        return Ok(see(&next));
    }
    page(&LoginPage { chrome: visit.chrome("Sign in to the console"), form: Form::default(), next })
}

async fn sign_in(visit: Visit, Posted(mut form): Posted) -> PageResult {
    let next = console_next(Some(form.value("next")));
    let body = AdminLoginRequest {
        username: form.value("username").to_owned(),
        password: form.exact("password").to_owned(),
        transport: Transport::Cookie,
        device_fingerprint: None,
    };
    match visit.api().post(&visit.caller, "/api/v1/admin/auth/login").json(&body).reply::<SignIn>().await {
        Ok(reply) => match reply.body {
            SignIn::SecondStep(step) => page(&CodePage {
                chrome: visit.chrome("Sign in to the console"),
                form: Form::default(),
                next,
                ticket: step.mfa_token,
            }),
            SignIn::Granted(granted) => Ok(signed_in(&visit, &next, &reply.headers, &granted)),
        },
        Err(failure) => {
            let problem = login_refusal(failure)?;
            form.take_problem(&problem, &["username", "password"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED);
            page_with(status, &LoginPage { chrome: visit.chrome("Sign in to the console"), form, next })
        }
    }
}

/// What a right password leads to.
#[derive(Deserialize)]
#[serde(untagged)]
enum SignIn {
    /// A code comes next.
    SecondStep(AdminSecondStep),
    /// A session.
    Granted(AdminSessionGranted),
}

fn signed_in(visit: &Visit, next: &str, headers: &HeaderMap, granted: &AdminSessionGranted) -> Response {
    let mut response = see(next);
    cookies::hand_on(response.headers_mut(), headers);
    session::remember(&visit.web, response.headers_mut(), granted.csrf_token.as_deref());
    response
}

async fn second_step(visit: Visit, Posted(mut form): Posted) -> PageResult {
    let next = console_next(Some(form.value("next")));
    let ticket = form.value("ticket").to_owned();
    let body = AdminMfaVerify { mfa_token: ticket.clone(), code: form.value("code").to_owned() };
    let call = visit.api().post(&visit.caller, "/api/v1/admin/auth/mfa/verify").json(&body);
    match call.reply::<AdminSessionGranted>().await {
        Ok(reply) => Ok(signed_in(&visit, &next, &reply.headers, &reply.body)),
        // The time for the code is up: from the beginning.
        Err(ApiFailure::Refused(problem)) if problem.status == 401 => Ok(see_with("/admin/login", Flash::SessionEnded)),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &["code"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            page_with(status, &CodePage { chrome: visit.chrome("Sign in to the console"), form, next, ticket })
        }
    }
}

async fn sign_out(visit: Visit, Posted(_): Posted) -> PageResult {
    // The cookies go whatever the service says: the administrator wants to be signed out here and now.
    if visit.has_session()
        && let Err(failure) = visit.api().post(&visit.caller, "/api/v1/admin/auth/logout").done().await
    {
        tracing::warn!(%failure, "an administrator's session could not be ended at the service");
    }
    visit.recognise(Viewer::Nobody);
    let mut response = see_with("/admin/login", Flash::SignedOut);
    session::forget(&visit.web, response.headers_mut());
    Ok(response)
}
