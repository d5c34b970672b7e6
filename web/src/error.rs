//! What can go wrong on a page. The error says what; the frame around all pages turns it into a page or a redirect,
//! because it knows the address and who is looking.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::api::ApiFailure;

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum PageError {
    /// A session is needed. `ended`: there was one, and the API does not take it any more.
    SignIn {
        /// Whether the browser still holds a cookie.
        ended: bool,
    },
    /// Something with a status and words for the person.
    Trouble(Trouble),
    /// Another page comes first.
    Elsewhere(&'static str),
}

/// A status and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The status.
    pub status: StatusCode,
    /// One line.
    pub title: String,
    /// What the person can do.
    pub text: String,
}

/// What a page handler returns.
pub type PageResult<T = Response> = Result<T, PageError>;

impl Trouble {
    /// A status with its words.
    pub fn new(status: StatusCode, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { status, title: title.into(), text: text.into() }
    }

    /// 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Nothing here",
            "There is no such page, or it is not yours to see. Check the address, or start again from home.",
        )
    }

    /// 403: the form does not belong to this session, or comes from elsewhere.
    #[must_use]
    pub fn stale_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "This form is out of date",
            "Nothing was done. Go back, load the page again, and send the form once more. Cookies must be allowed.",
        )
    }

    /// 500.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side",
            "It is not your doing. Try again in a moment; if it stays, report the number below.",
        )
    }

    /// 503: a component is out of reach.
    #[must_use]
    pub fn unreachable(what: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "A part of GX is out of reach", what)
    }
}

impl PageError {
    /// A signed-out visitor where a session is needed.
    pub const SIGNED_OUT: Self = Self::SignIn { ended: false };

    /// 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::Trouble(Trouble::not_found())
    }

    /// A page that could not be put together; logged here, once.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a page could not be put together");
        Self::Trouble(Trouble::internal())
    }
}

impl From<Trouble> for PageError {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<ApiFailure> for PageError {
    fn from(failure: ApiFailure) -> Self {
        match failure {
            ApiFailure::Unreachable(what) => {
                Self::Trouble(Trouble::unreachable(format!("{what} Nothing is lost; try again in a moment.")))
            }
            failure @ ApiFailure::Unreadable { .. } => Self::internal(failure),
            ApiFailure::Refused(problem) => match problem.status {
                401 => Self::SignIn { ended: true },
                404 => Self::not_found(),
                status => {
                    let text = problem.detail.clone().unwrap_or_default();
                    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                    Self::Trouble(Trouble::new(status, problem.title.clone(), text))
                }
            },
        }
    }
}

impl IntoResponse for PageError {
    /// Carries itself to the frame, which makes the page. On its own it would be an empty 500.
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}
