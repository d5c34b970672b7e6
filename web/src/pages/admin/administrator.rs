//! `/admin/admins/{id}`: an administrator, and what may be asked for: another role, shutting out and letting in again, taking away a lost second
//! factor, being recorded on the ledger. Each waits for a second person.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gx_platform::auth::Permission;
use gx_types::api::admin::{
    AdminView, AppointAdminRequest, ApprovalRequested, ChangeRoleRequest, DisableAdminRequest, EnableAdminRequest,
};
use gx_types::{AdminId, AdminRole, Problem};

use super::admins::{roles, state};
use super::approvals::waits_for_another;
use super::session::{Officer, role_name};
use crate::Web;
use crate::api::{ApiFailure, Call, segment};
use crate::error::PageResult;
use crate::view::{Choice, Chrome, Form, Moment, State, Tab};
use crate::visit::{Posted, page_with};

#[derive(Template)]
#[template(path = "admin/admin.html")]
struct AdminPage {
    chrome: Chrome,
    admin: AdminView,
    state: State,
    role: &'static str,
    is_me: bool,
    made: Moment,
    seen: Option<Moment>,
    /// Roles that may be asked for.
    roles: Vec<Choice>,
    may_disable: bool,
    may_enable: bool,
    may_reset: bool,
    may_appoint: bool,
    forms: Forms,
}

/// The forms of the page; at most one of them was refused.
#[derive(Default)]
struct Forms {
    role: Form,
    disable: Form,
    enable: Form,
    factor: Form,
    appoint: Form,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/admins/{id}", get(show))
        .route("/admin/admins/{id}/role", post(change_role))
        .route("/admin/admins/{id}/disable", post(disable))
        .route("/admin/admins/{id}/enable", post(enable))
        .route("/admin/admins/{id}/factor", post(reset_factor))
        .route("/admin/admins/{id}/appoint", post(appoint))
}

async fn show(officer: Officer, Path(id): Path<String>) -> PageResult {
    render(&officer, &id, StatusCode::OK, Forms::default()).await
}

async fn render(officer: &Officer, id: &str, status: StatusCode, forms: Forms) -> PageResult {
    let path = format!("/api/v1/admin/admins/{}", segment(id));
    let admin: AdminView = officer.visit.api().get(&officer.visit.caller, path).read().await?;
    let own = officer.me.role;
    let is_me = admin.id == officer.me.id;
    let below = own.level() > admin.role.level();
    // Owners may shut out and help other owners; nobody has a say in what becomes of themselves.
    let peer = below || (own, admin.role) == (AdminRole::SuperOwner, AdminRole::SuperOwner);
    let assigns = !is_me && below && officer.may(Permission::AdminRoleAssign);
    page_with(
        status,
        &AdminPage {
            chrome: officer.chrome(admin.display_name.clone(), Tab::Admins),
            state: state(admin.is_active),
            role: role_name(admin.role),
            is_me,
            made: Moment(admin.created_at),
            seen: admin.last_login_at.map(Moment),
            roles: roles(|role| assigns && role.level() < own.level() && role != admin.role),
            may_disable: !is_me && peer && admin.is_active && officer.may(Permission::AdminDisable),
            may_enable: !is_me && peer && !admin.is_active && officer.may(Permission::AdminEnable),
            may_reset: !is_me && peer && officer.may(Permission::AdminMfaReset),
            may_appoint: admin.appointed_block.is_none() && admin.is_active && officer.may(Permission::AdminCreate),
            admin,
            forms,
        },
    )
}

/// What was asked for waits for somebody else; what was refused is said in the form it came from.
async fn ask(
    officer: &Officer,
    id: &str,
    call: Call<'_>,
    mut form: Form,
    fields: &[(&str, &str)],
    place: impl FnOnce(&mut Forms, Form),
) -> PageResult {
    let failure: ApiFailure = match call.read::<ApprovalRequested>().await {
        Ok(asked) => return Ok(waits_for_another(&asked)),
        Err(failure) => failure,
    };
    let mut problem: Box<Problem> = failure.refusal()?;
    // The forms of one page cannot all call their field «reason».
    for error in &mut problem.errors {
        if let Some((_, here)) = fields.iter().find(|(there, _)| *there == error.field) {
            error.field = (*here).to_owned();
        }
    }
    let known: Vec<&str> = fields.iter().map(|(_, here)| *here).collect();
    form.take_problem(&problem, &known);
    let mut forms = Forms::default();
    place(&mut forms, form);
    render(officer, id, StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT), forms).await
}

async fn change_role(officer: Officer, Path(id): Path<String>, Posted(mut form): Posted) -> PageResult {
    let Ok(new_role) = form.value("newRole").parse::<AdminRole>() else {
        form.refuse("newRole", "Choose a role.");
        let forms = Forms { role: form, ..Forms::default() };
        return render(&officer, &id, StatusCode::UNPROCESSABLE_ENTITY, forms).await;
    };
    let body = ChangeRoleRequest { new_role, reason: form.value("roleReason").to_owned() };
    let path = format!("/api/v1/admin/admins/{}/role", segment(&id));
    let call = officer.visit.api().put(&officer.visit.caller, path).json(&body);
    let fields = [("newRole", "newRole"), ("reason", "roleReason")];
    ask(&officer, &id, call, form, &fields, |forms, form| forms.role = form).await
}

async fn disable(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let body = DisableAdminRequest { reason: form.value("disableReason").to_owned() };
    let path = format!("/api/v1/admin/admins/{}/disable", segment(&id));
    let call = officer.visit.api().post(&officer.visit.caller, path).json(&body);
    ask(&officer, &id, call, form, &[("reason", "disableReason")], |forms, form| forms.disable = form).await
}

async fn enable(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let body = EnableAdminRequest { reason: form.value("enableReason").to_owned() };
    let path = format!("/api/v1/admin/admins/{}/enable", segment(&id));
    let call = officer.visit.api().post(&officer.visit.caller, path).json(&body);
    ask(&officer, &id, call, form, &[("reason", "enableReason")], |forms, form| forms.enable = form).await
}

async fn reset_factor(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let path = format!("/api/v1/admin/admins/{}/mfa/reset", segment(&id));
    let call = officer.visit.api().post(&officer.visit.caller, path);
    ask(&officer, &id, call, form, &[], |forms, form| forms.factor = form).await
}

async fn appoint(officer: Officer, Path(id): Path<String>, Posted(form): Posted) -> PageResult {
    let Ok(new_admin_id) = id.parse::<AdminId>() else {
        return render(&officer, &id, StatusCode::NOT_FOUND, Forms::default()).await;
    };
    let body = AppointAdminRequest { new_admin_id };
    let call = officer.visit.api().post(&officer.visit.caller, "/api/v1/admin/admins").json(&body);
    ask(&officer, &id, call, form, &[], |forms, form| forms.appoint = form).await
}
