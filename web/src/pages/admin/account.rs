//! `/admin/account`: an administrator's own account: password, second factor, and where they are signed in.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use gx_platform::auth::device::{device_name, place};
use gx_types::api::admin::{AdminProfile, AdminSessionView, AdminSessions};
use gx_types::{SessionId, SessionTransport};

use super::session::{Officer, role_name};
use crate::Web;
use crate::api::segment;
use crate::error::PageResult;
use crate::view::{Chrome, Flash, Moment, Tab};
use crate::visit::{Posted, page, see_with};

const PLACE: &str = "/admin/account";

#[derive(Template)]
#[template(path = "admin/account.html")]
struct AccountPage {
    chrome: Chrome,
    me: AdminProfile,
    role: &'static str,
    last_login: Option<Moment>,
    sessions: Vec<Shown>,
}

struct Shown {
    id: SessionId,
    name: String,
    kind: &'static str,
    place: Option<String>,
    second_factor: bool,
    since: Moment,
    seen: Moment,
    until: Moment,
    current: bool,
}

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route(PLACE, get(show))
        .route("/admin/account/sessions/end-others", post(end_others))
        .route("/admin/account/sessions/{id}/end", post(end))
}

async fn show(officer: Officer) -> PageResult {
    let sessions: AdminSessions =
        officer.visit.api().get(&officer.visit.caller, "/api/v1/admin/auth/sessions").read().await?;
    page(&AccountPage {
        chrome: officer.chrome("Your account", Tab::None),
        role: role_name(officer.me.role),
        last_login: officer.me.last_login_at.map(Moment),
        sessions: sessions.sessions.into_iter().map(shown).collect(),
        me: officer.me,
    })
}

fn shown(session: AdminSessionView) -> Shown {
    Shown {
        id: session.id,
        name: device_name(session.user_agent.as_deref()),
        kind: match session.transport {
            SessionTransport::Cookie => "Browser",
            SessionTransport::Token => "Program",
        },
        place: place(session.ip.as_deref()),
        second_factor: session.second_factor,
        since: Moment(session.created_at),
        seen: Moment(session.last_used_at),
        until: Moment(session.expires_at),
        current: session.current,
    }
}

async fn end(officer: Officer, Path(id): Path<String>, Posted(_): Posted) -> PageResult {
    let path = format!("/api/v1/admin/auth/sessions/{}", segment(&id));
    match officer.visit.api().delete(&officer.visit.caller, path).done().await {
        // Ended meanwhile is what was wanted.
        Err(failure) if !failure.is_not_found() => Err(failure.into()),
        _ => Ok(see_with(PLACE, Flash::SessionsEnded)),
    }
}

async fn end_others(officer: Officer, Posted(_): Posted) -> PageResult {
    officer.visit.api().post(&officer.visit.caller, "/api/v1/admin/auth/logout-all").done().await?;
    Ok(see_with(PLACE, Flash::SessionsEnded))
}
