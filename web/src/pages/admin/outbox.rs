//! `/admin/outbox`: commands on their way to the ledger, dead letters, and putting these back on their way.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_platform::auth::Permission;
use gx_platform::http::Page;
use gx_types::api::admin::{OutboxCommandDetail, OutboxCommandView, OutboxDepth, SystemStatus};
use gx_types::{CommandId, OutboxState};

use super::session::Officer;
use crate::Web;
use crate::api::segment;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Moment, State, Tab, Tone, long_duration};
use crate::visit::{Posted, page, page_with, see_with};

/// Commands on one page.
const PAGE_ITEMS: u32 = 25;

#[derive(Template)]
#[template(path = "admin/outbox.html")]
struct OutboxPage {
    chrome: Chrome,
    depth: OutboxDepth,
    oldest: Option<String>,
    filters: Vec<Filter>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Filter {
    label: &'static str,
    href: String,
    now: bool,
}

struct Row {
    id: CommandId,
    kind: String,
    state: State,
    attempts: u64,
    error: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "admin/command.html")]
struct CommandPage {
    chrome: Chrome,
    form: Form,
    detail: OutboxCommandDetail,
    state: State,
    created: Moment,
    changed: Moment,
    next_attempt: Option<Moment>,
    may_replay: bool,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/outbox", get(list))
        .route("/admin/outbox/{id}", get(show))
        .route("/admin/outbox/{id}/replay", post(replay))
}

/// A command's way in words.
fn outbox_state(state: OutboxState) -> State {
    match state {
        OutboxState::Pending => State::new(Tone::Wait, "Waiting"),
        OutboxState::Submitting => State::new(Tone::Wait, "In hand"),
        OutboxState::Submitted => State::new(Tone::Wait, "Sent"),
        OutboxState::Committed => State::new(Tone::Good, "Settled"),
        OutboxState::Failed => State::new(Tone::Bad, "Refused"),
        OutboxState::Dead => State::new(Tone::Bad, "Dead"),
    }
}

fn address(state: Option<OutboxState>, cursor: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(state) = state {
        query.append_pair("state", state.as_str());
    }
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    let query = query.finish();
    if query.is_empty() { "/admin/outbox".to_owned() } else { format!("/admin/outbox?{query}") }
}

async fn list(officer: Officer) -> PageResult {
    let visit = &officer.visit;
    let state = visit.param("state").and_then(|text| text.parse::<OutboxState>().ok());
    let commands = visit
        .api()
        .get(&visit.caller, "/api/v1/admin/outbox")
        .query("limit", PAGE_ITEMS.to_string())
        .maybe("state", state.map(OutboxState::as_str))
        .maybe("cursor", visit.param("cursor"))
        .read::<Page<OutboxCommandView>>();
    let status = visit.api().get(&visit.caller, "/api/v1/admin/system/status").read::<SystemStatus>();
    let (commands, status) = tokio::join!(commands, status);
    let (commands, depth) = (commands?, status?.outbox);
    let filters = [
        ("All", None),
        ("Dead", Some(OutboxState::Dead)),
        ("Waiting", Some(OutboxState::Pending)),
        ("Sent", Some(OutboxState::Submitted)),
        ("Refused", Some(OutboxState::Failed)),
        ("Settled", Some(OutboxState::Committed)),
    ]
    .map(|(label, which)| Filter { label, href: address(which, None), now: which == state });
    let now = visit.web.clock.now();
    page(&OutboxPage {
        chrome: officer.chrome("Outbox", Tab::Outbox),
        oldest: depth.oldest_waiting_since.map(|since| long_duration(now.since(since))),
        depth,
        filters: filters.into(),
        next: commands.next_cursor.as_ref().map(|cursor| address(state, Some(cursor.as_str()))),
        rows: commands.items.into_iter().map(row).collect(),
    })
}

fn row(command: OutboxCommandView) -> Row {
    let error = match (command.error_code, command.error_detail) {
        (Some(code), Some(detail)) => format!("{code}: {detail}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => String::new(),
    };
    Row {
        id: command.command_id,
        kind: command.command_type,
        state: outbox_state(command.state),
        attempts: command.attempts,
        error,
        at: Moment(command.created_at),
    }
}

async fn show(officer: Officer, Path(id): Path<String>) -> PageResult {
    render(&officer, &id, StatusCode::OK, Form::default()).await
}

async fn render(officer: &Officer, id: &str, status: StatusCode, form: Form) -> PageResult {
    let path = format!("/api/v1/admin/outbox/{}", segment(id));
    let detail: OutboxCommandDetail = officer.visit.api().get(&officer.visit.caller, path).read().await?;
    let command = &detail.command;
    page_with(
        status,
        &CommandPage {
            chrome: officer.chrome("Command", Tab::Outbox),
            form,
            state: outbox_state(command.state),
            created: Moment(command.created_at),
            changed: Moment(command.updated_at),
            next_attempt: (command.state == OutboxState::Pending).then_some(Moment(command.next_attempt_at)),
            may_replay: command.state == OutboxState::Dead && officer.may(Permission::OutboxReplay),
            detail,
        },
    )
}

async fn replay(officer: Officer, Path(id): Path<String>, Posted(mut form): Posted) -> PageResult {
    let path = format!("/api/v1/admin/outbox/{}/replay", segment(&id));
    match officer.visit.api().post(&officer.visit.caller, path).done().await {
        Ok(_) => Ok(see_with(&format!("/admin/outbox/{}", segment(&id)), Flash::Replayed)),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &[]);
            render(&officer, &id, StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT), form).await
        }
    }
}
