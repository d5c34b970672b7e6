//! `/limits`: limits that a person puts on their own payments.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::Qirat;
use gx_types::api::conveniences::{LimitView, LimitsPatch, LimitsReply};
use gx_types::api::identity::Change;

use super::session::Signed;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Moment, Tab, parse_amount};
use crate::visit::{Posted, page_with, see_with};

#[derive(Template)]
#[template(path = "limits.html")]
struct LimitsPage {
    chrome: Chrome,
    form: Form,
    per_payment: Shown,
    per_day: Shown,
    spent: String,
    left: Option<String>,
}

/// A limit in words.
struct Shown {
    now: String,
    next: Option<(String, Moment)>,
}

impl Shown {
    fn of(limit: &LimitView) -> Self {
        Self { now: text(limit.amount), next: limit.next.as_ref().map(|next| (text(next.amount), Moment(next.from))) }
    }
}

fn text(amount: Option<Qirat>) -> String {
    amount.map_or_else(|| "no limit".to_owned(), Qirat::display_gx)
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/limits", get(show).post(save))
}

async fn show(signed: Signed) -> PageResult {
    render(&signed, StatusCode::OK, None).await
}

async fn render(signed: &Signed, status: StatusCode, form: Option<Form>) -> PageResult {
    let limits: LimitsReply = signed.visit.api().get(&signed.visit.caller, "/api/v1/limits").read().await?;
    let typed = |amount: Option<Qirat>| amount.map(|amount| amount.display_gx()).unwrap_or_default();
    let form = form.unwrap_or_else(|| {
        Form::default()
            .with("perPayment", typed(limits.per_payment.amount))
            .with("perDay", typed(limits.per_day.amount))
    });
    page_with(
        status,
        &LimitsPage {
            chrome: signed.chrome("Limits", Tab::None),
            form,
            per_payment: Shown::of(&limits.per_payment),
            per_day: Shown::of(&limits.per_day),
            spent: limits.spent.display_gx(),
            left: limits.left.map(Qirat::display_gx),
        },
    )
}

async fn save(signed: Signed, Posted(mut form): Posted) -> PageResult {
    let mut change = |name: &str| match form.value(name) {
        "" => Change::Clear,
        typed => {
            // With or without its unit, as it is shown.
            let (number, unit) =
                typed.rsplit_once(' ').filter(|(_, unit)| ["GX", "Q"].contains(unit)).unwrap_or((typed, "GX"));
            match parse_amount(number, unit) {
                Ok(amount) => Change::Set(amount),
                Err(error) => {
                    let message = error.to_string();
                    form.refuse(name, message);
                    Change::Keep
                }
            }
        }
    };
    let patch = LimitsPatch { per_payment: change("perPayment"), per_day: change("perDay") };
    if form.refused() {
        return render(&signed, StatusCode::UNPROCESSABLE_ENTITY, Some(form)).await;
    }
    match signed.visit.api().patch(&signed.visit.caller, "/api/v1/limits").json(&patch).done().await {
        Ok(_) => Ok(see_with("/limits", Flash::LimitsSaved)),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &["perPayment", "perDay"]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            render(&signed, status, Some(form)).await
        }
    }
}
