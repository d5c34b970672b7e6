//! `/notifications/preferences`: of what a person is told, and how.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::NotificationKind;
use gx_types::api::conveniences::{PreferenceChoice, PreferenceView, PreferencesReply, PreferencesRequest};

use super::session::Signed;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Tab};
use crate::visit::{Posted, page_with, see_with};

#[derive(Template)]
#[template(path = "preferences.html")]
struct PreferencesPage {
    chrome: Chrome,
    form: Form,
    email: String,
    choices: Vec<Row>,
}

struct Row {
    name: &'static str,
    label: &'static str,
    in_app: bool,
    in_app_optional: bool,
    mail: bool,
    mail_optional: bool,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/notifications/preferences", get(show).post(save))
}

const fn label(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::WalletCredited => "Coins have arrived",
        NotificationKind::WalletDebited => "Coins have left",
        NotificationKind::TransactionRejected => "A payment was refused",
        NotificationKind::KycStatusUpdate => "My approval",
        NotificationKind::SecurityAlert => "Security of my account",
        NotificationKind::SystemAnnouncement => "Announcements",
        NotificationKind::QSendPaymentReceived => "My request was paid",
        NotificationKind::QSendPaymentSent => "I paid a request",
        NotificationKind::QSendRequestExpired => "My request ran out",
    }
}

async fn show(signed: Signed) -> PageResult {
    render(&signed, StatusCode::OK, Form::default()).await
}

async fn render(signed: &Signed, status: StatusCode, form: Form) -> PageResult {
    let reply: PreferencesReply =
        signed.visit.api().get(&signed.visit.caller, "/api/v1/notifications/preferences").read().await?;
    let row = |view: &PreferenceView| Row {
        name: view.kind.as_str(),
        label: label(view.kind),
        in_app: view.in_app,
        in_app_optional: view.in_app_optional,
        // Word of the security of the account goes out whatever is chosen here.
        mail: view.mail || view.kind == NotificationKind::SecurityAlert,
        mail_optional: view.kind != NotificationKind::SecurityAlert,
    };
    page_with(
        status,
        &PreferencesPage {
            chrome: signed.chrome("How to be told", Tab::None),
            form,
            email: signed.me.email.clone(),
            choices: reply.preferences.iter().map(row).collect(),
        },
    )
}

async fn save(signed: Signed, Posted(form): Posted) -> PageResult {
    let ticked = |what: &str, kind: &NotificationKind| form.is(&format!("{what}-{kind}"), "yes");
    let preferences = NotificationKind::ALL
        .iter()
        .map(|kind| PreferenceChoice {
            kind: *kind,
            in_app: kind.can_be_silenced().then(|| ticked("in-app", kind)),
            mail: (*kind != NotificationKind::SecurityAlert).then(|| ticked("mail", kind)),
        })
        .collect();
    let call = signed.visit.api().put(&signed.visit.caller, "/api/v1/notifications/preferences");
    match call.json(&PreferencesRequest { preferences }).done().await {
        Ok(_) => Ok(see_with("/notifications/preferences", Flash::PreferencesSaved)),
        Err(failure) => {
            let problem = failure.refusal()?;
            let mut form = Form::default();
            form.take_problem(&problem, &[]);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            render(&signed, status, form).await
        }
    }
}
