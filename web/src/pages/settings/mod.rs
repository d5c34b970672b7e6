//! `/settings/security`: how the account is protected, where one is signed in, and the way to each change.

mod close;
mod contact;
mod picture;
mod pin;
mod totp;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use gx_types::api::security::{ChangePasswordRequest, RenameDeviceRequest, SecurityView, SessionView, SessionsReply};
use gx_types::{SessionId, SessionTransport};

use super::session::Signed;
use super::single::{BACK, Field, Single};
use crate::Web;
use crate::api::segment;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Moment, Tab};
use crate::visit::{Posted, page_with, see_with};

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage {
    chrome: Chrome,
    form: Form,
    view: SecurityView,
    email: String,
    phone: String,
    password_at: Option<Moment>,
    pin_locked: Option<Moment>,
    sessions: Vec<Shown>,
}

struct Shown {
    id: SessionId,
    name: String,
    given: String,
    kind: &'static str,
    place: Option<String>,
    since: Moment,
    seen: Moment,
    current: bool,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/settings", get(async || crate::visit::see("/settings/security")))
        .route("/settings/security", get(show))
        .route("/settings/security/password", get(password).post(change_password))
        .route("/settings/security/sessions/end-others", post(end_others))
        .route("/settings/security/sessions/{id}/end", post(end))
        .route("/settings/security/sessions/{id}/name", post(name))
        .merge(totp::routes())
        .merge(pin::routes())
        .merge(contact::routes())
        .merge(picture::routes())
        .merge(close::routes())
}

/// How the account is protected.
pub(super) async fn security(signed: &Signed) -> PageResult<SecurityView> {
    Ok(signed.visit.api().get(&signed.visit.caller, "/api/v1/security").read().await?)
}

async fn show(signed: Signed) -> PageResult {
    render(&signed, StatusCode::OK, Form::default()).await
}

async fn render(signed: &Signed, status: StatusCode, form: Form) -> PageResult {
    let (view, sessions) = tokio::join!(
        security(signed),
        signed.visit.api().get(&signed.visit.caller, "/api/v1/security/sessions").read::<SessionsReply>(),
    );
    let view = view?;
    page_with(
        status,
        &SecurityPage {
            chrome: signed.chrome("Security", Tab::None),
            form,
            email: signed.me.email.clone(),
            phone: signed.me.phone_num.clone().unwrap_or_else(|| "none".to_owned()),
            password_at: view.password_changed_at.map(Moment),
            pin_locked: view.pin.locked_until.map(Moment),
            sessions: sessions?.sessions.into_iter().map(shown).collect(),
            view,
        },
    )
}

fn shown(session: SessionView) -> Shown {
    Shown {
        id: session.session_id,
        given: if session.named { session.device_name.clone() } else { String::new() },
        name: session.device_name,
        kind: match session.transport {
            SessionTransport::Cookie => "Browser",
            SessionTransport::Token => "App or program",
        },
        place: session.place,
        since: Moment(session.created_at),
        seen: Moment(session.last_seen_at),
        current: session.current,
    }
}

async fn end_others(signed: Signed, Posted(_): Posted) -> PageResult {
    signed.visit.api().post(&signed.visit.caller, "/api/v1/security/sessions/revoke-others").done().await?;
    Ok(see_with("/settings/security", Flash::SessionsEnded))
}

async fn end(signed: Signed, Path(id): Path<String>, Posted(_): Posted) -> PageResult {
    let path = format!("/api/v1/security/sessions/{}", segment(&id));
    match signed.visit.api().delete(&signed.visit.caller, path).done().await {
        // Ended meanwhile is what was wanted.
        Err(failure) if !failure.is_not_found() => Err(failure.into()),
        _ => Ok(see_with("/settings/security", Flash::SessionsEnded)),
    }
}

async fn name(signed: Signed, Path(id): Path<String>, Posted(mut form): Posted) -> PageResult {
    let path = format!("/api/v1/security/sessions/{}", segment(&id));
    let body = RenameDeviceRequest { name: form.value("name").to_owned() };
    match signed.visit.api().patch(&signed.visit.caller, path).json(&body).done().await {
        Ok(_) => Ok(see_with("/settings/security", Flash::DeviceNamed)),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &[]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            render(&signed, status, form).await
        }
    }
}

fn password_page(signed: &Signed) -> Single {
    Single {
        chrome: signed.chrome("Password", Tab::None),
        form: Form::default(),
        id: "password-form",
        heading: "Change your password",
        intro: vec!["Every other session is ended, so that whoever knew the old password is out.".to_owned()],
        action: "/settings/security/password",
        hidden: Vec::new(),
        fields: vec![
            Field::new("currentPassword", "Present password", "password", "autocomplete=current-password required"),
            Field::new("newPassword", "New password", "password", "autocomplete=new-password required")
                .hint("8 characters at least, with an upper-case and a lower-case letter and a digit."),
            Field::new("confirmPassword", "New password again", "password", "autocomplete=new-password required"),
        ],
        tick: None,
        button: "Change it",
        danger: false,
        back: BACK,
    }
}

async fn password(signed: Signed) -> PageResult {
    password_page(&signed).show(StatusCode::OK)
}

async fn change_password(signed: Signed, Posted(form): Posted) -> PageResult<Response> {
    let body = ChangePasswordRequest {
        current_password: form.exact("currentPassword").to_owned(),
        new_password: form.exact("newPassword").to_owned(),
        confirm_password: form.exact("confirmPassword").to_owned(),
    };
    match signed.visit.api().post(&signed.visit.caller, "/api/v1/auth/password/change").json(&body).done().await {
        Ok(_) => Ok(see_with("/settings/security", Flash::PasswordChanged)),
        Err(failure) => password_page(&signed).refused(form, failure),
    }
}
