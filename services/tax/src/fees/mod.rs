//! Fees: `/api/v1/tax/fees/…`, open to everyone.

pub mod quote;
pub mod schedule;

use gx_contracts::fees::{FeeSchedule, Scope, TransactionType};
use gx_contracts::parameters::FEE_SCHEDULE;
use gx_platform::App;
use gx_platform::http::{ApiError, ApiResult};
use gx_store::entity::system_parameters;
use gx_store::projection::system;
use gx_types::ErrorCode;
use gx_types::api::tokenomics::{PaymentScope, PaymentType};

/// The schedule that the ledger charges by now, with the row it stands in.
///
/// # Errors
/// 503 before the ledger was bootstrapped.
pub(crate) async fn in_force(app: &App) -> ApiResult<(FeeSchedule, system_parameters::Model)> {
    let row = system::parameter_row(app.store().read(), FEE_SCHEDULE).await?.ok_or(ErrorCode::FeatureUnavailable)?;
    let schedule = FeeSchedule::from_json(&row.param_value).map_err(ApiError::internal)?;
    Ok((schedule, row))
}

/// The contract's word for a payment type of the API.
pub(crate) const fn contract_type(kind: PaymentType) -> TransactionType {
    match kind {
        PaymentType::P2P => TransactionType::P2P,
        PaymentType::Merchant => TransactionType::Merchant,
        PaymentType::Government => TransactionType::Government,
        PaymentType::B2B => TransactionType::B2B,
    }
}

/// The API's word for it.
pub(crate) const fn api_type(kind: TransactionType) -> PaymentType {
    match kind {
        TransactionType::P2P => PaymentType::P2P,
        TransactionType::Merchant => PaymentType::Merchant,
        TransactionType::Government => PaymentType::Government,
        TransactionType::B2B => PaymentType::B2B,
    }
}

/// The contract's word for a scope of the API.
pub(crate) const fn contract_scope(scope: PaymentScope) -> Scope {
    match scope {
        PaymentScope::Local => Scope::Local,
        PaymentScope::CrossBorder => Scope::CrossBorder,
    }
}

/// The API's word for it.
pub(crate) const fn api_scope(scope: Scope) -> PaymentScope {
    match scope {
        Scope::Local => PaymentScope::Local,
        Scope::CrossBorder => PaymentScope::CrossBorder,
    }
}
