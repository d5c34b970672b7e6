//! The PIN, and from which amount it is asked for.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::Qirat;
use gx_types::api::security::{PasswordAndCode, SecurityView, SetPinRequest, StepUpAmountRequest};

use super::security;
use crate::Web;
use crate::error::PageResult;
use crate::pages::session::Signed;
use crate::pages::single::{BACK, Field, Single};
use crate::view::{Flash, Form, Tab, parse_amount};
use crate::visit::{Posted, see_with};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/settings/security/pin", get(show).post(set))
        .route("/settings/security/pin/remove", get(show_remove).post(remove))
        .route("/settings/security/step-up", get(show_amount).post(set_amount))
}

fn pin_page(signed: &Signed, view: &SecurityView) -> Single {
    let mut fields = vec![
        Field::new(
            "pin",
            "New PIN",
            "password",
            "inputmode=numeric autocomplete=new-password maxlength=6 class=otp required",
        )
        .hint("Six digits, and not those that others would try first."),
        Field::password(),
    ];
    if view.totp.on {
        fields.push(Field::factor());
    }
    Single {
        chrome: signed.chrome("PIN", Tab::None),
        form: Form::default(),
        id: "pin-form",
        heading: if view.pin.on { "Change your PIN" } else { "Set a PIN" },
        intro: vec![
            "It confirms your larger payments, so that a stolen phone or session alone cannot make them.".to_owned(),
        ],
        action: "/settings/security/pin",
        hidden: Vec::new(),
        fields,
        tick: None,
        button: "Set this PIN",
        danger: false,
        back: BACK,
    }
}

fn remove_page(signed: &Signed, view: &SecurityView) -> Single {
    let mut page = pin_page(signed, view);
    page.fields.remove(0);
    Single {
        heading: "Remove your PIN",
        intro: vec![if view.totp.on {
            "Your larger payments are then confirmed with a code of your app.".to_owned()
        } else {
            format!("Without a PIN you cannot make payments of {} and more.", view.step_up_amount.display_gx())
        }],
        action: "/settings/security/pin/remove",
        button: "Remove it",
        danger: true,
        id: "pin-remove",
        ..page
    }
}

fn amount_page(signed: &Signed, view: &SecurityView) -> Single {
    let platform = view.step_up_default.display_gx();
    let own = if view.step_up_own { plain_gx(view.step_up_amount) } else { String::new() };
    Single {
        form: Form::default().with("amount", own),
        heading: "Payments to confirm",
        intro: vec![format!(
            "Payments from {platform} on are always confirmed with your PIN, or with a code of your app. You may choose a \
             lower amount, or 0 for every payment. Leave it empty for {platform}."
        )],
        action: "/settings/security/step-up",
        fields: vec![
            Field::new("amount", "From how many GX on?", "text", "inputmode=decimal autocomplete=off maxlength=24"),
            Field::password(),
        ],
        button: "Save",
        id: "step-up-form",
        ..pin_page(signed, view)
    }
}

/// As a person types it: whole GX, and as many decimals as are needed.
fn plain_gx(amount: Qirat) -> String {
    let text = format!("{}.{:06}", amount.get() / 1_000_000, amount.get() % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

async fn show(signed: Signed) -> PageResult {
    pin_page(&signed, &security(&signed).await?).show(StatusCode::OK)
}

async fn set(signed: Signed, Posted(form): Posted) -> PageResult {
    let body = SetPinRequest {
        password: form.exact("password").to_owned(),
        code: form.optional("code"),
        pin: form.value("pin").to_owned(),
    };
    match signed.visit.api().put(&signed.visit.caller, "/api/v1/security/pin").json(&body).done().await {
        Ok(_) => Ok(see_with("/settings/security", Flash::PinSet)),
        Err(failure) => pin_page(&signed, &security(&signed).await?).refused(form, failure),
    }
}

async fn show_remove(signed: Signed) -> PageResult {
    remove_page(&signed, &security(&signed).await?).show(StatusCode::OK)
}

async fn remove(signed: Signed, Posted(form): Posted) -> PageResult {
    let body = PasswordAndCode { password: form.exact("password").to_owned(), code: form.optional("code") };
    match signed.visit.api().post(&signed.visit.caller, "/api/v1/security/pin/remove").json(&body).done().await {
        Ok(_) => Ok(see_with("/settings/security", Flash::PinRemoved)),
        Err(failure) => remove_page(&signed, &security(&signed).await?).refused(form, failure),
    }
}

async fn show_amount(signed: Signed) -> PageResult {
    amount_page(&signed, &security(&signed).await?).show(StatusCode::OK)
}

async fn set_amount(signed: Signed, Posted(mut form): Posted) -> PageResult {
    let amount = match form.value("amount") {
        "" => Ok(None),
        text if text.trim_matches(['0', '.', ',']).is_empty() => Ok(Some(Qirat::default())),
        text => parse_amount(text, "GX").map(Some),
    };
    let amount = match amount {
        Ok(amount) => amount,
        Err(error) => {
            form.refuse("amount", error.to_string());
            let page = Single { form, ..amount_page(&signed, &security(&signed).await?) };
            return page.show(StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    let body = StepUpAmountRequest { password: form.exact("password").to_owned(), amount };
    match signed.visit.api().put(&signed.visit.caller, "/api/v1/security/step-up-amount").json(&body).done().await {
        Ok(_) => Ok(see_with("/settings/security", Flash::StepUpSaved)),
        Err(failure) => amount_page(&signed, &security(&signed).await?).refused(form, failure),
    }
}
