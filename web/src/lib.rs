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
        Chrome::new(self.env, self.dev_mailbox())
    }

    /// How cookies are set.
    #[must_use]
    pub fn jar(&self) -> Jar {
        Jar { secure: self.public_url.starts_with("https://") }
    }
}

/// The edge: the API routes as they are given, and the pages.
///
/// `api` holds the routes of the services, mounted in process or forwarded ([`forward::routes`]), and answers unknown
/// addresses below `/api/` itself; every other unknown address is a page that does not exist.
pub fn edge(options: EdgeOptions, api: Router) -> Router {
    let web = Web(Arc::new(WebInner {
        env: options.env,
        public_url: options.public_url.trim_end_matches('/').to_owned(),
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
