//! Two-step sign-in: switching it on and off, new backup codes. Secret and codes are shown in the answer to the form
//! and nowhere else.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_types::ErrorCode;
use gx_types::api::security::{
    BackupCodesReply, PasswordAndCode, PasswordConfirmation, TotpConfirmRequest, TotpSetupReply,
};

use super::security;
use crate::Web;
use crate::api::ApiFailure;
use crate::error::PageResult;
use crate::pages::session::Signed;
use crate::pages::single::{BACK, Field, Single};
use crate::view::{Chrome, Flash, Form, Tab};
use crate::visit::{Posted, page, page_with, see, see_with};

#[derive(Template)]
#[template(path = "totp_setup.html")]
struct SetupPage {
    chrome: Chrome,
    form: Form,
    qr: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "backup_codes.html")]
struct CodesPage {
    chrome: Chrome,
    codes: Vec<String>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/settings/security/totp", get(show).post(set_up))
        .route("/settings/security/totp/confirm", post(confirm))
        .route("/settings/security/totp/off", post(switch_off))
        .route("/settings/security/backup-codes", get(codes).post(new_codes))
}

fn on_page(signed: &Signed) -> Single {
    Single {
        chrome: signed.chrome("Two-step sign-in", Tab::None),
        form: Form::default(),
        id: "totp-form",
        heading: "Two-step sign-in",
        intro: vec![
            "With it, signing in takes your password and a code that an app on your phone shows. Whoever learns your \
             password alone does not get in."
                .to_owned(),
        ],
        action: "/settings/security/totp",
        hidden: Vec::new(),
        fields: vec![Field::password()],
        tick: None,
        button: "Go on",
        danger: false,
        back: BACK,
    }
}

fn off_page(signed: &Signed) -> Single {
    Single {
        heading: "Switch two-step sign-in off",
        intro: vec!["Signing in then takes the password alone.".to_owned()],
        action: "/settings/security/totp/off",
        fields: vec![Field::password(), Field::factor()],
        button: "Switch it off",
        danger: true,
        back: Some(("/settings/security/backup-codes", "Make new backup codes instead")),
        id: "totp-off",
        ..on_page(signed)
    }
}

fn codes_page(signed: &Signed) -> Single {
    Single {
        heading: "New backup codes",
        intro: vec!["The old ones are good for nothing then.".to_owned()],
        action: "/settings/security/backup-codes",
        fields: vec![Field::password(), Field::factor()],
        button: "Make ten new codes",
        id: "codes-form",
        ..on_page(signed)
    }
}

async fn show(signed: Signed) -> PageResult {
    let view = security(&signed).await?;
    if view.totp.on { off_page(&signed) } else { on_page(&signed) }.show(StatusCode::OK)
}

async fn set_up(signed: Signed, Posted(form): Posted) -> PageResult {
    let body = PasswordConfirmation { password: form.exact("password").to_owned() };
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/security/totp/setup").json(&body);
    match call.read::<TotpSetupReply>().await {
        Ok(reply) => page(&SetupPage {
            chrome: signed.chrome("Two-step sign-in", Tab::None),
            form: Form::default(),
            qr: reply.qr_svg,
            secret: in_fours(&reply.secret),
        }),
        Err(failure) => on_page(&signed).refused(form, failure),
    }
}

/// Easier to type: a space after every four characters; apps ignore it.
fn in_fours(secret: &str) -> String {
    secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

async fn confirm(signed: Signed, Posted(mut form): Posted) -> PageResult {
    let body = TotpConfirmRequest { code: form.value("code").chars().filter(|sign| !sign.is_whitespace()).collect() };
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/security/totp/confirm").json(&body);
    match call.read::<BackupCodesReply>().await {
        Ok(reply) => shown_once(&signed, reply),
        // Ten minutes were over, or another page has switched it on: begin again where that is seen.
        Err(ApiFailure::Refused(problem))
            if matches!(problem.code, ErrorCode::SecondFactorOff | ErrorCode::SecondFactorOn) =>
        {
            Ok(see("/settings/security/totp"))
        }
        Err(failure) => {
            // The secret is not shown twice; the app has it by now, so the code alone is asked for again.
            let problem = failure.refusal()?;
            form.take_problem(&problem, &["code"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let again = Single {
                form,
                heading: "Type the code once more",
                intro: vec!["The code changes every half minute. Is the clock of your phone right?".to_owned()],
                action: "/settings/security/totp/confirm",
                fields: vec![Field::otp("code", "The six digits that the app shows now")],
                button: "Switch on",
                back: Some(("/settings/security/totp", "Begin again with a new secret")),
                id: "totp-confirm",
                ..on_page(&signed)
            };
            page_with(status, &again)
        }
    }
}

fn confirmation(form: &Form) -> PasswordAndCode {
    PasswordAndCode { password: form.exact("password").to_owned(), code: form.optional("code") }
}

async fn switch_off(signed: Signed, Posted(form): Posted) -> PageResult {
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/security/totp/disable");
    match call.json(&confirmation(&form)).done().await {
        Ok(_) => Ok(see_with("/settings/security", Flash::TotpOff)),
        Err(failure) => off_page(&signed).refused(form, failure),
    }
}

async fn codes(signed: Signed) -> PageResult {
    codes_page(&signed).show(StatusCode::OK)
}

async fn new_codes(signed: Signed, Posted(form): Posted) -> PageResult {
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/security/totp/backup-codes");
    match call.json(&confirmation(&form)).read::<BackupCodesReply>().await {
        Ok(reply) => shown_once(&signed, reply),
        Err(failure) => codes_page(&signed).refused(form, failure),
    }
}

fn shown_once(signed: &Signed, reply: BackupCodesReply) -> PageResult {
    page(&CodesPage { chrome: signed.chrome("Backup codes", Tab::None), codes: reply.backup_codes })
}
