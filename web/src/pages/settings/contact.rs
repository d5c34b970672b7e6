//! A new e-mail address or phone number: what it shall be, then the two codes.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_types::ContactChangeId;
use gx_types::api::security::{ChangeEmailRequest, ChangePhoneRequest, ConfirmContactRequest, ContactChangeStarted};

use crate::Web;
use crate::error::PageResult;
use crate::pages::session::Signed;
use crate::pages::single::{BACK, Field, Single};
use crate::view::{Flash, Form, Tab};
use crate::visit::{Posted, see, see_with};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/settings/email", get(show_email).post(change_email))
        .route("/settings/email/confirm", post(confirm_email))
        .route("/settings/phone", get(show_phone).post(change_phone))
        .route("/settings/phone/confirm", post(confirm_phone))
}

fn email_page(signed: &Signed) -> Single {
    Single {
        chrome: signed.chrome("E-mail address", Tab::None),
        form: Form::default(),
        id: "email-form",
        heading: "Change your e-mail address",
        intro: vec![format!("It is {} now. A code goes to both addresses.", signed.me.email)],
        action: "/settings/email",
        hidden: Vec::new(),
        fields: vec![
            Field::new(
                "newEmail",
                "New e-mail address",
                "email",
                "autocomplete=email required maxlength=254 autocapitalize=none spellcheck=false",
            ),
            Field::password(),
        ],
        tick: None,
        button: "Send the codes",
        danger: false,
        back: BACK,
    }
}

fn phone_page(signed: &Signed) -> Single {
    let now = signed.me.phone_num.as_deref();
    Single {
        chrome: signed.chrome("Phone", Tab::None),
        id: "phone-form",
        heading: "Change your phone number",
        intro: vec![now.map_or_else(
            || "There is none yet. A code goes to your e-mail address and one to the new number.".to_owned(),
            |now| format!("It is {now} now. A code goes to both numbers."),
        )],
        action: "/settings/phone",
        fields: vec![
            Field::new("newPhone", "New phone number", "tel", "autocomplete=tel required maxlength=24")
                .hint("With its country code, for example +44 7700 900123."),
            Field::password(),
        ],
        tick: now.map(|_| ("oldPhoneLost", "I cannot reach the old number; send that code to my e-mail address")),
        ..email_page(signed)
    }
}

fn codes_page(signed: &Signed, started: &ContactChangeStarted, action: &'static str) -> Single {
    Single {
        heading: "Enter both codes",
        intro: vec![
            format!("One code went to {}, the other to {}.", started.old_code_to, started.new_code_to),
            "They are good for ten minutes.".to_owned(),
        ],
        action,
        hidden: vec![
            ("changeId", started.change_id.to_string()),
            ("oldCodeTo", started.old_code_to.clone()),
            ("newCodeTo", started.new_code_to.clone()),
        ],
        fields: vec![
            Field::otp("oldCode", "Code that went to the first"),
            Field::otp("newCode", "Code that went to the new one"),
        ],
        button: "Change it",
        id: "codes-form",
        ..email_page(signed)
    }
}

async fn show_email(signed: Signed) -> PageResult {
    email_page(&signed).show(StatusCode::OK)
}

async fn change_email(signed: Signed, Posted(form): Posted) -> PageResult {
    let body = ChangeEmailRequest {
        password: form.exact("password").to_owned(),
        new_email: form.value("newEmail").to_owned(),
    };
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/security/email/change").json(&body);
    match call.read::<ContactChangeStarted>().await {
        Ok(started) => codes_page(&signed, &started, "/settings/email/confirm").show(StatusCode::OK),
        Err(failure) => email_page(&signed).refused(form, failure),
    }
}

async fn show_phone(signed: Signed) -> PageResult {
    phone_page(&signed).show(StatusCode::OK)
}

async fn change_phone(signed: Signed, Posted(form): Posted) -> PageResult {
    let body = ChangePhoneRequest {
        password: form.exact("password").to_owned(),
        new_phone: form.value("newPhone").to_owned(),
        old_phone_lost: form.is("oldPhoneLost", "yes"),
    };
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/security/phone/change").json(&body);
    match call.read::<ContactChangeStarted>().await {
        Ok(started) => codes_page(&signed, &started, "/settings/phone/confirm").show(StatusCode::OK),
        Err(failure) => phone_page(&signed).refused(form, failure),
    }
}

async fn confirm_email(signed: Signed, Posted(form): Posted) -> PageResult {
    confirm(signed, form, "/api/v1/security/email/confirm", "/settings/email/confirm", Flash::EmailChanged).await
}

async fn confirm_phone(signed: Signed, Posted(form): Posted) -> PageResult {
    confirm(signed, form, "/api/v1/security/phone/confirm", "/settings/phone/confirm", Flash::PhoneChanged).await
}

async fn confirm(signed: Signed, form: Form, path: &'static str, action: &'static str, done: Flash) -> PageResult {
    let Ok(change_id) = form.value("changeId").parse::<ContactChangeId>() else {
        return Ok(see("/settings/security"));
    };
    let body = ConfirmContactRequest {
        change_id,
        old_code: form.value("oldCode").to_owned(),
        new_code: form.value("newCode").to_owned(),
    };
    match signed.visit.api().post(&signed.visit.caller, path).json(&body).done().await {
        Ok(_) => Ok(see_with("/settings/security", done)),
        Err(failure) => {
            let started = ContactChangeStarted {
                change_id,
                old_code_to: form.value("oldCodeTo").to_owned(),
                new_code_to: form.value("newCodeTo").to_owned(),
                expires_at: signed.visit.web.clock.now(),
            };
            codes_page(&signed, &started, action).refused(form, failure)
        }
    }
}
