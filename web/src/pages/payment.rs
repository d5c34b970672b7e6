//! `/payments/{commandId}`: how a payment stands. Settled, on its way, or refused with its reason.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gx_types::api::command::{CommandFailure, CommandView};
use gx_types::{CommandId, CommandStatus};
use serde::{Deserialize, Serialize};

use super::session::Signed;
use crate::Web;
use crate::api::segment;
use crate::cookies;
use crate::error::PageResult;
use crate::view::{Chrome, Tab};
use crate::visit::page;

/// How often the page looks again, seconds.
const LOOK_AGAIN_SECONDS: u32 = 2;
/// How long the page can say who was paid, seconds. After that the history does.
const PAID_SECONDS: u64 = 900;
const PAID_COOKIE: &str = "gx_paid";

#[derive(Template)]
#[template(path = "payment.html")]
struct PaymentPage {
    chrome: Chrome,
    title: &'static str,
    status: CommandStatus,
    outcome: Outcome,
    settled: bool,
    paid: Option<Paid>,
    tx_id: Option<String>,
    block: Option<String>,
}

enum Outcome {
    Waiting,
    Settled,
    Refused(String),
}

/// What the person confirmed, for the page after it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Paid {
    pub(super) name: String,
    pub(super) amount: String,
    pub(super) fee: String,
    pub(super) total: String,
    pub(super) reason: String,
}

impl Paid {
    /// Keeps it beside the payment's page, on this device.
    pub(super) fn keep(&self, web: &Web, command: &CommandId, headers: &mut HeaderMap) {
        let Ok(json) = serde_json::to_vec(self) else { return };
        let path = format!("/payments/{command}");
        cookies::add(headers, web.jar().set(PAID_COOKIE, &URL_SAFE_NO_PAD.encode(json), &path, Some(PAID_SECONDS)));
    }

    fn read(headers: &HeaderMap) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cookies::read(headers, PAID_COOKIE)?).ok()?).ok()
    }
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/payments/{command}", get(show))
}

async fn show(signed: Signed, Path(command): Path<String>) -> PageResult {
    let path = format!("/api/v1/transfers/{}/status", segment(&command));
    let view: CommandView = signed.visit.api().get(&signed.visit.caller, path).read().await?;
    let mut chrome = signed.chrome("Payment", Tab::Send);
    let (title, outcome) = match view.status {
        CommandStatus::Pending | CommandStatus::Processing => {
            chrome = chrome.refreshing(LOOK_AGAIN_SECONDS);
            ("On its way", Outcome::Waiting)
        }
        CommandStatus::Confirmed => ("Settled", Outcome::Settled),
        CommandStatus::Failed => (
            "Refused",
            Outcome::Refused(view.error.as_ref().map_or_else(
                || "The ledger refused the payment.".to_owned(),
                |error: &CommandFailure| error.message.clone(),
            )),
        ),
    };
    chrome.title = title.to_owned();
    page(&PaymentPage {
        chrome,
        title,
        status: view.status,
        settled: view.status == CommandStatus::Confirmed,
        outcome,
        paid: Paid::read(&signed.visit.headers),
        tx_id: view.result.as_ref().map(|result| result.transaction_id.to_string()),
        block: view.result.map(|result| result.block_number),
    })
}
