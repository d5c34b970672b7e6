//! Who is signed in: administrators in the console.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use gx_base::limits::REFRESH_TOKEN_SECONDS;
use gx_platform::auth::Permission;
use gx_types::AdminRole;
use gx_types::api::admin::AdminProfile;

use super::{password, second_factor};
use crate::Web;
use crate::cookies;
use crate::error::{PageError, PageResult};
use crate::view::{AdminBadge, Chrome, Tab, Viewer};
use crate::visit::Visit;

/// A signed-in administrator at a page.
#[derive(Debug, Clone)]
pub(crate) struct Officer {
    /// The visit.
    pub(crate) visit: Visit,
    /// The administrator's own account.
    pub(crate) me: AdminProfile,
}

impl Officer {
    /// The frame of a page.
    pub(crate) fn chrome(&self, title: impl Into<String>, tab: Tab) -> Chrome {
        self.visit.chrome_at(title, tab)
    }

    /// Whether the role may do it. Only decides what is shown: the API decides what is done.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.me.permissions.iter().any(|code| code == permission.code())
    }
}

impl<S> FromRequestParts<S> for Officer
where
    Web: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> PageResult<Self> {
        let visit = Visit::from_request_parts(parts, state).await?;
        if !visit.has_session() {
            return Err(PageError::SIGNED_OUT);
        }
        let me: AdminProfile = visit.api().get(&visit.caller, "/api/v1/admin/auth/profile").read().await?;
        visit.recognise(Viewer::Admin(AdminBadge {
            name: me.display_name.clone(),
            role: role_name(me.role).to_owned(),
            tabs: tabs(&me),
        }));
        if me.require_password_change && parts.uri.path() != password::PLACE {
            return Err(PageError::Elsewhere(password::PLACE));
        }
        let path = parts.uri.path();
        if me.require_mfa_setup
            && !me.require_password_change
            && !path.starts_with(second_factor::PLACE)
            && path != password::PLACE
        {
            return Err(PageError::Elsewhere(second_factor::PLACE));
        }
        Ok(Self { visit, me })
    }
}

/// The part of the menu that the role may use; nothing while something else comes first.
fn tabs(me: &AdminProfile) -> Vec<Tab> {
    if me.require_password_change || me.require_mfa_setup {
        return Vec::new();
    }
    let held = |permission: Permission| me.permissions.iter().any(|code| code == permission.code());
    Tab::CONSOLE.iter().copied().filter(|tab| tab.permission().is_none_or(held)).collect()
}

/// A role in words.
pub(super) const fn role_name(role: AdminRole) -> &'static str {
    match role {
        AdminRole::SuperOwner => "owner",
        AdminRole::SuperAdmin => "head of administration",
        AdminRole::Admin => "administrator",
        AdminRole::Moderator => "moderator",
        AdminRole::Developer => "developer",
        AdminRole::Auditor => "auditor",
    }
}

/// Keeps what the pages need beside the session cookie.
pub(super) fn remember(web: &Web, headers: &mut HeaderMap, csrf: Option<&str>) {
    cookies::add(
        headers,
        csrf.and_then(|token| web.jar().set(cookies::ADMIN_CSRF, token, "/", Some(REFRESH_TOKEN_SECONDS))),
    );
}

/// Forgets it.
pub(super) fn forget(web: &Web, headers: &mut HeaderMap) {
    for name in [cookies::ADMIN_CSRF, cookies::ADMIN_SESSION] {
        cookies::add(headers, web.jar().clear(name, "/"));
    }
}
