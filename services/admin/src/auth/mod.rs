//! Signing in and out: a token family of its own, apart from people's.

mod begin;
mod keys;
mod login;
mod logout;
mod mfa;
mod password;
mod profile;
mod refresh;
mod sessions;

use std::time::Duration;

use gx_types::Timestamp;

use crate::command::Routes;

/// Longest life of a session; no refresh extends it.
const SESSION_LIFE: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn routes() -> Routes {
    let mut routes =
        vec![login::route(), refresh::route(), logout::route(), profile::route(), password::route(), keys::route()];
    routes.extend(mfa::routes());
    routes.extend(sessions::routes());
    routes
}

/// When a session that began at `begun` ends at the latest.
fn ends(begun: Timestamp) -> Timestamp {
    begun.plus(SESSION_LIFE)
}
