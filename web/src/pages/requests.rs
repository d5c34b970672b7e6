//! `/requests`: asking for payment with a Q Send code.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_base::EntropyExt;
use gx_types::QSendStatus;
use gx_types::api::qsend::{QSendCreate, QSendDashboardReply, QSendListReply, QSendStats, QSendView};

use super::send::blocked;
use super::session::Signed;
use crate::Web;
use crate::api::segment;
use crate::error::{PageError, PageResult};
use crate::view::{Choice, Chrome, Flash, Form, Moment, State, Tab, long_duration, parse_amount, request_state};
use crate::visit::{Posted, page, page_with, see, see_with};

/// How often a request's page looks whether somebody pays, seconds.
const LOOK_AGAIN_SECONDS: u32 = 3;
/// Requests on one page.
const PAGE_ITEMS: u32 = 20;

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage {
    chrome: Chrome,
    stats: QSendStats,
    requested: String,
    paid: String,
    filters: Vec<Filter>,
    requests: Vec<Row>,
    next: Option<String>,
}

struct Filter {
    label: &'static str,
    href: String,
    now: bool,
}

struct Row {
    code: String,
    what: String,
    amount: String,
    at: Moment,
    payer: Option<String>,
    state: State,
}

#[derive(Template)]
#[template(path = "request_new.html")]
struct NewPage {
    chrome: Chrome,
    form: Form,
    blocked: Option<&'static str>,
    key: String,
    validities: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    chrome: Chrome,
    heading: &'static str,
    state: State,
    active: bool,
    paid: bool,
    amount: String,
    remaining: String,
    expires: Moment,
    now: String,
    made_at: Moment,
    paid_at: Option<Moment>,
    request: QSendView,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/requests", get(list).post(create))
        .route("/requests/new", get(new))
        .route("/requests/{code}", get(show))
        .route("/requests/{code}/cancel", post(cancel))
}

async fn list(signed: Signed) -> PageResult {
    let visit = &signed.visit;
    let status = visit.param("status").and_then(|text| text.parse::<QSendStatus>().ok());
    let requests = visit
        .api()
        .get(&visit.caller, "/api/v1/qsend")
        .query("limit", PAGE_ITEMS.to_string())
        .maybe("status", status.map(QSendStatus::as_str))
        .maybe("cursor", visit.param("cursor"))
        .read::<QSendListReply>();
    let dashboard = visit.api().get(&visit.caller, "/api/v1/qsend/dashboard").read::<QSendDashboardReply>();
    let (requests, dashboard) = tokio::join!(requests, dashboard);
    let (requests, stats) = (requests?, dashboard?.stats);
    let address = |cursor: Option<&str>, status: Option<QSendStatus>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(status) = status {
            query.append_pair("status", status.as_str());
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let query = query.finish();
        if query.is_empty() { "/requests".to_owned() } else { format!("/requests?{query}") }
    };
    let filters = [
        ("All", None),
        ("Waiting", Some(QSendStatus::Active)),
        ("Paid", Some(QSendStatus::Paid)),
        ("Expired", Some(QSendStatus::Expired)),
        ("Cancelled", Some(QSendStatus::Cancelled)),
    ]
    .map(|(label, which)| Filter { label, href: address(None, which), now: which == status });
    page(&RequestsPage {
        chrome: signed.chrome("Requests", Tab::Request),
        requested: stats.total_amount_requested.display_gx(),
        paid: stats.total_amount_paid.display_gx(),
        stats,
        filters: filters.into(),
        next: requests.next_cursor.as_deref().map(|cursor| address(Some(cursor), status)),
        requests: requests.requests.into_iter().map(row).collect(),
    })
}

fn row(request: QSendView) -> Row {
    Row {
        what: request.description.or(request.reference).unwrap_or_else(|| "Payment request".to_owned()),
        code: request.request_code,
        amount: request.amount.display_gx(),
        at: Moment(request.created_at),
        payer: request.payer_name,
        state: request_state(request.status),
    }
}

async fn new(signed: Signed) -> PageResult {
    new_page(&signed, StatusCode::OK, Form::default().with("validitySeconds", "300"))
}

