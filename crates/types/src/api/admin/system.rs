//! The system: status, parameters, countries, counters.

use serde::{Deserialize, Serialize};

use super::outbox::OutboxDepth;
use super::supply::PhaseStats;
use crate::{CountryCode, PersonStatus, Qirat, Sha256Hex, Timestamp};

/// Whether coins can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SystemState {
    /// No ledger was ever bound.
    NotBound,
    /// The ledger is bound and was not bootstrapped.
    NotBootstrapped,
    /// Coins can move.
    Operational,
    /// An administrator has stopped every movement.
    Paused,
    /// The ledger does not answer; what is asked of it waits.
    LedgerUnreachable,
}

/// `GET /api/v1/admin/system/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SystemStatus {
    /// Whether coins can move.
    pub status: SystemState,
    /// Why the system is paused.
    pub pause_reason: Option<String>,
    /// People with an account.
    pub total_users: u64,
    /// Administrators whose account may be used.
    pub active_admins: u64,
    /// Countries of which people are registered on the ledger.
    pub countries_with_users: u64,
    /// The ledger at its last heartbeat; none while no ledger was ever bound.
    pub ledger: Option<LedgerStatus>,
    /// Commands on their way.
    pub outbox: OutboxDepth,
}

/// The ledger at its last heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerStatus {
    /// Hash of its first block.
    pub fingerprint: Sha256Hex,
    /// Number of its newest block, as a decimal string.
    pub height: String,
    /// Number of the newest block in the read model, as a decimal string; none before the first.
    pub projected_height: Option<String>,
    /// Whether it answers: it did at the last heartbeat, and that was a moment ago.
    pub reachable: bool,
    /// Why it does not.
    pub reason: Option<String>,
    /// When its holder last said anything.
    pub heartbeat_at: Timestamp,
    /// Time of its newest block.
    pub last_block_at: Option<Timestamp>,
    /// The organisations that endorse.
    pub endorsing_orgs: Vec<String>,
}

/// `POST /api/v1/admin/system/pause`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PauseRequest {
    /// Why, for everyone to read.
    #[cfg_attr(feature = "openapi", schema(min_length = 10, max_length = 200))]
    pub reason: String,
}

/// `POST /api/v1/admin/parameters`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetParameterRequest {
    /// Name of the parameter.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100, example = "disbursementMaxGx"))]
    pub param_id: String,
    /// New value as text.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 20_000, example = "100000000"))]
    pub new_value: String,
}

/// The type of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ParameterType {
    /// A whole number, as a decimal string.
    Integer,
    /// A JSON object, as text.
    Json,
    /// `true` or `false`.
    Boolean,
}

/// A parameter of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParameterView {
    /// Name.
    pub param_id: String,
    /// Value as text: the one on the ledger, or the one that the contracts begin with.
    pub value: String,
    /// What it decides.
    pub description: String,
    /// Type of the value.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// What a whole number counts, for example `GX` or `Qirat`.
    pub unit: Option<String>,
    /// Smallest whole number, as a decimal string.
    pub minimum: Option<String>,
    /// Largest whole number, as a decimal string.
    pub maximum: Option<String>,
    /// Value that the contracts begin with.
    pub initial_value: String,
    /// Whether `POST /api/v1/admin/parameters` may change it; the others are part of the contracts, or have routes of
    /// their own.
    pub changeable: bool,
    /// Block that wrote the value, as a decimal string; none for what is part of the contracts, and before the bootstrap.
    pub updated_block: Option<String>,
    /// When it was written.
    pub updated_at: Option<Timestamp>,
}

/// `GET /api/v1/admin/parameters`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParametersReply {
    /// What can be changed first, then what is part of the contracts.
    pub parameters: Vec<ParameterView>,
}

/// `POST /api/v1/admin/countries/initialize`. Names and shares come from the platform's own table, which alone has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InitializeCountriesRequest {
    /// Which countries; every one that is not on the ledger yet when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::api::objects::list")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 234))]
    pub countries_data: Option<Vec<CountryData>>,
}

/// A country to put on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CountryData {
    /// ISO 3166 alpha-2 code.
    pub code: CountryCode,
}

/// `POST /api/v1/admin/treasury/activate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivateTreasuryRequest {
    /// Whose treasury.
    pub country_code: CountryCode,
}

/// `GET /api/v1/admin/countries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminCountryList {
    /// Every country, by name.
    pub countries: Vec<AdminCountry>,
}

/// A country in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminCountry {
    /// ISO 3166 alpha-2 code.
    pub country_code: CountryCode,
    /// Name for people.
    pub country_name: String,
    /// Share of the world in 10⁻⁸.
    pub share_e8: u64,
    /// Whether it is on the ledger.
    pub initialized: bool,
    /// People registered on the ledger.
    pub users: u64,
}

/// `GET /api/v1/admin/countries/{countryCode}/stats`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CountryStats {
    /// The country.
    pub country: AdminCountry,
    /// Granted to its people.
    pub people_granted: Qirat,
    /// Granted to its treasury.
    pub treasury_granted: Qirat,
    /// Settled balance of its treasury; none before its first citizen.
    pub treasury_balance: Option<Qirat>,
    /// Credits of its treasury that no sweep has added to that balance yet; none before its first citizen.
    #[serde(default)]
    pub treasury_unswept: Option<Qirat>,
    /// Slots of each phase.
    pub phases: Vec<PhaseStats>,
    /// People with an account, by status.
    pub people: Vec<StatusCount>,
}

/// How many people have a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusCount {
    /// The status.
    pub status: PersonStatus,
    /// How many.
    pub count: u64,
}

/// `GET /api/v1/admin/counters`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CountersReply {
    /// People with an account.
    pub total_users: u64,
    /// The same, by status.
    pub by_status: Vec<StatusCount>,
    /// People registered on the ledger.
    pub registered_on_ledger: u64,
    /// Lines in all histories.
    pub history_lines: u64,
    /// Q Send requests ever made.
    pub payment_requests: u64,
    /// Administrators whose account may be used.
    pub active_admins: u64,
}
