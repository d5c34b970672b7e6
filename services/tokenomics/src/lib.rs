//! The tokenomics service: wallets, fees, transfers, Q Send, and the jobs that belong to them.
//!
//! | folder | routes |
//! |---|---|
//! | [`wallets`] | `/api/v1/wallets/{profileId}/…`: balance, history, dashboard |
//! | [`fees`] | `/api/v1/fees/quote` |
//! | [`transfers`] | `/api/v1/transfers`, and where a command stands |
//! | [`people`] | `/api/v1/people/lookup` |
//! | [`contacts`] | `/api/v1/contacts` |
//! | [`limits`] | `/api/v1/limits` |
//! | [`treasury`] | `/api/v1/treasury/{countryCode}/balance` |
//! | [`qsend`] | `/api/v1/qsend`: requests for payment by code and QR |
//!
//! Each file is a use case: route, what it takes, what it refuses, what it does. What is allowed is decided in one place
//! for all of them, [`payment`].
//!
//! **A new way to pay:** read [`gx_store::repo::payments::facts`] in the unit of work, judge with [`payment::judge`],
//! enqueue the command, all in one transaction; then wait for the projection or answer 202.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod contacts;
pub mod fees;
pub mod jobs;
pub mod limits;
mod moment;
mod names;
pub mod payment;
mod people;
pub mod qsend;
pub mod sweeps;
mod text;
pub mod transfers;
pub mod treasury;
pub mod wallets;

use gx_platform::http::RouteSet;

/// Every route of the service.
#[must_use]
pub fn routes() -> RouteSet {
    RouteSet::new("tokenomics")
        .route(wallets::balance::route())
        .route(wallets::transactions::route())
        .route(wallets::dashboard::route())
        .route(wallets::series::route())
        .route(wallets::export::route())
        .route(wallets::statement::route())
        .route(fees::quote::route())
        .route(transfers::create::route())
        .route(transfers::status::transfer_route())
        .route(transfers::status::command_route())
        .route(treasury::balance::route())
        .route(people::lookup::route())
        .route(contacts::list::route())
        .route(contacts::add::route())
        .route(contacts::change::route())
        .route(contacts::remove::route())
        .route(limits::read_route())
        .route(limits::change_route())
        .route(qsend::create::route())
        .route(qsend::list::route())
        .route(qsend::dashboard::route())
        .route(qsend::verify::route())
        .route(qsend::read::route())
        .route(qsend::read::qr_route())
        .route(qsend::pay::route())
        .route(qsend::cancel::route())
}

#[cfg(test)]
mod tests {
    use gx_platform::http::{Access, openapi};

    #[test]
    fn every_route_is_documented_and_asks_who_is_there() {
        let routes = super::routes();
        let document = openapi(&[&routes]).unwrap();
        let operations: usize =
            document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(operations, routes.metas().count());
        assert!(routes.metas().all(|meta| meta.access() == Access::Person));
        assert_eq!(document["paths"]["/api/v1/qsend/{code}/pay"]["post"]["requestBody"]["required"], false);
    }
}
