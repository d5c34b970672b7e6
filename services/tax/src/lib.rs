//! The tax service: what payments cost by the schedule, and what the hoarding tax would take.
//!
//! | folder | routes |
//! |---|---|
//! | [`fees`] | `/api/v1/tax/fees/…`: the schedule, and a quote for any type and scope |
//! | [`hoarding`] | `/api/v1/tax/hoarding/…`: period and bands, and the preview of one's own account |
//!
//! Nothing is computed here: fees come from [`gx_contracts::fees`], which the contract charges with, and the preview from
//! [`gx_contracts::hoarding`]. The parameters are those that the ledger last wrote, out of the read model. The service
//! writes nothing.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod fees;
pub mod hoarding;
pub mod metrics;

use gx_platform::http::RouteSet;

/// Every route of the service.
#[must_use]
pub fn routes() -> RouteSet {
    RouteSet::new("tax")
        .route(fees::schedule::route())
        .route(fees::quote::route())
        .route(hoarding::schedule::route())
        .route(hoarding::preview::route())
}

#[cfg(test)]
mod tests {
    use gx_platform::http::{Access, openapi};

    #[test]
    fn every_route_is_documented_and_only_the_preview_asks_who_is_there() {
        let routes = super::routes();
        let document = openapi(&[&routes]).unwrap();
        assert_eq!(document["paths"].as_object().unwrap().len(), routes.metas().count());
        let closed: Vec<_> = routes.metas().filter(|meta| meta.access() != Access::Public).collect();
        let [preview] = closed.as_slice() else { panic!("{} routes are closed", closed.len()) };
        assert_eq!((preview.operation_id(), preview.access()), ("previewHoardingTax", Access::Person));
    }
}
