//! `/admin/admins`: administrators, and asking for another one.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use gx_platform::auth::Permission;
use gx_platform::http::Page;
use gx_types::api::admin::{AdminView, ApprovalRequested, CreateAdminRequest};
use gx_types::{AdminId, AdminRole};

use super::approvals::waits_for_another;
use super::session::{Officer, role_name};
use crate::Web;
use crate::error::PageResult;
use crate::view::{Choice, Chrome, Form, Moment, State, Tab, Tone};
use crate::visit::{Posted, page, page_with};

/// Administrators on one page.
const PAGE_ITEMS: u32 = 25;

#[derive(Template)]
#[template(path = "admin/admins.html")]
struct AdminsPage {
    chrome: Chrome,
    form: Form,
    roles: Vec<Choice>,
    states: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    may_create: bool,
}

struct Row {
    id: AdminId,
    name: String,
    username: String,
    role: &'static str,
    state: State,
    seen: Option<Moment>,
}

#[derive(Template)]
#[template(path = "admin/admin_new.html")]
struct NewPage {
    chrome: Chrome,
    form: Form,
    roles: Vec<Choice>,
}

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/admin/admins", get(list)).route("/admin/admins/new", get(new).post(create))
}

pub(super) fn state(is_active: bool) -> State {
    if is_active { State::new(Tone::Good, "Active") } else { State::new(Tone::Bad, "Shut out") }
}

/// Roles as choices, those that `which` lets through.
pub(super) fn roles(which: impl Fn(AdminRole) -> bool) -> Vec<Choice> {
    AdminRole::ALL
        .iter()
        .copied()
        .filter(|role| which(*role))
        .map(|role| Choice::new(role.as_str(), role_name(role)))
        .collect()
}

async fn list(officer: Officer) -> PageResult {
    let visit = &officer.visit;
    let role = visit.param("role").and_then(|text| text.parse::<AdminRole>().ok());
    let active = visit.param("state").and_then(|text| match text {
        "active" => Some("true"),
        "out" => Some("false"),
        _ => None,
    });
    let search = visit.param("search");
    let found: Page<AdminView> = visit
        .api()
        .get(&visit.caller, "/api/v1/admin/admins")
        .query("limit", PAGE_ITEMS.to_string())
        .maybe("role", role.map(AdminRole::as_str))
        .maybe("isActive", active)
        .maybe("search", search)
        .maybe("cursor", visit.param("cursor"))
        .read()
        .await?;
    let mut form = Form::default();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["role", "state", "search"] {
        if let Some(text) = visit.param(name) {
            form = form.with(name, text);
            query.append_pair(name, text);
        }
    }
    let next = found.next_cursor.as_ref().map(|cursor| {
        query.append_pair("cursor", cursor.as_str());
        format!("/admin/admins?{}", query.finish())
    });
    page(&AdminsPage {
        chrome: officer.chrome("Administrators", Tab::Admins),
        form,
        roles: roles(|_| true),
        states: vec![Choice::new("active", "Active"), Choice::new("out", "Shut out")],
        next,
        may_create: officer.may(Permission::AdminCreate),
        rows: found
            .items
            .into_iter()
            .map(|admin| Row {
                id: admin.id,
                name: admin.display_name,
                username: admin.username,
                role: role_name(admin.role),
                state: state(admin.is_active),
                seen: admin.last_login_at.map(Moment),
            })
            .collect(),
    })
}

async fn new(officer: Officer) -> PageResult {
    render_new(&officer, StatusCode::OK, Form::default())
}

fn render_new(officer: &Officer, status: StatusCode, form: Form) -> PageResult {
    let own = officer.me.role;
    page_with(
        status,
        &NewPage {
            chrome: officer.chrome("Another administrator", Tab::Admins),
            form,
            // Whoever asks stands higher than the role; owners together make an owner.
            roles: roles(|role| {
                role.level() < own.level() || (own, role) == (AdminRole::SuperOwner, AdminRole::SuperOwner)
            }),
        },
    )
}

async fn create(officer: Officer, Posted(mut form): Posted) -> PageResult {
    let Ok(role) = form.value("role").parse::<AdminRole>() else {
        form.refuse("role", "Choose a role.");
        return render_new(&officer, StatusCode::UNPROCESSABLE_ENTITY, form);
    };
    let body = CreateAdminRequest {
        username: form.value("username").to_owned(),
        email: form.value("email").to_owned(),
        display_name: form.value("displayName").to_owned(),
        role,
    };
    let call = officer.visit.api().post(&officer.visit.caller, "/api/v1/admin/admins/create").json(&body);
    match call.read::<ApprovalRequested>().await {
        Ok(asked) => Ok(waits_for_another(&asked)),
        Err(failure) => {
            let problem = failure.refusal()?;
            form.take_problem(&problem, &["username", "email", "displayName", "role"]);
            render_new(&officer, StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT), form)
        }
    }
}
