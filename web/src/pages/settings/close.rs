//! Closing the account, by its owner.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::api::security::{AccountClosedReply, PasswordAndCode};

use super::security;
use crate::Web;
use crate::error::PageResult;
use crate::pages::session::{self, Signed};
use crate::pages::single::{BACK, Field, Single};
use crate::view::{Chrome, Form, Tab, Viewer};
use crate::visit::{Posted, page};

#[derive(Template)]
#[template(path = "closed.html")]
struct ClosedPage {
    chrome: Chrome,
    kept: Vec<String>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/settings/close", get(show).post(close))
}

async fn close_page(signed: &Signed) -> PageResult<Single> {
    let mut fields = vec![Field::password()];
    if security(signed).await?.totp.on {
        fields.push(Field::factor());
    }
    Ok(Single {
        chrome: signed.chrome("Close the account", Tab::None),
        form: Form::default(),
        id: "close-form",
        heading: "Close the account",
        intro: vec![
            "This is for good. Nobody, you included, can sign in to it again, and its e-mail address and phone number \
             are not free for another account."
                .to_owned(),
            "It works once the account is empty and nothing is on its way.".to_owned(),
        ],
        action: "/settings/close",
        hidden: Vec::new(),
        fields,
        tick: None,
        button: "Close it for good",
        danger: true,
        back: BACK,
    })
}

async fn show(signed: Signed) -> PageResult {
    close_page(&signed).await?.show(StatusCode::OK)
}

async fn close(signed: Signed, Posted(form): Posted) -> PageResult {
    let body = PasswordAndCode { password: form.exact("password").to_owned(), code: form.optional("code") };
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/security/close").json(&body);
    match call.read::<AccountClosedReply>().await {
        Ok(reply) => {
            signed.visit.recognise(Viewer::Nobody);
            let chrome = signed.visit.chrome("Account closed");
            let mut response = page(&ClosedPage { chrome, kept: reply.kept })?;
            session::forget(&signed.visit.web, response.headers_mut());
            Ok(response)
        }
        Err(failure) => close_page(&signed).await?.refused(form, failure),
    }
}
