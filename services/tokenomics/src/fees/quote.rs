//! `GET /api/v1/fees/quote`: what a payment would cost now, by the code that charges it.

use axum::Json;
use axum::extract::State;
use gx_platform::App;
use gx_platform::auth::Person;
use gx_platform::http::{Access, ApiQuery, ApiResult, Handled, RateClass, RateKey, Route};
use gx_store::repo::payments::{self, Receiver};
use gx_store::repo::wallets;
use gx_types::api::tokenomics::{FeeQuote, PaymentType};
use gx_types::{AccountId, ErrorCode, Qirat};
use serde::Deserialize;

use super::price::{api_scope, contract_type};
use crate::names;
use crate::payment::{self, Wish};

pub(crate) fn route() -> Handled {
    Route::get("/api/v1/fees/quote", "quoteFee")
        .summary("What a payment would cost now")
        .description(
            "Pass the `fee` on as `expectedFee`, so that you are never charged another one. A quote for a GX id whose holder you \
             have not dealt with counts as a look-up.",
        )
        .access(Access::Person)
        .query::<QuoteQuery>()
        .reply::<FeeQuote>(200, "Fee and total")
        .errors(&[
            ErrorCode::AccountNotActive,
            ErrorCode::AccountFrozen,
            ErrorCode::AccountNotFound,
            ErrorCode::SelfTransfer,
            ErrorCode::InsufficientFunds,
            ErrorCode::FeatureUnavailable,
        ])
        .handle(quote)
}

/// A payment that is thought of.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct QuoteQuery {
    /// What the payment is for.
    #[serde(rename = "type", default)]
    #[schema(value_type = Option<PaymentType>)]
    kind: PaymentType,
    /// The receiver: a GX id or a profile id.
    to: String,
    /// What the receiver would get.
    amount: Qirat,
}

async fn quote(
    State(app): State<App>,
    person: Person,
    ApiQuery(query): ApiQuery<QuoteQuery>,
) -> ApiResult<Json<FeeQuote>> {
    payment::above_zero("amount", query.amount)?;
    let receiver = payment::receiver("to", &query.to)?;
    let db = app.store().read();
    let facts = payments::facts(db, person.profile_id, receiver).await?;
    let wish =
        Wish { kind: contract_type(query.kind), amount: query.amount, expected_fee: None, receiver_field: Some("to") };
    // It tells whether somebody has an id, and who: that is a look-up. A profile id is known from one already.
    let own = facts.payer.as_ref().and_then(|payer| payer.gx_id);
    if let (Receiver::Gx(to), Some(own)) = (receiver, own)
        && !wallets::have_dealt(db, AccountId::Holder(own), AccountId::Holder(to)).await?
    {
        app.limits().check(RateClass::Lookup, RateKey::Account(person.profile_id.uuid())).await?;
    }
    let judged = payment::quote(facts, &wish)?;
    let known = wallets::have_dealt(db, AccountId::Holder(judged.from), AccountId::Holder(judged.to)).await?;
    let to = &judged.receiver;
    let quote = judged.price.quote;
    Ok(Json(FeeQuote {
        kind: query.kind,
        scope: api_scope(quote.scope),
        amount: quote.amount,
        fee: quote.fee,
        total: judged.price.total,
        fee_rate_bps: quote.rate_bps,
        sender_country: judged.from.country(),
        recipient_country: judged.to.country(),
        recipient_name: if known { to.name() } else { names::masked(&to.first_name, &to.last_name) },
    }))
}
