//! `GET /api/v1/tax/fees/quote`: what a payment of any type and scope costs, by the code that charges it.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::http::{Access, ApiError, ApiQuery, ApiResult, Handled, Route};
use gx_types::api::tax::TypedFeeQuote;
use gx_types::api::tokenomics::{PaymentScope, PaymentType};
use gx_types::{ErrorCode, Qirat};
use serde::Deserialize;

use super::{contract_scope, contract_type};
use crate::metrics::FEE_QUOTES;

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/tax/fees/quote", "quoteTypedFee")
        .summary("What a payment of a type and scope costs now")
        .description(
            "By the schedule in force and the code that charges. It knows neither payer nor receiver; to pay somebody, ask \
             `quoteFee`, which names both and gives the `expectedFee`. Treasuries and the system neither pay nor cause a fee.",
        )
        .access(Access::Public)
        .query::<TypedFeeQuery>()
        .reply::<TypedFeeQuote>(200, "Fee and total")
        .errors(&[ErrorCode::FeatureUnavailable])
        .handle(quote)
}

/// A payment that is thought of.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TypedFeeQuery {
    /// What the payment is for.
    #[serde(rename = "type")]
    kind: PaymentType,
    /// Within a country, or across a border.
    scope: PaymentScope,
    /// What the receiver would get, above zero.
    amount: Qirat,
}

async fn quote(State(app): State<App>, ApiQuery(query): ApiQuery<TypedFeeQuery>) -> ApiResult<Json<TypedFeeQuote>> {
    let refused = |message| ApiError::field("amount", ErrorCode::AmountInvalid, message);
    if query.amount.is_zero() {
        return Err(refused("an amount is above zero"));
    }
    let (schedule, _) = super::in_force(&app).await?;
    let (kind, scope) = (contract_type(query.kind), contract_scope(query.scope));
    let quote = schedule.quote(kind, scope, query.amount);
    let too_much = "amount and fee together are more than there can ever be";
    let total = quote.amount.checked_add(quote.fee).ok_or_else(|| refused(too_much))?;
    metrics::counter!(FEE_QUOTES.name, "type" => kind.as_str(), "scope" => scope.as_str()).increment(1);
    Ok(Json(TypedFeeQuote {
        kind: query.kind,
        scope: query.scope,
        amount: quote.amount,
        fee: quote.fee,
        total,
        fee_rate_bps: quote.rate_bps,
    }))
}
