//! Who is signed in: people in the wallet.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use gx_base::limits::REFRESH_TOKEN_SECONDS;
use gx_types::ProfileId;
use gx_types::api::identity::{ProfileReply, ProfileView};
use gx_types::api::messaging::UnreadCountReply;

use crate::Web;
use crate::cookies;
use crate::error::{PageError, PageResult};
use crate::view::{Chrome, PersonBadge, Tab, Viewer};
use crate::visit::Visit;

/// Whose session it is. Only a hint for the address to ask: the API decides by the session.
const PROFILE_COOKIE: &str = "gx_profile";

/// A signed-in person at a page.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    /// The visit.
    pub(crate) visit: Visit,
    /// The person's own profile.
    pub(crate) me: ProfileView,
}

impl Signed {
    /// The frame of a page.
    pub(crate) fn chrome(&self, title: impl Into<String>, tab: Tab) -> Chrome {
        self.visit.chrome_at(title, tab)
    }
}

impl<S> FromRequestParts<S> for Signed
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
        let id: ProfileId = cookies::read(&visit.headers, PROFILE_COOKIE)
            .and_then(|id| id.parse().ok())
            .ok_or(PageError::SignIn { ended: true })?;
        let api = visit.api();
        let (profile, unread) = tokio::join!(
            api.get(&visit.caller, format!("/api/v1/users/{id}")).read::<ProfileReply>(),
            api.get(&visit.caller, "/api/v1/notifications/unread-count").read::<UnreadCountReply>(),
        );
        let me = match profile {
            Ok(reply) => reply.user,
            // Another person's id beside a session: the cookies do not belong together.
            Err(failure) if failure.is_not_found() => return Err(PageError::SignIn { ended: true }),
            Err(failure) => return Err(failure.into()),
        };
        let unread = unread.ok();
        visit.recognise(Viewer::Person(PersonBadge {
            name: format!("{} {}", me.first_name, me.last_name),
            unread: unread.map(|unread| unread.unread_count),
            sequence: unread.map(|unread| unread.last_sequence),
        }));
        Ok(Self { visit, me })
    }
}

/// Keeps what the pages need beside the session cookie.
pub(crate) fn remember(web: &Web, headers: &mut HeaderMap, profile: ProfileId, csrf: Option<&str>) {
    let life = Some(REFRESH_TOKEN_SECONDS);
    cookies::add(headers, web.jar().set(PROFILE_COOKIE, &profile.to_string(), "/", life));
    cookies::add(headers, csrf.and_then(|token| web.jar().set(cookies::CSRF, token, "/", life)));
}

/// Forgets it.
pub(crate) fn forget(web: &Web, headers: &mut HeaderMap) {
    for name in [PROFILE_COOKIE, cookies::CSRF, cookies::SESSION] {
        cookies::add(headers, web.jar().clear(name, "/"));
    }
}
