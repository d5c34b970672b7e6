//! What surrounds every page: the request's id, the token of anonymous forms, the check where a form comes from, error
//! pages, redirects to the login, and the headers that keep the browser strict.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use gx_base::EntropyExt;
use gx_types::CorrelationId;

use crate::Web;
use crate::cookies;
use crate::error::{PageError, Trouble};
use crate::next;
use crate::view::{Chrome, Tab, Viewer};
use crate::visit::{Frame, is_console};

/// Nothing from elsewhere, no inline script or style, no framing; connections to ourselves and to the socket, which is named
/// because not every browser takes `'self'` for it.
pub(crate) fn policy(sockets: &[&str]) -> HeaderValue {
    let mut sockets = sockets.to_vec();
    sockets.dedup();
    let text = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {}; \
         manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        sockets.join(" ")
    );
    // Addresses were checked with the settings; without them everything else still holds.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'; style-src 'self'"))
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    chrome: Chrome,
    trouble: Trouble,
    number: CorrelationId,
    retry: bool,
}

/// The middleware around all pages.
pub(crate) async fn around(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let correlation = request
        .headers()
        .get("x-correlation-id")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or_else(|| CorrelationId::from_uuid(web.entropy.uuid_v7(web.clock.now())));
    let known = cookies::read(request.headers(), cookies::FORM).filter(|token| token.len() == 32);
    let form_token = known.clone().unwrap_or_else(|| web.entropy.token(16));
    let viewer = Arc::new(Mutex::new(Viewer::Nobody));
    let path = request.uri().path().to_owned();
    let target = request.uri().path_and_query().map_or_else(|| path.clone(), ToString::to_string);
    let method = request.method().clone();
    request.extensions_mut().insert(Frame { correlation, form_token: form_token.clone(), viewer: Arc::clone(&viewer) });

    let mut response = if is_read(&method) || comes_from_here(&web, request.headers()) {
        next.run(request).await
    } else {
        PageError::from(Trouble::stale_form()).into_response()
    };

    if let Some(error) = response.extensions().get::<Arc<PageError>>().cloned() {
        response = match &*error {
            PageError::SignIn { ended } => to_login(&web, &path, &target, &method, *ended),
            PageError::Elsewhere(place) => Redirect::to(place).into_response(),
            PageError::Trouble(trouble) => {
                let viewer = viewer.lock().unwrap_or_else(PoisonError::into_inner).clone();
                error_page(&web, viewer, is_console(&path), trouble, correlation)
            }
        };
    }
    let headers = response.headers_mut();
    if known.is_none() {
        cookies::add(headers, web.jar().set(cookies::FORM, &form_token, "/", None));
    }
    if let Ok(id) = correlation.to_string().parse() {
        headers.insert("x-correlation-id", id);
    }
    harden(headers, &web.policy);
    response
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// A form is taken from our own pages only. Browsers that say nothing about its origin still need the token.
fn comes_from_here(web: &Web, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        // A proxy in front may have another name for us than people have.
        (Some(origin), _) if origin == web.public_url => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        _ => true,
    }
}

fn to_login(web: &Web, path: &str, target: &str, method: &Method, ended: bool) -> Response {
    let console = is_console(path);
    let (page, home) = if console { ("/admin/login", "/admin/queue") } else { ("/login", "/dashboard") };
    let place = next::login(page, if is_read(method) { target } else { home }, ended);
    // 307 keeps what a link asked for; after a form the browser must ask with GET.
    let mut response = if is_read(method) {
        Redirect::temporary(&place).into_response()
    } else {
        Redirect::to(&place).into_response()
    };
    if ended {
        let names =
            if console { [cookies::ADMIN_SESSION, cookies::ADMIN_CSRF] } else { [cookies::SESSION, cookies::CSRF] };
        for name in names {
            cookies::add(response.headers_mut(), web.jar().clear(name, "/"));
        }
    }
    response
}

fn error_page(web: &Web, viewer: Viewer, console: bool, trouble: &Trouble, number: CorrelationId) -> Response {
    let mut chrome = web.chrome().titled(trouble.title.clone()).at_tab(Tab::None);
    chrome.viewer = viewer;
    chrome.console = console;
    let retry = trouble.status.is_server_error() || trouble.status == StatusCode::TOO_MANY_REQUESTS;
    let page = ErrorPage { chrome, trouble: trouble.clone(), number, retry };
    match page.render() {
        Ok(html) => (trouble.status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the error page could not be put together");
            (trouble.status, trouble.title.clone()).into_response()
        }
    }
}

fn harden(headers: &mut HeaderMap, policy: &HeaderValue) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| policy.clone());
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
