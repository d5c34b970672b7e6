//! `/admin/approvals`: what waits for a second person, deciding about it, and doing what was approved.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use gx_platform::http::Page;
use gx_types::api::admin::{ApprovalOutcome, ApprovalRequested, ApprovalView, VoteDecision, VoteRequest};
use gx_types::{ApprovalId, ApprovalStatus};

use super::session::Officer;
use crate::Web;
use crate::api::{ApiFailure, segment};
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Form, Moment, State, Tab, Tone};
use crate::visit::{Posted, page, page_with, see_with};

/// Approvals on one page.
const PAGE_ITEMS: u32 = 25;

#[derive(Template)]
#[template(path = "admin/approvals.html")]
struct ApprovalsPage {
    chrome: Chrome,
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
    id: ApprovalId,
    summary: String,
    state: State,
    by: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "admin/approval.html")]
struct ApprovalPage {
    chrome: Chrome,
    form: Form,
    state: State,
    approval: ApprovalView,
    object_href: Option<String>,
    requested: Moment,
    decided: Option<Moment>,
    executed: Option<Moment>,
    expires: Option<Moment>,
    first_password: Option<String>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/approvals", get(list))
        .route("/admin/approvals/{id}", get(show))
        .route("/admin/approvals/{id}/vote", post(vote))
        .route("/admin/approvals/{id}/execute", post(execute))
        .route("/admin/approvals/{id}/cancel", post(cancel))
}

/// Where whoever asked for something waits for the second person.
pub(super) fn waits_for_another(asked: &ApprovalRequested) -> Response {
    see_with(&format!("/admin/approvals/{}", asked.approval_id), Flash::Asked)
}

fn state(status: ApprovalStatus) -> State {
    match status {
        ApprovalStatus::Pending => State::new(Tone::Wait, "Waits for a second person"),
        ApprovalStatus::Approved => State::new(Tone::Wait, "Approved, not executed yet"),
        ApprovalStatus::Executing => State::new(Tone::Wait, "Being executed"),
        ApprovalStatus::Executed => State::new(Tone::Good, "Executed"),
        ApprovalStatus::ExecutionFailed => State::new(Tone::Bad, "Could not be done"),
        ApprovalStatus::Rejected => State::new(Tone::Bad, "Rejected"),
        ApprovalStatus::Expired => State::new(Tone::Off, "Expired"),
        ApprovalStatus::Cancelled => State::new(Tone::Off, "Taken back"),
    }
}

fn address(status: Option<ApprovalStatus>, cursor: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(status) = status {
        query.append_pair("status", status.as_str());
    }
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    let query = query.finish();
    if query.is_empty() { "/admin/approvals".to_owned() } else { format!("/admin/approvals?{query}") }
}

async fn list(officer: Officer) -> PageResult {
    let visit = &officer.visit;
    let status = visit.param("status").and_then(|text| text.parse::<ApprovalStatus>().ok());
    let approvals: Page<ApprovalView> = visit
        .api()
        .get(&visit.caller, "/api/v1/admin/approvals")
        .query("limit", PAGE_ITEMS.to_string())
        .maybe("status", status.map(ApprovalStatus::as_str))
        .maybe("cursor", visit.param("cursor"))
        .read()
        .await?;
    let filters = [
        ("All", None),
        ("Waiting", Some(ApprovalStatus::Pending)),
        ("Approved", Some(ApprovalStatus::Approved)),
        ("Could not be done", Some(ApprovalStatus::ExecutionFailed)),
        ("Executed", Some(ApprovalStatus::Executed)),
    ]
    .map(|(label, which)| Filter { label, href: address(which, None), now: which == status });
    page(&ApprovalsPage {
        chrome: officer.chrome("Approvals", Tab::Approvals),
        filters: filters.into(),
        next: approvals.next_cursor.as_ref().map(|cursor| address(status, Some(cursor.as_str()))),
        rows: approvals
            .items
            .into_iter()
            .map(|approval| Row {
                id: approval.id,
                state: state(approval.status),
                by: approval.requester.display_name,
                at: Moment(approval.requested_at),
                summary: approval.summary,
            })
            .collect(),
    })
}

async fn show(officer: Officer, Path(id): Path<String>) -> PageResult {
    render(&officer, &id, StatusCode::OK, Form::default()).await
}

async fn render(officer: &Officer, id: &str, status: StatusCode, form: Form) -> PageResult {
    let path = format!("/api/v1/admin/approvals/{}", segment(id));
    let approval: ApprovalView = officer.visit.api().get(&officer.visit.caller, path).read().await?;
    shown(officer, status, form, approval, None)
}

fn shown(
    officer: &Officer,
    status: StatusCode,
    form: Form,
    approval: ApprovalView,
    first_password: Option<String>,
) -> PageResult {
    page_with(
        status,
        &ApprovalPage {
            chrome: officer.chrome("Approval", Tab::Approvals),
            form,
            state: state(approval.status),
            object_href: super::place_of(&approval.object),
            requested: Moment(approval.requested_at),
            decided: approval.decided_at.map(Moment),
            executed: approval.executed_at.map(Moment),
            expires: (approval.may_vote || approval.may_execute || approval.may_cancel)
                .then_some(Moment(approval.expires_at)),
            approval,
            first_password,
        },
    )
}

async fn vote(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let decision = match form.value("decision") {
        "APPROVE" => VoteDecision::Approve,
        _ => VoteDecision::Reject,
    };
    let body = VoteRequest { decision, reason: form.optional("reason"), execute: None };
    let path = format!("/api/v1/admin/approvals/{}/vote", segment(&id));
    let done = officer.visit.api().post(&officer.visit.caller, path).json(&body).read().await;
    decided(&officer, &id, form, done).await
}

async fn execute(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let path = format!("/api/v1/admin/approvals/{}/execute", segment(&id));
    let done = officer.visit.api().post(&officer.visit.caller, path).read().await;
    decided(&officer, &id, form, done).await
}

/// A first password is shown in the answer itself, once; everything else after a redirect.
async fn decided(officer: &Officer, id: &str, form: Form, done: Result<ApprovalOutcome, ApiFailure>) -> PageResult {
    match done {
        Ok(outcome) if outcome.first_password.is_some() => {
            shown(officer, StatusCode::OK, Form::default(), outcome.approval, outcome.first_password)
        }
        Ok(_) => Ok(see_with(&format!("/admin/approvals/{}", segment(id)), Flash::Decided)),
        Err(failure) => again(officer, id, form, failure).await,
    }
}

async fn cancel(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let path = format!("/api/v1/admin/approvals/{}/cancel", segment(&id));
    match officer.visit.api().post(&officer.visit.caller, path).done().await {
        Ok(_) => Ok(see_with(&format!("/admin/approvals/{}", segment(&id)), Flash::TakenBack)),
        Err(failure) => again(&officer, &id, form, failure).await,
    }
}

async fn again(officer: &Officer, id: &str, mut form: Form, failure: ApiFailure) -> PageResult {
    let problem = failure.refusal()?;
    form.take_problem(&problem, &["reason"]);
    render(officer, id, StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT), form).await
}
