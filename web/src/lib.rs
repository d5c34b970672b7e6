//! The edge of GX: one HTTP listener on port 3000 that serves the pages people use and hands `/api/v1` to the services.
//!
//! ```text
//! browser ─▶ edge ─┬─ /api/v1/…   the services: mounted in process, or forwarded to them ([`forward`])
//!                  ├─ /assets/…   static files, compiled in, addressed by hash ([`assets`])
//!                  └─ everything  pages, rendered here ([`pages`]) inside one frame ([`frame`])
//! ```
//!
//! A page is a file under `src/pages/`: its routes, its handlers, its template. Handlers ask the API ([`api::Api`]) as the
//! person who looks, and know nothing that the API does not tell them. Errors are values ([`error::PageError`]); the frame
//! turns them into an error page, or into the way to the login. Forms use the API's field names, so that a refusal finds
//! its field ([`view::Form::take_problem`]).
//!
//! **A new page:** a file in `src/pages/` with `routes()`, a template in `templates/`, one line in [`pages::routes`], and a
//! test in `tests/it/`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
pub mod assets;
pub mod cookies;
pub mod error;
pub mod forward;
mod frame;
pub mod next;
pub mod pages;
pub mod probe;
pub mod view;
pub mod visit;

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use gx_base::{Clock, Entropy};
use gx_types::EnvName;
use tower::ServiceExt;

use crate::api::Api;
use crate::cookies::Jar;
use crate::probe::{Probe, Target};
use crate::view::Chrome;

/// What an edge is made of.
pub struct EdgeOptions {
    /// The environment.
    pub env: EnvName,
    /// Where people reach the edge, for example `https://wallet.gxcoin.money`; decides whether cookies are `Secure`.
    pub public_url: String,
    /// Where browsers reach the socket: `public_url`, or an address of its own.
    pub socket_url: String,
    /// The components that the status page asks.
    pub components: Vec<Target>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for form tokens and idempotency keys.
    pub entropy: Arc<dyn Entropy>,
}

/// What pages share.
pub struct WebInner {
    /// The environment.
    pub env: EnvName,
    /// Where people reach the edge, without a slash at the end.
    pub public_url: String,
    /// The socket's own address, when it is not below `public_url`.
    pub socket_url: Option<String>,
    /// What browsers may load, and from where.
    pub policy: HeaderValue,
    /// The API.
    pub api: Api,
    /// How the components are.
    pub probe: Probe,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// What pages share; cheap to clone.
#[derive(Clone)]
pub struct Web(Arc<WebInner>);

impl Deref for Web {
    type Target = WebInner;

    fn deref(&self) -> &WebInner {
        &self.0
    }
}

impl std::fmt::Debug for Web {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Web").field("env", &self.env).field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl Web {
    /// Whether the test mailbox exists here.
    #[must_use]
    pub fn dev_mailbox(&self) -> bool {
        self.env.allows_test_people()
    }

    /// A frame for nobody.
    #[must_use]
    pub fn chrome(&self) -> Chrome {
        let mut chrome = Chrome::new(self.env, self.dev_mailbox());
        chrome.socket_url.clone_from(&self.socket_url);
        chrome
    }

    /// How cookies are set.
    #[must_use]
    pub fn jar(&self) -> Jar {
        Jar { secure: self.public_url.starts_with("https://") }
    }
}

/// The address of a WebSocket at an HTTP address.
fn websocket(url: &str) -> String {
    match url.strip_prefix("http") {
        Some(rest) => format!("ws{rest}"),
        None => url.to_owned(),
    }
}

/// The edge: the API routes as they are given, and the pages.
///
/// `api` holds the routes of the services, mounted in process or forwarded ([`forward::routes`]), and answers unknown
/// addresses below `/api/` itself; every other unknown address is a page that does not exist.
pub fn edge(options: EdgeOptions, api: Router) -> Router {
    let public_url = options.public_url.trim_end_matches('/').to_owned();
    let socket_url = websocket(options.socket_url.trim_end_matches('/'));
    let web = Web(Arc::new(WebInner {
        env: options.env,
        policy: frame::policy(&[websocket(&public_url).as_str(), socket_url.as_str()]),
        socket_url: (socket_url != websocket(&public_url)).then_some(socket_url),
        public_url,
        api: Api::new(api.clone()),
        probe: Probe::new(options.components, Arc::clone(&options.clock)),
        clock: options.clock,
        entropy: options.entropy,
    }));
    let framed = |router: Router<Web>| {
        router.layer(axum::middleware::from_fn_with_state(web.clone(), frame::around)).with_state(web.clone())
    };
    let pages = framed(pages::routes(&web));
    let no_page = framed(pages::nothing());
    let no_route = api.clone();
    let unknown = tower::service_fn(move |request: Request| {
        let router = if request.uri().path().starts_with("/api/") { no_route.clone() } else { no_page.clone() };
        router.oneshot(request)
    });
    api.merge(pages).merge(assets::router()).fallback_service(unknown)
}
