//! For people who cannot get in: a new password by mail, and taking a change of e-mail address back.
//!
//! The token of a mail is in the page's address once, when the link is followed; the page puts it into its form.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::api::security::{ForgotPasswordRequest, ObjectionRequest, ResetPasswordRequest};

use super::single::{Field, Single};
use crate::Web;
use crate::error::PageResult;
use crate::view::{Flash, Form};
use crate::visit::{Posted, Visit, see_with};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/forgot", get(show_forgot).post(forgot))
        .route("/reset", get(show_reset).post(reset))
        .route("/objection", get(show_objection).post(object))
}

fn forgot_page(visit: &Visit) -> Single {
    Single {
        chrome: visit.chrome("New password"),
        form: Form::default(),
        id: "forgot-form",
        heading: "Get a new password",
        intro: vec!["We send a link to the e-mail address of your account. It is good for half an hour.".to_owned()],
        action: "/forgot",
        hidden: Vec::new(),
        fields: vec![Field::new(
            "email",
            "E-mail address",
            "email",
            "autocomplete=username required autocapitalize=none spellcheck=false",
        )],
        tick: None,
        button: "Send the link",
        danger: false,
        back: Some(("/login", "Back to signing in")),
    }
}

fn reset_page(visit: &Visit, token: &str) -> Single {
    Single {
        heading: "Choose a new password",
        intro: vec!["Every session is ended; then you sign in with the new password.".to_owned()],
        action: "/reset",
        hidden: vec![("token", token.to_owned())],
        fields: vec![
            Field::new("newPassword", "New password", "password", "autocomplete=new-password required")
                .hint("8 characters at least, with an upper-case and a lower-case letter and a digit."),
            Field::new("confirmPassword", "New password again", "password", "autocomplete=new-password required"),
        ],
        button: "Set it",
        back: Some(("/forgot", "Send another link")),
        id: "reset-form",
        ..forgot_page(visit)
    }
}

fn objection_page(visit: &Visit, token: &str) -> Single {
    Single {
        chrome: visit.chrome("That was not me"),
        heading: "That was not me",
        intro: vec![
            "Your account gets this e-mail address again, every session is ended, and the present password is good for \
             nothing. Then you set a new one."
                .to_owned(),
        ],
        action: "/objection",
        hidden: vec![("token", token.to_owned())],
        fields: Vec::new(),
        button: "Take the change back",
        danger: true,
        back: None,
        id: "objection-form",
        ..forgot_page(visit)
    }
}

async fn show_forgot(visit: Visit) -> PageResult {
    forgot_page(&visit).show(StatusCode::OK)
}

async fn forgot(visit: Visit, Posted(form): Posted) -> PageResult {
    let body = ForgotPasswordRequest { email: form.value("email").to_owned() };
    match visit.api().post(&visit.caller, "/api/v1/auth/password/forgot").json(&body).done().await {
        Ok(_) => Ok(see_with("/login", Flash::ResetSent)),
        Err(failure) => forgot_page(&visit).refused(form, failure),
    }
}

async fn show_reset(visit: Visit) -> PageResult {
    let token = visit.param("token").unwrap_or_default().to_owned();
    reset_page(&visit, &token).show(StatusCode::OK)
}

async fn reset(visit: Visit, Posted(form): Posted) -> PageResult {
    let body = ResetPasswordRequest {
        token: form.value("token").to_owned(),
        new_password: form.exact("newPassword").to_owned(),
        confirm_password: form.exact("confirmPassword").to_owned(),
    };
    match visit.api().post(&visit.caller, "/api/v1/auth/password/reset").json(&body).done().await {
        Ok(_) => Ok(see_with("/login", Flash::PasswordReset)),
        Err(failure) => reset_page(&visit, &body.token).refused(form, failure),
    }
}

async fn show_objection(visit: Visit) -> PageResult {
    let token = visit.param("token").unwrap_or_default().to_owned();
    objection_page(&visit, &token).show(StatusCode::OK)
}

async fn object(visit: Visit, Posted(form): Posted) -> PageResult {
    let body = ObjectionRequest { token: form.value("token").to_owned() };
    match visit.api().post(&visit.caller, "/api/v1/security/objection").json(&body).done().await {
        Ok(_) => Ok(see_with("/forgot", Flash::ChangeTakenBack)),
        Err(failure) => objection_page(&visit, &body.token).refused(form, failure),
    }
}
