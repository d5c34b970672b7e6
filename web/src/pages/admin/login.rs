//! Signing in to the console and out of it.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_types::api::admin::{AdminLoginRequest, AdminSessionGranted};
use gx_types::api::identity::Transport;

use super::session;
use crate::Web;
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

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/admin/login", get(show).post(sign_in)).route("/admin/logout", post(sign_out))
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
    let reply =
        visit.api().post(&visit.caller, "/api/v1/admin/auth/login").json(&body).reply::<AdminSessionGranted>().await;
    match reply {
        Ok(reply) => {
            let mut response = see(&next);
            cookies::hand_on(response.headers_mut(), &reply.headers);
            session::remember(&visit.web, response.headers_mut(), reply.body.csrf_token.as_deref());
            Ok(response)
        }
        Err(failure) => {
            let problem = login_refusal(failure)?;
            form.take_problem(&problem, &["username", "password"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED);
            page_with(status, &LoginPage { chrome: visit.chrome("Sign in to the console"), form, next })
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
