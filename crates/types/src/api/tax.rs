//! Fees of every type and scope, the schedule behind them, and the hoarding tax.

use serde::{Deserialize, Serialize};

use crate::api::tokenomics::{PaymentScope, PaymentType};
use crate::{AccountId, Qirat, Timestamp};

/// `GET /api/v1/tax/fees/quote`: what a payment of a type and scope costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TypedFeeQuote {
    /// What the payment is for.
    #[serde(rename = "type")]
    pub kind: PaymentType,
    /// Local or cross-border.
    pub scope: PaymentScope,
    /// What the receiver gets.
    pub amount: Qirat,
    /// What the payer pays on top.
    pub fee: Qirat,
    /// Amount and fee together.
    pub total: Qirat,
    /// The rate, in basis points of the amount; the fee is rounded up, with a minimum.
    pub fee_rate_bps: u16,
}

/// `GET /api/v1/tax/fees/schedule`: what the ledger charges now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeeScheduleReply {
    /// Every type and scope once.
    pub rows: Vec<FeeScheduleRow>,
    /// Since when it holds.
    pub in_force_since: Timestamp,
    /// The block that brought it, as a decimal string.
    pub block_number: String,
}

/// The bands of one type and scope, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeeScheduleRow {
    /// What the payment is for.
    #[serde(rename = "type")]
    pub kind: PaymentType,
    /// Local or cross-border.
    pub scope: PaymentScope,
    /// Rates by amount; the last one has no upper end.
    pub bands: Vec<FeeScheduleBand>,
}

/// The rate for amounts in a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeeScheduleBand {
    /// Lowest amount, included.
    pub from: Qirat,
    /// Highest amount, included; none in the last band.
    pub up_to: Option<Qirat>,
    /// Basis points of the amount; 0 is free.
    pub rate_bps: u16,
    /// Lowest fee where the rate is above zero.
    pub minimum_fee: Qirat,
}

/// `GET /api/v1/tax/hoarding/schedule`: period and bands of the hoarding tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoardingScheduleReply {
    /// Days that the threshold must be held without a break.
    pub period_days: u32,
    /// Lowest balance that is taxed; none when none is.
    pub threshold: Option<Qirat>,
    /// Rates by balance, ascending; the last one has no upper end.
    pub bands: Vec<HoardingBandView>,
    /// Since when it holds; none when it is what the contracts began with.
    pub in_force_since: Option<Timestamp>,
}

/// The rate for balances in a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoardingBandView {
    /// Lowest balance, included.
    pub from: Qirat,
    /// Highest balance, included; none in the last band.
    pub up_to: Option<Qirat>,
    /// Basis points of the whole balance for a period; 0 is free.
    pub rate_bps: u16,
}

/// Where an account stands with the hoarding tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum HoardingState {
    /// The balance is below the threshold: no period runs.
    BelowThreshold,
    /// A period runs.
    Holding,
    /// A period is complete.
    Due,
}

impl HoardingState {
    /// The word used in the API and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BelowThreshold => "BELOW_THRESHOLD",
            Self::Holding => "HOLDING",
            Self::Due => "DUE",
        }
    }
}

/// `GET /api/v1/tax/hoarding/accounts/{accountId}`: what the ledger's formula says about an account now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoardingPreview {
    /// The account.
    pub account_id: AccountId,
    /// Where it stands.
    pub state: HoardingState,
    /// Settled balance, which the formula is about.
    pub balance: Qirat,
    /// Lowest balance that is taxed; none when none is.
    pub threshold: Option<Qirat>,
    /// Days that the threshold must be held without a break.
    pub period_days: u32,
    /// Since when the balance has not been below the threshold; none while it is below.
    pub held_since: Option<Timestamp>,
    /// Whole days since then.
    pub held_days: u64,
    /// When the period is complete; none while none runs.
    pub due_at: Option<Timestamp>,
    /// The band of the balance.
    pub band: HoardingBandView,
    /// The whole balance at the rate of its band.
    pub full_amount: Qirat,
    /// What a complete period costs on this balance: `fullAmount`, or less just above the edge of a band.
    pub amount: Qirat,
    /// What of it is due now: `amount` when the period is complete, else zero.
    pub due_amount: Qirat,
    /// The moment that this is about.
    pub at: Timestamp,
}
