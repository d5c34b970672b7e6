//! Signing in and out.

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gx_types::ErrorCode;
use gx_types::api::identity::{LoginRequest, LogoutRequest, SessionGranted, Transport};
use gx_types::api::security::{SecondFactorNeeded, SecondFactorRequest};
use serde::Deserialize;

use super::session;
use crate::Web;
use crate::api::{ApiFailure, Reply};
use crate::cookies;
use crate::error::PageResult;
use crate::next;
use crate::view::{Chrome, Flash, Form, Viewer};
use crate::visit::{Posted, Visit, page, page_with, see, see_with};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    chrome: Chrome,
    form: Form,
    next: String,
}

#[derive(Template)]
#[template(path = "login_code.html")]
struct CodePage {
    chrome: Chrome,
    form: Form,
    next: String,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/login", get(show).post(sign_in))
        .route("/login/code", get(show_code).post(second_step))
        .route("/logout", post(sign_out))
}

async fn show(visit: Visit) -> PageResult {
    let next = visit.param("next").and_then(next::safe).unwrap_or("/dashboard").to_owned();
    // What is said here after an objection or a new password is said although the browser still holds the session that
    // this has ended.
    let said = visit.flash.is_some_and(|flash| flash != Flash::SessionEnded);
    if visit.has_session() && !said {
        return Ok(see(&next));
    }
    page(&LoginPage { chrome: visit.chrome("Sign in"), form: Form::default(), next })
}

async fn sign_in(visit: Visit, Posted(mut form): Posted) -> PageResult {
    let next = next::safe(form.value("next")).unwrap_or("/dashboard").to_owned();
    let body = LoginRequest {
        email: form.value("email").to_owned(),
        password: form.exact("password").to_owned(),
        transport: Transport::Cookie,
    };
    match visit.api().post(&visit.caller, "/api/v1/auth/login").json(&body).reply::<LoginReply>().await {
        Ok(Reply { body: LoginReply::Granted(granted), headers, .. }) => {
            Ok(signed_in(&visit, &next, &granted, &headers))
        }
        Ok(Reply { body: LoginReply::SecondFactor(needed), .. }) => {
            let place = next::login("/login/code", &next, false);
            let mut response = see(&place);
            let cookie = visit.web.jar().set(cookies::LOGIN_TICKET, &needed.ticket, "/login", Some(needed.expires_in));
            cookies::add(response.headers_mut(), cookie);
            Ok(response)
        }
        Err(failure) => {
            let problem = login_refusal(failure)?;
            form.take_problem(&problem, &["email", "password"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED);
            page_with(status, &LoginPage { chrome: visit.chrome("Sign in"), form, next })
        }
    }
}

/// What a right password leads to.
#[derive(Deserialize)]
#[serde(untagged)]
enum LoginReply {
    SecondFactor(SecondFactorNeeded),
    Granted(Box<SessionGranted>),
}

fn signed_in(visit: &Visit, next: &str, granted: &SessionGranted, from_api: &HeaderMap) -> Response {
    let mut response = see(next);
    let headers = response.headers_mut();
    cookies::hand_on(headers, from_api);
    session::remember(&visit.web, headers, granted.user.profile_id, granted.csrf_token.as_deref());
    response
}

async fn show_code(visit: Visit) -> PageResult {
    if cookies::read(&visit.headers, cookies::LOGIN_TICKET).is_none() {
        return Ok(see("/login"));
    }
    let next = visit.param("next").and_then(next::safe).unwrap_or("/dashboard").to_owned();
    page(&CodePage { chrome: visit.chrome("Sign in"), form: Form::default(), next })
}

async fn second_step(visit: Visit, Posted(mut form): Posted) -> PageResult {
    let next = next::safe(form.value("next")).unwrap_or("/dashboard").to_owned();
    let Some(ticket) = cookies::read(&visit.headers, cookies::LOGIN_TICKET) else { return Ok(see("/login")) };
    let body = SecondFactorRequest { ticket, code: form.value("code").to_owned(), transport: Transport::Cookie };
    let call = visit.api().post(&visit.caller, "/api/v1/auth/login/second-factor").json(&body);
    match call.reply::<SessionGranted>().await {
        Ok(reply) => {
            let mut response = signed_in(&visit, &next, &reply.body, &reply.headers);
            cookies::add(response.headers_mut(), visit.web.jar().clear(cookies::LOGIN_TICKET, "/login"));
            Ok(response)
        }
        Err(failure) => {
            let problem = login_refusal(failure)?;
            if problem.code == ErrorCode::TicketInvalid {
                let mut response = see_with("/login", Flash::LoginTooSlow);
                cookies::add(response.headers_mut(), visit.web.jar().clear(cookies::LOGIN_TICKET, "/login"));
                return Ok(response);
            }
            form.take_problem(&problem, &["code"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNAUTHORIZED);
            page_with(status, &CodePage { chrome: visit.chrome("Sign in"), form, next })
        }
    }
}

/// What the login form may say: wrong credentials, a lock, a closed account. Anything else is no answer to a login, above
/// all not «wrong credentials».
pub(super) fn login_refusal(failure: ApiFailure) -> Result<Box<gx_types::Problem>, ApiFailure> {
    match failure {
        ApiFailure::Refused(problem)
            if matches!(
                problem.code,
                ErrorCode::InvalidCredentials | ErrorCode::AccountDisabled | ErrorCode::AccountLocked
            ) =>
        {
            Ok(problem)
        }
        other => other.refusal(),
    }
}

async fn sign_out(visit: Visit, Posted(_): Posted) -> PageResult {
    // The cookies go whatever the service says: the person wants to be signed out here and now.
    if visit.has_session() {
        let body = LogoutRequest::default();
        if let Err(failure) = visit.api().post(&visit.caller, "/api/v1/auth/logout").json(&body).done().await {
            tracing::warn!(%failure, "a session could not be ended at the service");
        }
    }
    visit.recognise(Viewer::Nobody);
    let mut response = see_with("/login", Flash::SignedOut).into_response();
    session::forget(&visit.web, response.headers_mut());
    Ok(response)
}
