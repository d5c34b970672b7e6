//! The hoarding tax: `/api/v1/tax/hoarding/…`. The formula is [`gx_contracts::hoarding`].

pub mod preview;
pub mod schedule;

use gx_contracts::hoarding::{BandRange, HoardingTax};
use gx_contracts::parameters::HOARDING_TAX;
use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::projection::system;
use gx_types::Timestamp;
use gx_types::api::tax::HoardingBandView;

/// The tax in force, and since when: the ledger's parameter, or on a ledger that was bootstrapped before there was one,
/// what the contracts begin with.
///
/// # Errors
/// 500 for a parameter that is none, which the ledger does not let happen.
pub(crate) async fn in_force(app: &App) -> ApiResult<(HoardingTax, Option<Timestamp>)> {
    match system::parameter_row(app.store().read(), HOARDING_TAX).await? {
        None => Ok((HoardingTax::initial(), None)),
        Some(row) => {
            let tax = HoardingTax::from_json(&row.param_value).map_err(ApiError::internal)?;
            Ok((tax, Some(row.updated_at.0)))
        }
    }
}

/// A band as the API shows it.
pub(crate) const fn shown(band: BandRange) -> HoardingBandView {
    HoardingBandView { from: band.from, up_to: band.up_to, rate_bps: band.rate_bps }
}
