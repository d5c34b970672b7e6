//! `/history`: everything that has moved, newest first, with filters.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::api::tokenomics::TransactionsReply;
use gx_types::{OnchainStatus, TransactionKind};

use super::session::Signed;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Choice, Chrome, Form, Line, Tab, kind_name};
use crate::visit::page_with;

/// Lines on one page.
const PAGE_ITEMS: u32 = 25;
const FILTERS: [&str; 5] = ["status", "type", "direction", "from", "to"];

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    chrome: Chrome,
    form: Form,
    filtered: bool,
    states: Vec<Choice>,
    kinds: Vec<Choice>,
    directions: Vec<Choice>,
    lines: Vec<Line>,
    next: Option<String>,
    /// The same lines as a file; none before there is a wallet.
    export: Option<String>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/history", get(show))
}

async fn show(signed: Signed) -> PageResult {
    let visit = &signed.visit;
    let mut form =
        FILTERS.iter().fold(Form::default(), |form, name| form.with(name, visit.param(name).unwrap_or_default()));
    let filtered = FILTERS.iter().any(|name| visit.param(name).is_some());
    let has_wallet = matches!(signed.me.onchain_status, OnchainStatus::Registered | OnchainStatus::Frozen);
    let mut status = StatusCode::OK;
    let reply = if has_wallet {
        let mut call = visit
            .api()
            .get(&visit.caller, format!("/api/v1/wallets/{}/transactions", signed.me.profile_id))
            .query("limit", PAGE_ITEMS.to_string())
            .maybe("cursor", visit.param("cursor"));
        for name in FILTERS {
            call = call.maybe(name, visit.param(name));
        }
        match call.read::<TransactionsReply>().await {
            Ok(reply) => reply,
            Err(failure) => {
                let problem = failure.refusal()?;
                form.take_problem(&problem, &FILTERS);
                status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
                nothing()
            }
        }
    } else {
        nothing()
    };
    let next = reply.next_cursor.map(|cursor| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in FILTERS {
            if let Some(value) = visit.param(name) {
                query.append_pair(name, value);
            }
        }
        format!("/history?{}", query.append_pair("cursor", &cursor).finish())
    });
    let export = has_wallet.then(|| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in FILTERS {
            if let Some(value) = visit.param(name) {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        let joint = if query.is_empty() { "" } else { "?" };
        format!("/api/v1/wallets/{}/transactions.csv{joint}{query}", signed.me.profile_id)
    });
    page_with(
        status,
        &HistoryPage {
            export,
            chrome: signed.chrome("History", Tab::History),
            form,
            filtered,
            kinds: TransactionKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind_name(*kind))).collect(),
            states: vec![Choice::new("PENDING", "On its way"), Choice::new("FAILED", "Refused")],
            directions: vec![Choice::new("IN", "To me"), Choice::new("OUT", "From me")],
            lines: reply.transactions.iter().map(Line::of).collect(),
            next,
        },
    )
}

const fn nothing() -> TransactionsReply {
    TransactionsReply { transactions: Vec::new(), next_cursor: None }
}
