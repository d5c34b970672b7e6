//! Identity: registration, signing in, people's profiles, documents and their submission, countries.
//!
//! | folder | routes |
//! |---|---|
//! | [`registration`] | `/api/v1/registration/*`: the wizard from an e-mail address to an account |
//! | [`auth`] | `/api/v1/auth/*`: login, refresh, logout, published keys |
//! | [`security`] | `/api/v1/security/*`, `/api/v1/auth/password/*`: second factor, PIN, sessions, new passwords, contact details, closing |
//! | [`users`] | `/api/v1/users/{id}`: the own profile and picture |
//! | [`documents`] | upload, list, read, delete, submission for review |
//! | [`countries`] | `/api/v1/countries` |
//!
//! Each file is a use case: what it takes, what it refuses, what it does, its handler and its route. The function that
//! does it is public and takes no HTTP, so that test people are made by the same code as everyone else.
//! What people type is checked in [`fields`]; how a person's state may change is one table in `gx_types::people`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod auth;
pub mod countries;
pub mod documents;
pub mod fields;
mod genesis;
pub mod jobs;
mod refuse;
pub mod registration;
pub mod security;
pub mod users;

use gx_platform::http::RouteSet;

/// Every route of the service.
#[must_use]
pub fn routes() -> RouteSet {
    RouteSet::new("identity")
        .route(registration::start::route())
        .route(registration::verify_email::route())
        .route(registration::resend::email_route())
        .route(registration::name_country::route())
        .route(registration::dob_gender::route())
        .route(registration::password::route())
        .route(registration::phone::route())
        .route(registration::verify_phone::route())
        .route(registration::resend::phone_route())
        .route(registration::state::route())
        .route(auth::login::route())
        .route(auth::refresh::route())
        .route(auth::logout::route())
        .route(auth::keys::route())
        .route(auth::second_step::route())
        .route(security::grant::route())
        .route(security::password::route())
        .route(security::forgot::forgot_route())
        .route(security::forgot::reset_route())
        .route(security::overview::route())
        .route(security::totp::setup_route())
        .route(security::totp::confirm_route())
        .route(security::totp::disable_route())
        .route(security::totp::backup_codes_route())
        .route(security::pin::set_route())
        .route(security::pin::remove_route())
        .route(security::step_up_amount::route())
        .route(security::sessions::list_route())
        .route(security::sessions::rename_route())
        .route(security::sessions::revoke_route())
        .route(security::sessions::revoke_others_route())
        .route(security::contact::email_route())
        .route(security::contact::confirm_email_route())
        .route(security::contact::phone_route())
        .route(security::contact::confirm_phone_route())
        .route(security::objection::route())
        .route(security::close::route())
        .route(users::avatar::upload_route())
        .route(users::avatar::read_route())
        .route(users::avatar::delete_route())
        .route(users::read::route())
        .route(users::change::route())
        .route(users::national_id::route())
        .route(documents::upload::route())
        .route(documents::list::route())
        .route(documents::constraints::route())
        .route(documents::file::route())
        .route(documents::delete::route())
        .route(documents::submit::route())
        .route(documents::status::route())
        .route(countries::route())
}
