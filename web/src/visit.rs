//! Who is looking at a page: extractors for visitors, for people and for administrators.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRef, FromRequest, FromRequestParts, RawForm, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use gx_platform::http::PeerAddr;
use gx_types::CorrelationId;

use crate::Web;
use crate::api::{Api, Caller};
use crate::cookies;
use crate::error::{PageError, PageResult, Trouble};
use crate::view::{Chrome, Flash, Form, Tab, Viewer};

/// What the frame keeps for the length of one request.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The id of the request.
    pub(crate) correlation: CorrelationId,
    /// The token of this visitor's anonymous forms.
    pub(crate) form_token: String,
    /// Who turned out to be looking, for error pages.
    pub(crate) viewer: Arc<Mutex<Viewer>>,
}

/// Anybody at a page.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The edge.
    pub web: Web,
    /// On whose behalf the API is asked.
    pub caller: Caller,
    /// The cookies and everything else that was sent.
    pub headers: HeaderMap,
    /// The token for the forms of this page.
    pub csrf: String,
    /// What happened before the redirect.
    pub flash: Option<Flash>,
    /// The page's parameters.
    pub query: BTreeMap<String, String>,
    /// Whether the page belongs to the console.
    pub console: bool,
    frame: Frame,
}

impl Visit {
    /// The API.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.web.api
    }

    /// A page parameter, if it is there and not empty.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The frame of a page for somebody whose session was not asked for.
    #[must_use]
    pub fn chrome(&self, title: impl Into<String>) -> Chrome {
        let mut chrome = self.web.chrome().titled(title);
        chrome.csrf.clone_from(&self.csrf);
        chrome.flash = self.flash;
        chrome.console = self.console;
        chrome.viewer = self.viewer();
        chrome
    }

    /// Whether the browser sent a session of this side.
    #[must_use]
    pub const fn has_session(&self) -> bool {
        self.caller.cookie.is_some()
    }

    fn viewer(&self) -> Viewer {
        self.frame.viewer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn recognise(&self, viewer: Viewer) {
        *self.frame.viewer.lock().unwrap_or_else(PoisonError::into_inner) = viewer;
    }

    /// The frame of a page in a menu.
    #[must_use]
    pub fn chrome_at(&self, title: impl Into<String>, tab: Tab) -> Chrome {
        self.chrome(title).at_tab(tab)
    }
}

impl<S> FromRequestParts<S> for Visit
where
    Web: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> PageResult<Self> {
        let web = Web::from_ref(state);
        let frame = parts.extensions.get::<Frame>().cloned().ok_or_else(|| PageError::internal("no frame"))?;
        let console = is_console(parts.uri.path());
        let (session, token) =
            if console { (cookies::ADMIN_SESSION, cookies::ADMIN_CSRF) } else { (cookies::SESSION, cookies::CSRF) };
        let session_value = cookies::read(&parts.headers, session);
        let token = session_value.as_ref().and_then(|_| cookies::read(&parts.headers, token));
        let query: BTreeMap<String, String> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let header = |name: &str| parts.headers.get(name).cloned();
        Ok(Self {
            caller: Caller {
                cookie: session_value.map(|value| format!("{session}={value}")),
                csrf: token.clone(),
                correlation: frame.correlation,
                address: parts.extensions.get::<PeerAddr>().copied(),
                peer: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0),
                forwarded_for: header("x-forwarded-for"),
                user_agent: header("user-agent"),
            },
            csrf: token.unwrap_or_else(|| frame.form_token.clone()),
            flash: query.get("done").and_then(|slug| Flash::from_slug(slug)),
            headers: parts.headers.clone(),
            web,
            query,
            console,
            frame,
        })
    }
}

/// Whether a page belongs to the console.
pub(crate) fn is_console(path: &str) -> bool {
    path == "/admin" || path.starts_with("/admin/")
}

/// A posted form whose token belongs to this visitor.
#[derive(Debug)]
pub struct Posted(pub Form);

impl<S> FromRequest<S> for Posted
where
    Web: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> PageResult<Self> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, state).await?;
        let RawForm(bytes) = RawForm::from_request(Request::from_parts(parts, body), state).await.map_err(|_| {
            Trouble::new(axum::http::StatusCode::BAD_REQUEST, "This form cannot be read", "Go back and try again.")
        })?;
        let values: BTreeMap<String, String> = form_urlencoded::parse(&bytes).into_owned().collect();
        let form = Form::posted(values);
        check_token(&visit, form.value("csrf"))?;
        Ok(Self(form))
    }
}

/// Refuses a form that was not made for this visitor.
///
/// # Errors
/// 403 with what to do.
pub fn check_token(visit: &Visit, token: &str) -> PageResult<()> {
    let expected = [visit.csrf.as_str(), visit.frame.form_token.as_str()];
    if expected.iter().any(|known| !known.is_empty() && same(known, token)) {
        Ok(())
    } else {
        Err(Trouble::stale_form().into())
    }
}

/// Compares without telling by its time how much is right.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

/// Answers with a page.
///
/// # Errors
/// 500 when the template cannot be filled.
pub fn page(template: &impl askama::Template) -> PageResult {
    page_with(axum::http::StatusCode::OK, template)
}

/// Answers with a page and a status, for forms that were refused.
///
/// # Errors
/// 500 when the template cannot be filled.
pub fn page_with(status: axum::http::StatusCode, template: &impl askama::Template) -> PageResult {
    use axum::response::IntoResponse;
    let html = template.render().map_err(PageError::internal)?;
    Ok((status, axum::response::Html(html)).into_response())
}

/// After a form that worked: look at the result.
#[must_use]
pub fn see(place: &str) -> Response {
    use axum::response::IntoResponse;
    axum::response::Redirect::to(place).into_response()
}

/// After a form that worked: look at the result, with a word about it.
#[must_use]
pub fn see_with(place: &str, flash: Flash) -> Response {
    let joint = if place.contains('?') { '&' } else { '?' };
    see(&format!("{place}{joint}done={}", flash.slug()))
}