fn new_page(signed: &Signed, status: StatusCode, form: Form) -> PageResult {
    let key = match form.optional("key") {
        Some(key) => key,
        None => signed.visit.web.entropy.uuid_v7(signed.visit.web.clock.now()).to_string(),
    };
    page_with(
        status,
        &NewPage {
            chrome: signed.chrome("Ask for payment", Tab::Request),
            blocked: blocked(signed),
            form,
            key,
            validities: [("60", "1 minute"), ("180", "3 minutes"), ("300", "5 minutes"), ("600", "10 minutes")]
                .map(|(value, label)| Choice::new(value, label))
                .into(),
        },
    )
}

async fn create(signed: Signed, Posted(mut form): Posted) -> PageResult {
    let amount = match parse_amount(form.value("amount"), form.value("unit")) {
        Ok(amount) => amount,
        Err(error) => {
            form.refuse("amount", error.to_string());
            return new_page(&signed, StatusCode::UNPROCESSABLE_ENTITY, form);
        }
    };
    let body = QSendCreate {
        amount,
        description: form.optional("description"),
        reference: form.optional("reference"),
        validity_seconds: form.value("validitySeconds").parse().ok(),
    };
    let call = signed.visit.api().post(&signed.visit.caller, "/api/v1/qsend").json(&body).key(form.value("key"));
    match call.read::<QSendView>().await {
        Ok(request) => Ok(see(&format!("/requests/{}", request.request_code))),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &["amount", "description", "reference", "validitySeconds"]);
            // A refused request used its key up.
            let form = form.with("key", "");
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            new_page(&signed, status, form)
        }
    }
}

async fn show(signed: Signed, Path(code): Path<String>) -> PageResult {
    let request = read(&signed, &code).await?;
    if request.creator_profile_id != signed.me.profile_id {
        return Ok(see(&format!("/pay/{}", request.request_code)));
    }
    let active = request.status == QSendStatus::Active;
    let mut chrome = signed.chrome("Request", Tab::Request);
    if matches!(request.status, QSendStatus::Active | QSendStatus::Paying) {
        chrome = chrome.refreshing(LOOK_AGAIN_SECONDS);
    }
    page(&RequestPage {
        chrome,
        heading: match request.status {
            QSendStatus::Active => "Show this to the payer",
            QSendStatus::Paying => "Somebody is paying",
            QSendStatus::Paid => "Paid",
            QSendStatus::Expired => "Expired",
            QSendStatus::Cancelled => "Cancelled",
        },
        state: request_state(request.status),
        active,
        paid: request.status == QSendStatus::Paid,
        amount: request.amount.display_gx(),
        remaining: long_duration(std::time::Duration::from_secs(request.remaining_seconds.into())),
        expires: Moment(request.expires_at),
        now: signed.visit.web.clock.now().rfc3339(),
        made_at: Moment(request.created_at),
        paid_at: request.paid_at.map(Moment),
        request,
    })
}

/// A request as the API shows it to this person.
pub(super) async fn read(signed: &Signed, code: &str) -> Result<QSendView, PageError> {
    let path = format!("/api/v1/qsend/{}", segment(code));
    match signed.visit.api().get(&signed.visit.caller, path).read().await {
        Ok(request) => Ok(request),
        // What cannot be a code names no request.
        Err(crate::api::ApiFailure::Refused(problem)) if problem.status == 422 => Err(PageError::not_found()),
        Err(failure) => Err(failure.into()),
    }
}

async fn cancel(signed: Signed, Path(code): Path<String>, Posted(_): Posted) -> PageResult {
    let path = format!("/api/v1/qsend/{}/cancel", segment(&code));
    let place = format!("/requests/{}", segment(&code));
    match signed.visit.api().post(&signed.visit.caller, path).read::<QSendView>().await {
        Ok(_) => Ok(see_with(&place, Flash::Cancelled)),
        // It is paid, expired or cancelled by now: its page says which.
        Err(crate::api::ApiFailure::Refused(problem)) if problem.status == 409 => Ok(see(&place)),
        Err(failure) => Err(failure.into()),
    }
}
