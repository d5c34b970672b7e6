//! Identity: registration, signing in, people's profiles, documents and their submission, countries.
//!
//! | folder | routes |
//! |---|---|
//! | [`registration`] | `/api/v1/registration/*`: the wizard from an e-mail address to an account |
//! | [`auth`] | `/api/v1/auth/*`: login, refresh, logout, published keys |
//! | [`users`] | `/api/v1/users/{id}`: the own profile |
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
