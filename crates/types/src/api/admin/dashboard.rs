//! Figures and series for administrators.

use serde::{Deserialize, Serialize};

use super::system::{StatusCount, SystemState};
use crate::{CountryCode, QiratSum, Timestamp};

/// `GET /api/v1/admin/dashboard/stats`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DashboardStats {
    /// People with an account.
    pub total_users: u64,
    /// People whom the ledger has registered and who may pay.
    pub active_users: u64,
    /// People who registered and are not decided about yet: their documents are missing, or wait for approval.
    pub pending_approval: u64,
    /// People who are approved and not registered on the ledger yet.
    pub pending_onchain: u64,
    /// People whose account is frozen.
    pub frozen_users: u64,
    /// People who were denied.
    pub denied_users: u64,
    /// Settled payments between people.
    pub total_transactions: u64,
    /// Of them today, UTC.
    pub today_transactions: u64,
    /// Of them in the last seven days, today included.
    pub week_transactions: u64,
    /// Wallets.
    pub total_wallets: u64,
    /// Administrators, also those who were shut out.
    pub total_admins: u64,
    /// Administrators whose account may be used.
    pub active_admins: u64,
    /// Approvals that wait for a second person.
    pub pending_approvals: u64,
    /// Countries of the distribution.
    pub total_countries: u64,
    /// Whether coins can move.
    pub system_status: SystemState,
}

/// A day of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayFigure {
    /// The day, `YYYY-MM-DD`, UTC.
    pub date: String,
    /// How many: on that day, or in all until its end.
    pub count: u64,
    /// How much was paid, Qirat; of payments only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<QiratSum>,
}

/// A series by day, the oldest first, without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DaySeries {
    /// The days.
    pub days: Vec<DayFigure>,
}

/// People of a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CountryCount {
    /// The country.
    pub country_code: CountryCode,
    /// How many people.
    pub count: u64,
}

/// `GET /api/v1/admin/dashboard/user-distribution`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserDistribution {
    /// People by state.
    pub by_status: Vec<StatusCount>,
    /// The ten countries with the most people.
    pub by_country: Vec<CountryCount>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// What: an event of the audit chain.
    pub event: crate::AuditEvent,
    /// The same in a sentence.
    pub label: String,
    /// To what.
    pub object: crate::AuditObject,
    /// When.
    pub at: Timestamp,
}

/// `GET /api/v1/admin/dashboard/recent-activity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecentActivity {
    /// The newest first.
    pub activities: Vec<Activity>,
}
