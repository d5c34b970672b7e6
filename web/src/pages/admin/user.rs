//! `/admin/users/{id}`: a person with documents, and what may be decided about them.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_platform::auth::Permission;
use gx_types::api::admin::{
    AdminUserDetail, ApprovalRequested, ApproveReply, ApproveRequest, DenyRequest, FreezeReason, FreezeRequest,
    ReviewReply, SubmittedDocument,
};
use gx_types::{CountryCode, OnchainStatus, PersonStatus};

use super::approvals::waits_for_another;
use super::session::Officer;
use crate::Web;
use crate::api::{ApiFailure, segment};
use crate::error::PageResult;
use crate::pages::register::countries;
use crate::view::{
    Choice, Chrome, Flash, Form, Moment, State, Tab, document_name, person_state, side_name, submission_state,
};
use crate::visit::{Posted, page_with, see_with};

#[derive(Template)]
#[template(path = "admin/user.html")]
struct UserPage {
    chrome: Chrome,
    name: String,
    state: State,
    person: AdminUserDetail,
    since: Moment,
    submission: Option<(State, Moment)>,
    documents: Vec<Shown>,
    identifying: Vec<Choice>,
    countries: Vec<Choice>,
    reasons: Vec<Choice>,
    lock: Option<Lock>,
    may_approve: bool,
    may_deny: bool,
    may_freeze: bool,
    may_unfreeze: bool,
    approve: Form,
    deny: Form,
    freeze: Form,
    unfreeze: Form,
}

struct Shown {
    name: String,
    about: String,
    href: String,
    picture: bool,
    handed_in: bool,
}

struct Lock {
    reason: &'static str,
    notes: Option<String>,
    by: Option<String>,
    at: Option<Moment>,
}

/// The forms of the page; at most one of them was refused.
#[derive(Default)]
struct Forms {
    approve: Form,
    deny: Form,
    freeze: Form,
    unfreeze: Form,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/users/{id}", get(show))
        .route("/admin/users/{id}/approve", post(approve))
        .route("/admin/users/{id}/deny", post(deny))
        .route("/admin/users/{id}/freeze", post(freeze))
        .route("/admin/users/{id}/unfreeze", post(unfreeze))
}

async fn show(officer: Officer, Path(id): Path<String>) -> PageResult {
    render(&officer, &id, StatusCode::OK, Forms::default()).await
}

async fn render(officer: &Officer, id: &str, status: StatusCode, forms: Forms) -> PageResult {
    let path = format!("/api/v1/admin/users/{}", segment(id));
    let (person, countries) = tokio::join!(
        officer.visit.api().get(&officer.visit.caller, path).read::<AdminUserDetail>(),
        countries(&officer.visit)
    );
    let (person, countries) = (person?, countries?);
    let user = &person.user;
    let pending = user.status == PersonStatus::PendingAdminApproval;
    let name = format!("{} {}", user.first_name, user.last_name);
    let current = person.submission.as_ref().map(|submission| submission.submission_id);
    let in_submission =
        |document: &&SubmittedDocument| document.submission_id.is_some() && document.submission_id == current;
    let identifying = person
        .documents
        .iter()
        .filter(in_submission)
        .filter(|document| document.identifying)
        .map(|document| Choice::new(document.document_id.to_string(), title(document)))
        .collect();
    let settled_freeze = user.status == PersonStatus::Frozen && user.onchain_status == OnchainStatus::Frozen;
    page_with(
        status,
        &UserPage {
            chrome: officer.chrome(name.clone(), if pending { Tab::Queue } else { Tab::Users }),
            name,
            state: person_state(user.status, user.onchain_status),
            since: Moment(user.created_at),
            submission: person
                .submission
                .as_ref()
                .map(|known| (submission_state(known.status), Moment(known.created_at))),
            documents: person.documents.iter().map(shown).collect(),
            identifying,
            countries,
            reasons: FreezeReason::ALL
                .iter()
                .map(|reason| Choice::new(reason.as_str(), reason_name(*reason)))
                .collect(),
            lock: person.lock_reason.map(|reason| Lock {
                reason: reason_name(reason),
                notes: person.lock_notes.clone(),
                by: person.locked_by.clone(),
                at: person.locked_at.map(Moment),
            }),
            may_approve: pending && officer.may(Permission::UserApprove),
            may_deny: pending && officer.may(Permission::UserReject),
            may_freeze: user.status == PersonStatus::Active && officer.may(Permission::UserFreeze),
            may_unfreeze: settled_freeze && officer.may(Permission::UserUnfreeze),
            approve: forms.approve,
            deny: forms.deny,
            freeze: forms.freeze,
            unfreeze: forms.unfreeze,
            person,
        },
    )
}

