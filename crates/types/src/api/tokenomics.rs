//! Wallets, fees, transfers and the look-up of people.

use serde::{Deserialize, Serialize};

use crate::api::security::StepUp;
#[cfg(feature = "openapi")]
use crate::qirat::openapi::{AmountTyped, FeeTyped};
use crate::{
    AccountId, AccountStatus, CountryCode, GxId, ProfileId, Qirat, Timestamp, TransactionDirection, TransactionKind,
    TxId,
};

pub use crate::TransactionDirection as Direction;

/// `GET /api/v1/wallets/{profileId}/balance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BalanceReply {
    /// The wallet with its figures.
    pub balance: WalletBalance,
}

/// A wallet and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WalletBalance {
    /// The wallet.
    pub wallet_id: String,
    /// Whose it is.
    pub profile_id: ProfileId,
    /// The owner's GX id.
    pub fabric_user_id: GxId,
    /// Settled: what the ledger says, as far as it is projected.
    pub balance: Qirat,
    /// Amounts and fees of own payments that are not settled yet.
    pub pending: Qirat,
    /// What can be spent now: settled less pending.
    pub available: Qirat,
    /// Whether an administrator blocked the wallet. It is blocked at once, and settled on the ledger a little later.
    pub frozen: bool,
    /// What people call it.
    pub wallet_name: String,
    /// When the settled balance last changed.
    pub updated_at: Timestamp,
}

/// How far a movement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TransactionStatus {
    /// Settled on the ledger and projected.
    #[default]
    Confirmed,
    /// Accepted, not settled yet.
    Pending,
    /// Refused by the ledger; no coins moved.
    Failed,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransactionView {
    /// The line itself: unique in the history, also while nothing is on the ledger.
    pub off_tx_id: String,
    /// The ledger's transaction; none until settled.
    pub on_chain_tx_id: Option<TxId>,
    /// Whose history this is.
    pub wallet_id: String,
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: TransactionKind,
    /// Which way the coins went.
    pub direction: TransactionDirection,
    /// How far it is.
    pub status: TransactionStatus,
    /// The account on the other side; none where coins were made.
    pub counterparty: Option<AccountId>,
    /// What people call that account.
    pub counterparty_name: Option<String>,
    /// The amount of this line.
    pub amount: Qirat,
    /// The fee that the payer paid on top of a payment; the line with kind `FEE` is that fee.
    pub fee: Qirat,
    /// What the payer wrote.
    pub remark: Option<String>,
    /// When the block was made, or when an unsettled payment was accepted.
    pub timestamp: Timestamp,
    /// The block, as a decimal string; none until settled.
    pub block_number: Option<String>,
    /// Why the ledger refused it.
    pub failure: Option<String>,
}

/// `GET /api/v1/wallets/{profileId}/transactions`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransactionsReply {
    /// One page.
    pub transactions: Vec<TransactionView>,
    /// What to pass as `cursor` for the next page; none on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// `GET /api/v1/wallets/{profileId}/dashboard`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WalletDashboardReply {
    /// The wallet with its figures.
    pub wallet: WalletBalance,
    /// The ten newest settled lines.
    pub recent_transactions: Vec<TransactionView>,
    /// Own payments that are not settled yet, newest first, at most ten.
    pub pending_transactions: Vec<TransactionView>,
}

/// What a payment is for; the fee depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PaymentType {
    /// Between two people; what people can send.
    #[default]
    #[serde(rename = "P2P")]
    P2P,
    /// A person pays a business.
    #[serde(rename = "MERCHANT")]
    Merchant,
    /// A government body takes part.
    #[serde(rename = "GOVERNMENT")]
    Government,
    /// Between two businesses.
    #[serde(rename = "B2B")]
    B2B,
}

/// Whether payer and receiver belong to one country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PaymentScope {
    /// Both in one country.
    Local,
    /// In two countries.
    CrossBorder,
}

/// `GET /api/v1/fees/quote`: what a payment would cost now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeeQuote {
    /// What the payment is for.
    #[serde(rename = "type")]
    pub kind: PaymentType,
    /// Local or cross-border.
    pub scope: PaymentScope,
    /// What the receiver gets.
    pub amount: Qirat,
    /// What the payer pays on top; pass it as `expectedFee`.
    pub fee: Qirat,
    /// Amount and fee together.
    pub total: Qirat,
    /// The rate, in basis points of the amount; the fee is rounded up, with a minimum.
    pub fee_rate_bps: u16,
    /// The payer's country.
    pub sender_country: CountryCode,
    /// The receiver's country.
    pub recipient_country: CountryCode,
    /// Who would be paid; masked for people one has not dealt with.
    pub recipient_name: String,
}

/// `POST /api/v1/transfers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferRequest {
    /// The receiver: a GX id or a profile id.
    #[serde(rename = "toID")]
    #[cfg_attr(feature = "openapi", schema(min_length = 20, max_length = 36, example = "GB CF1 ABF248 0ABCD 1234"))]
    pub to_id: String,
    /// What the receiver gets, above zero.
    #[cfg_attr(feature = "openapi", schema(value_type = AmountTyped))]
    pub amount: Qirat,
    /// What the payment is for, for both sides; 1–200 characters, no control characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub reason: String,
    /// The fee that the payer was shown. If it is another one by now, the answer is 409 `FEE_CHANGED` and nothing moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<FeeTyped>))]
    pub expected_fee: Option<Qirat>,
    /// What confirms it, from the step-up amount on. Without it such a payment is refused with 403 and the kind of proof
    /// that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::api::objects::one")]
    pub step_up: Option<StepUp>,
}

/// `GET /api/v1/people/lookup`: someone who can be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonFound {
    /// What to pass as `toID`.
    pub profile_id: ProfileId,
    /// The name, masked (`A•••• J••••••`) until one has paid or been paid by this person.
    pub name: String,
    /// Whether `name` is masked.
    pub masked: bool,
    /// Whether the person can be paid now.
    pub payable: bool,
}

/// `GET /api/v1/treasury/{countryCode}/balance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TreasuryBalanceReply {
    /// The treasury with its figures.
    pub balance: TreasuryBalance,
}

/// What a country's treasury holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TreasuryBalance {
    /// ISO 3166 alpha-2 code.
    pub country_code: CountryCode,
    /// Name for people.
    pub country_name: String,
    /// Its account on the ledger.
    pub account_id: AccountId,
    /// What it holds: settled and unswept together.
    pub balance: Qirat,
    /// What is in the balance on the ledger.
    pub settled: Qirat,
    /// Credits on the ledger that no sweep has added to the balance yet.
    pub unswept: Qirat,
    /// Whether it may be used; locked until an administrator unlocks it.
    pub status: AccountStatus,
    /// When the ledger last changed it; none before the first citizen is registered.
    pub updated_at: Option<Timestamp>,
}
