//! `/fees`: what payments cost, for everyone: the schedule as a table, and what one payment would cost.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_types::Qirat;
use gx_types::api::tax::{FeeScheduleReply, TypedFeeQuote};
use gx_types::api::tokenomics::{PaymentScope, PaymentType};

use super::session::Signed;
use crate::Web;
use crate::error::{PageError, PageResult};
use crate::view::{Choice, Chrome, Form, Moment, parse_amount, range, rate};
use crate::visit::{Visit, page_with};

#[derive(Template)]
#[template(path = "fees.html")]
struct FeesPage {
    chrome: Chrome,
    form: Form,
    types: Vec<Choice>,
    scopes: Vec<Choice>,
    quote: Option<Quote>,
    schedule: Option<Schedule>,
}

/// What one payment costs.
struct Quote {
    amount: String,
    fee: String,
    rate: String,
    total: String,
}

struct Schedule {
    since: Moment,
    rows: Vec<Row>,
}

/// A band of the schedule.
struct Row {
    kind: &'static str,
    scope: &'static str,
    range: String,
    rate: String,
    least: String,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/fees", get(show))
}

/// The fields of the calculator, under the names of the API.
const FIELDS: &[&str] = &["type", "scope", "amount", "unit"];

async fn show(visit: Visit, signed: Result<Signed, PageError>) -> PageResult {
    // Who is signed in keeps their menu; nobody has to be.
    drop(signed);
    let mut form = Form::default();
    for name in FIELDS {
        form = form.with(name, visit.param(name).unwrap_or_default());
    }
    let asked = FIELDS.iter().any(|name| visit.query.contains_key(*name));
    let schedule = async {
        match visit.api().get(&visit.caller, "/api/v1/tax/fees/schedule").read::<FeeScheduleReply>().await {
            Ok(reply) => Some(table(&reply)),
            // Before the ledger has begun, or while the service is away: the page says so.
            Err(failure) => {
                tracing::warn!(%failure, "the page of fees has no schedule");
                None
            }
        }
    };
    let (schedule, quote) = tokio::join!(schedule, quote(&visit, form.clone(), asked));
    let (form, quote) = quote?;
    let status = if form.refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let choices = |pairs: &[(&str, &str)]| pairs.iter().map(|(value, label)| Choice::new(*value, *label)).collect();
    page_with(
        status,
        &FeesPage {
            chrome: visit.chrome("Fees"),
            form,
            types: choices(&TYPES.map(|kind| (type_value(kind), type_label(kind)))),
            scopes: choices(&[("LOCAL", "Within a country"), ("CROSS_BORDER", "Across a border")]),
            quote,
            schedule,
        },
    )
}

/// What the calculator says, with the form as it was filled in.
async fn quote(visit: &Visit, mut form: Form, asked: bool) -> PageResult<(Form, Option<Quote>)> {
    if !asked {
        return Ok((form.with("type", "P2P").with("scope", "LOCAL"), None));
    }
    let amount = match parse_amount(form.value("amount"), form.value("unit")) {
        Ok(amount) => amount,
        Err(error) => {
            form.refuse("amount", error.to_string());
            return Ok((form, None));
        }
    };
    let reply = visit
        .api()
        .get(&visit.caller, "/api/v1/tax/fees/quote")
        .query("type", form.value("type"))
        .query("scope", form.value("scope"))
        .query("amount", amount.to_string())
        .read::<TypedFeeQuote>()
        .await;
    match reply {
        Ok(quote) => Ok((form, Some(shown(&quote)))),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, FIELDS);
            Ok((form, None))
        }
    }
}

fn shown(quote: &TypedFeeQuote) -> Quote {
    Quote {
        amount: quote.amount.display_gx(),
        fee: quote.fee.display_gx(),
        rate: rate(quote.fee_rate_bps),
        total: quote.total.display_gx(),
    }
}

fn table(reply: &FeeScheduleReply) -> Schedule {
    let mut rows = Vec::new();
    for row in &reply.rows {
        let least = row.bands.first().map_or(Qirat::ZERO, |band| band.from);
        for band in &row.bands {
            rows.push(Row {
                kind: type_label(row.kind),
                scope: match row.scope {
                    PaymentScope::Local => "Within a country",
                    PaymentScope::CrossBorder => "Across a border",
                },
                range: range(band.from, band.up_to, least),
                rate: rate(band.rate_bps),
                least: if band.minimum_fee.is_zero() { "–".to_owned() } else { band.minimum_fee.display_gx() },
            });
        }
    }
    Schedule { since: Moment(reply.in_force_since), rows }
}

const TYPES: [PaymentType; 4] = [PaymentType::P2P, PaymentType::Merchant, PaymentType::Government, PaymentType::B2B];

const fn type_value(kind: PaymentType) -> &'static str {
    match kind {
        PaymentType::P2P => "P2P",
        PaymentType::Merchant => "MERCHANT",
        PaymentType::Government => "GOVERNMENT",
        PaymentType::B2B => "B2B",
    }
}

const fn type_label(kind: PaymentType) -> &'static str {
    match kind {
        PaymentType::P2P => "Between people",
        PaymentType::Merchant => "A person and a business",
        PaymentType::Government => "With a government",
        PaymentType::B2B => "Between businesses",
    }
}
