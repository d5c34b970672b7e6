//! `/statement`: a month on a page that can be printed.

use askama::Template;
use axum::Router;
use axum::routing::get;
use gx_types::OnchainStatus;
use gx_types::api::conveniences::StatementReply;
use gx_types::api::tokenomics::TransactionsReply;
use gx_types::{QiratSum, Timestamp};

use super::session::Signed;
use crate::Web;
use crate::error::{PageError, PageResult};
use crate::view::{Chrome, Line, Moment, Tab};
use crate::visit::{page, see};

/// Lines asked for at a time.
const PAGE_ITEMS: usize = 100;
/// Lines on the page at most; more are in the file.
const LINES_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementPage {
    chrome: Chrome,
    holder: String,
    gx_id: String,
    title: String,
    complete: bool,
    printed: Moment,
    opening: String,
    closing: String,
    came_in: String,
    went_out: String,
    fees: String,
    lines: Vec<Line>,
    more: bool,
    export: String,
    earlier: Option<String>,
    later: Option<String>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/statement", get(show))
}

async fn show(signed: Signed) -> PageResult {
    let visit = &signed.visit;
    if !matches!(signed.me.onchain_status, OnchainStatus::Registered | OnchainStatus::Frozen) {
        return Ok(see("/dashboard"));
    }
    let now = visit.web.clock.now();
    let month = visit.param("month").map_or_else(|| month_of(now), str::to_owned);
    let wallet = format!("/api/v1/wallets/{}", signed.me.profile_id);
    let figures: StatementReply = visit
        .api()
        .get(&visit.caller, format!("{wallet}/statement"))
        .query("month", month)
        .read()
        .await
        // A month that is none has no page.
        .map_err(|failure| failure.refusal().map_or_else(PageError::from, |_| PageError::not_found()))?;

    // The lines, page by page.
    let (from, until) = (figures.from.rfc3339(), figures.until.rfc3339());
    let mut lines = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let reply: TransactionsReply = visit
            .api()
            .get(&visit.caller, format!("{wallet}/transactions"))
            .query("limit", PAGE_ITEMS.to_string())
            .query("from", from.clone())
            .query("to", until.clone())
            .maybe("cursor", cursor)
            .read()
            .await?;
        lines.extend(reply.transactions.iter().map(Line::of));
        cursor = reply.next_cursor;
        if cursor.is_none() || lines.len() >= LINES_MAX {
            break;
        }
    }
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("from", &from).append_pair("to", &until).finish();
    // Nothing has no sign.
    let sum = |sign: &str, text: &str| match text.parse() {
        Ok(0) => QiratSum::default().display_gx(),
        Ok(sum) => format!("{sign}{}", QiratSum::new(sum).display_gx()),
        Err(_) => text.to_owned(),
    };
    let later = Some(figures.until).filter(|until| *until <= now).map(month_of);
    let began = signed.me.onchain_registered_at.unwrap_or(signed.me.created_at);
    let earlier = Some(figures.from)
        .filter(|from| *from > began)
        .map(|from| month_of(from.minus(std::time::Duration::from_secs(1))));
    page(&StatementPage {
        chrome: signed.chrome("Statement", Tab::History),
        holder: format!("{} {}", signed.me.first_name, signed.me.last_name),
        gx_id: signed.me.fabric_user_id.map(|id| id.to_string()).unwrap_or_default(),
        title: title(&figures),
        complete: figures.complete,
        printed: Moment(now),
        opening: figures.opening.display_gx(),
        closing: figures.closing.display_gx(),
        came_in: sum("+", &figures.came_in),
        went_out: sum("−", &figures.went_out),
        fees: sum("−", &figures.fees),
        lines,
        more: cursor.is_some(),
        export: format!("{wallet}/transactions.csv?{query}"),
        earlier,
        later,
    })
}

fn month_of(at: Timestamp) -> String {
    let date = at.date();
    format!("{:04}-{:02}", date.year(), u8::from(date.month()))
}

fn title(figures: &StatementReply) -> String {
    let date = figures.from.date();
    format!("{} {}", date.month(), date.year())
}
