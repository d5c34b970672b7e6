//! `/admin/system`: whether coins can move, and stopping and starting them.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_platform::auth::Permission;
use gx_types::api::admin::{ApprovalRequested, LedgerStatus, PauseRequest, SystemState, SystemStatus};

use super::approvals::waits_for_another;
use super::session::Officer;
use crate::Web;
use crate::api::ApiFailure;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Moment, State, Tab, Tone, long_duration};
use crate::visit::{Posted, page_with, see_with};

/// How often the page looks again after an order, seconds.
const LOOK_AGAIN_SECONDS: u32 = 3;

#[derive(Template)]
#[template(path = "admin/system.html")]
struct SystemPage {
    chrome: Chrome,
    state: State,
    system: SystemStatus,
    ledger: Option<Ledger>,
    may_pause: bool,
    may_resume: bool,
    form: Form,
}

struct Ledger {
    status: LedgerStatus,
    state: State,
    heartbeat: String,
    newest: Option<Moment>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/system", get(show))
        .route("/admin/system/pause", post(pause))
        .route("/admin/system/resume", post(resume))
}

async fn show(officer: Officer) -> PageResult {
    render(&officer, StatusCode::OK, Form::default()).await
}

async fn render(officer: &Officer, status: StatusCode, form: Form) -> PageResult {
    let visit = &officer.visit;
    let system: SystemStatus = visit.api().get(&visit.caller, "/api/v1/admin/system/status").read().await?;
    let now = visit.web.clock.now();
    let mut chrome = officer.chrome("System", Tab::System);
    // The order is on its way while the state is still the old one.
    let waits = match visit.flash {
        Some(Flash::Resuming) => system.status == SystemState::Paused,
        _ => false,
    };
    if waits {
        chrome = chrome.refreshing(LOOK_AGAIN_SECONDS);
    }
    page_with(
        status,
        &SystemPage {
            chrome,
            state: system_state(system.status),
            ledger: system.ledger.clone().map(|status| Ledger {
                state: if status.reachable {
                    State::new(Tone::Good, "Answers")
                } else {
                    State::new(Tone::Bad, "Out of reach")
                },
                heartbeat: long_duration(now.since(status.heartbeat_at)),
                newest: status.last_block_at.map(Moment),
                status,
            }),
            may_pause: matches!(system.status, SystemState::Operational | SystemState::LedgerUnreachable)
                && officer.may(Permission::SystemPause),
            may_resume: system.status == SystemState::Paused && officer.may(Permission::SystemResume),
            system,
            form,
        },
    )
}

/// The system's state in words.
pub(super) fn system_state(state: SystemState) -> State {
    match state {
        SystemState::NotBound => State::new(Tone::Off, "No ledger bound"),
        SystemState::NotBootstrapped => State::new(Tone::Wait, "Ledger not set up"),
        SystemState::Operational => State::new(Tone::Good, "Running"),
        SystemState::Paused => State::new(Tone::Bad, "Paused"),
        SystemState::LedgerUnreachable => State::new(Tone::Bad, "Ledger out of reach"),
    }
}

async fn pause(officer: Officer, Posted(form): Posted) -> PageResult {
    let body = PauseRequest { reason: form.value("reason").to_owned() };
    let call = officer.visit.api().post(&officer.visit.caller, "/api/v1/admin/system/pause").json(&body);
    match call.read::<ApprovalRequested>().await {
        Ok(asked) => Ok(waits_for_another(&asked)),
        Err(failure) => again(&officer, failure, form).await,
    }
}

async fn resume(officer: Officer, Posted(form): Posted) -> PageResult {
    let call = officer.visit.api().post(&officer.visit.caller, "/api/v1/admin/system/resume");
    match call.done().await {
        Ok(_) => Ok(see_with("/admin/system", Flash::Resuming)),
        Err(failure) => again(&officer, failure, form).await,
    }
}

async fn again(officer: &Officer, failure: ApiFailure, mut form: Form) -> PageResult {
    let problem = failure.refusal()?;
    form.take_problem(&problem, &["reason"]);
    render(officer, StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT), form).await
}
