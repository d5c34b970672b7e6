//! How many coins there are.

use serde::{Deserialize, Serialize};

use crate::{AccountId, CountryCode, Qirat, Timestamp};

/// `GET /api/v1/public/supply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SupplyReply {
    /// The most there can ever be.
    pub max_supply: Qirat,
    /// Made so far.
    pub total_minted: Qirat,
    /// What can still be made.
    pub available_to_mint: Qirat,
    /// Made and not in the hands of the system: with people and treasuries.
    pub circulating_supply: Qirat,
    /// Made so far in percent of the most, two decimals.
    pub minted_percentage: String,
    /// Time of the newest block in these figures; none before the first.
    pub last_updated: Option<Timestamp>,
    /// The pools that coins are made from.
    pub pools: SupplyPools,
}

/// The six pools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SupplyPools {
    /// Grants to people.
    pub user_genesis: PoolFigures,
    /// Grants to treasuries.
    pub govt_genesis: PoolFigures,
    /// Charity.
    pub charitable: PoolFigures,
    /// Loans.
    pub loan: PoolFigures,
    /// Founders and protocol.
    pub gx: PoolFigures,
    /// Operations.
    pub operations: PoolFigures,
}

/// A pool in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PoolFigures {
    /// The most that can be made from it.
    pub cap: Qirat,
    /// Made so far.
    pub minted: Qirat,
    /// Made so far in percent of the most, two decimals.
    pub percentage: String,
}

/// `GET /api/v1/admin/supply/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SupplyStatus {
    /// The public figures.
    pub supply: SupplyReply,
    /// The pools with their accounts.
    pub pools: Vec<PoolView>,
}

/// `GET /api/v1/admin/supply/pools/{poolId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PoolView {
    /// `USER_GENESIS`, `GOVT_GENESIS`, `CHARITABLE`, `LOAN`, `GX` or `OPERATIONS`.
    pub pool_id: String,
    /// Its account on the ledger.
    pub account_id: AccountId,
    /// The most that can be made from it.
    pub cap: Qirat,
    /// Made so far.
    pub minted: Qirat,
    /// What lies on its account: repayments and, for operations, fees.
    pub balance: Qirat,
    /// What can be paid out of it: what was not made yet and what lies on its account.
    pub free: Qirat,
    /// Block of the last change, as a decimal string.
    pub updated_block: String,
}

/// `GET /api/v1/admin/supply/countries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CountrySupplyList {
    /// Every country on the ledger, by name.
    pub countries: Vec<CountrySupply>,
}

/// What a country was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CountrySupply {
    /// ISO 3166 alpha-2 code.
    pub country_code: CountryCode,
    /// Name for people.
    pub country_name: String,
    /// People registered on the ledger.
    pub users: u64,
    /// Granted to its people.
    pub people_granted: Qirat,
    /// Granted to its treasury.
    pub treasury_granted: Qirat,
    /// Slots of each phase.
    pub phases: Vec<PhaseStats>,
}

/// A genesis phase of a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhaseStats {
    /// 1 to 6.
    pub phase: u8,
    /// Slots in all.
    pub slots: u64,
    /// Slots that are used.
    pub granted: u64,
    /// What a person of this phase is granted.
    pub user_grant: Qirat,
}
