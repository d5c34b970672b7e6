//! `/dev/mailbox`: mail and text messages of test people. On mainnet the page does not exist.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_platform::{MailboxMessage, MailboxReply};

use crate::Web;
use crate::error::PageResult;
use crate::view::{Chrome, Form, Moment};
use crate::visit::{Visit, page_with};

#[derive(Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    chrome: Chrome,
    form: Form,
    messages: Option<Vec<Mail>>,
}

struct Mail {
    subject: String,
    text: String,
    at: Moment,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/dev/mailbox", get(show))
}

async fn show(visit: Visit) -> PageResult {
    let mut form = Form::default();
    let mut messages = None;
    let mut status = StatusCode::OK;
    if let Some(to) = visit.param("to") {
        form = form.with("to", to);
        match visit.api().get(&visit.caller, "/api/v1/dev/mailbox").query("to", to).read::<MailboxReply>().await {
            Ok(reply) => messages = Some(reply.messages.into_iter().map(mail).collect()),
            Err(failure) => {
                let problem = failure.refusal()?;
                form.take_problem(&problem, &["to"]);
                status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            }
        }
    }
    page_with(status, &MailboxPage { chrome: visit.chrome("Test mailbox"), form, messages })
}

fn mail(message: MailboxMessage) -> Mail {
    Mail {
        subject: if message.subject.is_empty() { "Text message".to_owned() } else { message.subject },
        text: message.text,
        at: Moment(message.sent_at),
    }
}
