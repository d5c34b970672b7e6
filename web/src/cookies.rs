//! The cookies that the pages set and read.

use axum::http::{HeaderMap, HeaderValue, header};

/// The session of a person; set by the identity service.
pub const SESSION: &str = "gx_session";
/// The session of an administrator; set by the admin service.
pub const ADMIN_SESSION: &str = "gx_admin_session";
/// The CSRF token of a person's session.
pub const CSRF: &str = "gx_csrf";
/// The CSRF token of an administrator's session.
pub const ADMIN_CSRF: &str = "gx_admin_csrf";
/// Protects the forms of people who are not signed in.
pub const FORM: &str = "gx_form";
/// The registration that is under way.
pub const REGISTRATION: &str = "gx_registration";
/// The first step of a login that needs a second.
pub const LOGIN_TICKET: &str = "gx_login";
/// The payment that is being put together.
pub const DRAFT: &str = "gx_draft";

/// The value of a cookie in a request.
#[must_use]
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
        .filter(|value| !value.is_empty())
}

/// How a cookie is set.
#[derive(Debug, Clone, Copy)]
pub struct Jar {
    /// Whether cookies travel over HTTPS only.
    pub secure: bool,
}

impl Jar {
    /// A cookie that no script reads; `seconds` of life, or the browser session's.
    #[must_use]
    pub fn set(self, name: &str, value: &str, path: &str, seconds: Option<u64>) -> Option<HeaderValue> {
        let life = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{life}{secure}").parse().ok()
    }

    /// Takes a cookie back.
    #[must_use]
    pub fn clear(self, name: &str, path: &str) -> Option<HeaderValue> {
        self.set(name, "", path, Some(0))
    }
}

/// Adds a cookie to an answer.
pub fn add(headers: &mut HeaderMap, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Hands on the cookies that the API sets.
pub fn hand_on(to: &mut HeaderMap, from: &HeaderMap) {
    for cookie in from.get_all(header::SET_COOKIE) {
        to.append(header::SET_COOKIE, cookie.clone());
    }
}
