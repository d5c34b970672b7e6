//! `/admin/queue` and `/admin/users`: who waits for a decision, and everybody.

use askama::Template;
use axum::Router;
use axum::routing::get;
use gx_platform::http::Page;
use gx_types::api::admin::AdminUser;
use gx_types::{PersonStatus, ProfileId};

use super::session::Officer;
use crate::Web;
use crate::error::PageResult;
use crate::view::{Choice, Chrome, Form, Moment, State, Tab, person_state};
use crate::visit::page;

/// People on one page.
const PAGE_ITEMS: u32 = 25;
const STATES: [(PersonStatus, &str, &str); 8] = [
    (PersonStatus::PendingAdminApproval, "PENDING_ADMIN_APPROVAL", "Under review"),
    (PersonStatus::ApprovedPendingOnchain, "APPROVED_PENDING_ONCHAIN", "On its way to the ledger"),
    (PersonStatus::Active, "ACTIVE", "Active"),
    (PersonStatus::Registered, "REGISTERED", "Documents missing"),
    (PersonStatus::Denied, "DENIED", "Denied"),
    (PersonStatus::Frozen, "FROZEN", "Frozen"),
    (PersonStatus::Suspended, "SUSPENDED", "Suspended"),
    (PersonStatus::Closed, "CLOSED", "Closed"),
];

#[derive(Template)]
#[template(path = "admin/users.html")]
struct UsersPage {
    chrome: Chrome,
    heading: &'static str,
    queue: bool,
    form: Form,
    states: Vec<Choice>,
    people: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: ProfileId,
    name: String,
    email: String,
    country: String,
    state: State,
    changed: Moment,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/admin/queue", get(queue)).route("/admin/users", get(everybody))
}

async fn queue(officer: Officer) -> PageResult {
    let status = Some(STATES[0].1);
    list(officer, "/admin/queue", status, None).await
}

async fn everybody(officer: Officer) -> PageResult {
    let wanted = officer.visit.param("status").map(str::to_owned);
    let status = STATES.iter().find(|row| Some(row.1) == wanted.as_deref()).map(|row| row.1);
    let search = officer.visit.param("search").map(str::to_owned);
    list(officer, "/admin/users", status, search).await
}

async fn list(officer: Officer, address: &'static str, status: Option<&str>, search: Option<String>) -> PageResult {
    let visit = &officer.visit;
    let queue = address == "/admin/queue";
    let people: Page<AdminUser> = visit
        .api()
        .get(&visit.caller, "/api/v1/admin/users")
        .query("limit", PAGE_ITEMS.to_string())
        .maybe("status", status)
        .maybe("search", search.as_deref())
        .maybe("cursor", visit.param("cursor"))
        .read()
        .await?;
    let next = people.next_cursor.map(|cursor| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let (false, Some(status)) = (queue, status) {
            query.append_pair("status", status);
        }
        if let Some(search) = &search {
            query.append_pair("search", search);
        }
        format!("{address}?{}", query.append_pair("cursor", cursor.as_str()).finish())
    });
    let (heading, tab) = if queue { ("Waiting for a decision", Tab::Queue) } else { ("People", Tab::Users) };
    page(&UsersPage {
        chrome: officer.chrome(heading, tab),
        heading,
        queue,
        form: Form::default().with("status", status.unwrap_or_default()).with("search", search.unwrap_or_default()),
        states: STATES.iter().map(|(_, value, label)| Choice::new(*value, *label)).collect(),
        people: people.items.into_iter().map(row).collect(),
        next,
    })
}

fn row(user: AdminUser) -> Row {
    Row {
        id: user.profile_id,
        name: format!("{} {}", user.first_name, user.last_name),
        email: user.email,
        country: user.nationality_country_code.to_string(),
        state: person_state(user.status, user.onchain_status),
        changed: Moment(user.updated_at),
    }
}