fn title(document: &SubmittedDocument) -> String {
    let side = document.side.map(|side| format!(", {}", side_name(side))).unwrap_or_default();
    format!("{}{side}", document_name(document.document_type))
}

fn shown(document: &SubmittedDocument) -> Shown {
    let expiry = document.expiry_date.as_ref().map(|date| format!(" · valid until {date}")).unwrap_or_default();
    Shown {
        name: title(document),
        about: format!("{}{expiry}", document.file_name),
        href: document.file_url.clone(),
        picture: document.mime_type.starts_with("image/"),
        handed_in: document.submission_id.is_some(),
    }
}

const fn reason_name(reason: FreezeReason) -> &'static str {
    match reason {
        FreezeReason::AdminAction => "Decision of an administrator",
        FreezeReason::SuspiciousActivity => "Something looks wrong",
        FreezeReason::ComplianceReview => "Under review for compliance",
        FreezeReason::CourtOrder => "Ordered by a court",
        FreezeReason::UserRequest => "The person asked for it",
    }
}

/// Shows the page again with what was refused, in the form that it belongs to.
async fn again(
    officer: &Officer,
    id: &str,
    mut form: Form,
    fields: &[&str],
    failure: ApiFailure,
    place: impl FnOnce(&mut Forms, Form),
) -> PageResult {
    let problem = failure.refusal()?;
    form.take_problem(&problem, fields);
    let mut forms = Forms::default();
    place(&mut forms, form);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
    render(officer, id, status, forms).await
}

async fn approve(officer: Officer, Path(id): Path<String>, Posted(mut form): Posted) -> PageResult {
    let country = form.value("issuingCountry").parse::<CountryCode>();
    if country.is_err() {
        form.refuse("issuingCountry", "Choose the country that issued the document.");
    }
    if form.value("documentNumber").is_empty() {
        form.refuse("documentNumber", "Type the number as you read it on the picture.");
    }
    let (Ok(issuing_country), false) = (country, form.refused()) else {
        let forms = Forms { approve: form, ..Forms::default() };
        return render(&officer, &id, StatusCode::UNPROCESSABLE_ENTITY, forms).await;
    };
    let body = ApproveRequest {
        document_id: form.value("documentId").parse().ok(),
        issuing_country,
        document_number: form.value("documentNumber").to_owned(),
        notes: form.optional("notes"),
    };
    let path = format!("/api/v1/admin/users/{}/approve", segment(&id));
    match officer.visit.api().post(&officer.visit.caller, path).json(&body).read::<ApproveReply>().await {
        Ok(_) => Ok(see_with(&format!("/admin/users/{}", segment(&id)), Flash::Approved)),
        Err(failure) => {
            let fields = ["documentId", "issuingCountry", "documentNumber", "notes"];
            again(&officer, &id, form, &fields, failure, |forms, form| forms.approve = form).await
        }
    }
}

async fn deny(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let body = DenyRequest { reason: form.value("reason").to_owned() };
    let path = format!("/api/v1/admin/users/{}/deny", segment(&id));
    match officer.visit.api().post(&officer.visit.caller, path).json(&body).read::<ReviewReply>().await {
        Ok(_) => Ok(see_with(&format!("/admin/users/{}", segment(&id)), Flash::Denied)),
        Err(failure) => again(&officer, &id, form, &["reason"], failure, |forms, form| forms.deny = form).await,
    }
}

async fn freeze(officer: Officer, Path(id): Path<String>, Posted(mut form): Posted) -> PageResult {
    let Some(reason) = FreezeReason::parse(form.value("lockReason")) else {
        form.refuse("lockReason", "Choose a reason.");
        return render(&officer, &id, StatusCode::UNPROCESSABLE_ENTITY, Forms { freeze: form, ..Forms::default() })
            .await;
    };
    let body = FreezeRequest { reason, notes: form.optional("lockNotes") };
    let path = format!("/api/v1/admin/users/{}/freeze", segment(&id));
    match officer.visit.api().post(&officer.visit.caller, path).json(&body).read::<ApprovalRequested>().await {
        Ok(asked) => Ok(waits_for_another(&asked)),
        Err(failure) => again(&officer, &id, form, &[], failure, |forms, form| forms.freeze = form).await,
    }
}

async fn unfreeze(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let path = format!("/api/v1/admin/users/{}/unfreeze", segment(&id));
    match officer.visit.api().post(&officer.visit.caller, path).read::<ApprovalRequested>().await {
        Ok(asked) => Ok(waits_for_another(&asked)),
        Err(failure) => again(&officer, &id, form, &[], failure, |forms, form| forms.unfreeze = form).await,
    }
}
