//! What people set up for themselves: contacts, limits, preferences; and what they read about their money over time.

use serde::{Deserialize, Serialize};

use super::identity::Change;
use crate::{NotificationKind, ProfileId, Qirat, Timestamp};

/// `GET /api/v1/contacts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactsReply {
    /// Favourites first, then the oldest. At most 500, which is all that there can be.
    pub contacts: Vec<ContactView>,
}

/// Somebody whom a person pays often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactView {
    /// Who.
    pub profile_id: ProfileId,
    /// What the owner of the list calls them.
    pub own_name: Option<String>,
    /// Name of the profile; masked until one has paid or been paid.
    pub name: String,
    /// Whether the name is masked.
    pub masked: bool,
    /// Whether they stand first.
    pub favourite: bool,
    /// Whether they can be paid now.
    pub payable: bool,
    /// When they were added.
    pub created_at: Timestamp,
}

/// `POST /api/v1/contacts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewContact {
    /// Who, as looking them up has answered.
    pub profile_id: ProfileId,
    /// What to call them; by their own name when absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 60))]
    pub own_name: Option<String>,
    /// Whether they stand first.
    #[serde(default)]
    pub favourite: bool,
}

/// `PATCH /api/v1/contacts/{profileId}`: only the fields present change; `null` takes the own name away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactPatch {
    /// What to call them.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required = false))]
    pub own_name: Change<String>,
    /// Whether they stand first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<bool>,
}

/// `GET` and `PATCH /api/v1/limits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsReply {
    /// What a single payment may take at most, fee included.
    pub per_payment: LimitView,
    /// What all payments of 24 hours together may take at most, fees included.
    pub per_day: LimitView,
    /// What was paid in the last 24 hours, or is on its way, fees included.
    pub spent: Qirat,
    /// What is left of the limit for a day; none without one.
    pub left: Option<Qirat>,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitView {
    /// The limit; none when payments are not limited.
    pub amount: Option<Qirat>,
    /// A raise that was asked for.
    pub next: Option<NextLimit>,
}

/// A limit that will hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextLimit {
    /// The limit; none when payments will not be limited.
    pub amount: Option<Qirat>,
    /// Since when.
    pub from: Timestamp,
}

/// `PATCH /api/v1/limits`: only the fields present change; `null` takes a limit away. What is lower holds at once, what is
/// higher after 24 hours; asking for the present limit takes a waiting raise back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsPatch {
    /// What a single payment may take at most.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Qirat>, required = false))]
    pub per_payment: Change<Qirat>,
    /// What all payments of 24 hours may take at most.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Qirat>, required = false))]
    pub per_day: Change<Qirat>,
}

/// `GET /api/v1/wallets/{profileId}/balance/series`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BalanceSeries {
    /// A point for each day, the oldest first; the last one is now.
    pub points: Vec<BalancePoint>,
}

/// What was in a wallet at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BalancePoint {
    /// The day, UTC, `YYYY-MM-DD`.
    #[cfg_attr(feature = "openapi", schema(format = "date"))]
    pub day: String,
    /// Settled balance at its end.
    pub balance: Qirat,
}

/// `GET /api/v1/wallets/{profileId}/statement`: a month in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementReply {
    /// The month, UTC, `YYYY-MM`.
    pub month: String,
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// Whether it is over.
    pub complete: bool,
    /// Balance before its first payment.
    pub opening: Qirat,
    /// Balance after its last payment.
    pub closing: Qirat,
    /// What came in, in Qirat, as a decimal string.
    pub came_in: String,
    /// What went out without fees, in Qirat, as a decimal string.
    pub went_out: String,
    /// Fees, in Qirat, as a decimal string.
    pub fees: String,
    /// Lines of the history.
    pub lines: u64,
}

/// `GET` and `PUT /api/v1/notifications/preferences`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreferencesReply {
    /// Every kind of notification.
    pub preferences: Vec<PreferenceView>,
}

/// How a person is told of a kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreferenceView {
    /// What about.
    #[serde(rename = "type")]
    pub kind: NotificationKind,
    /// In the wallet.
    pub in_app: bool,
    /// Whether the wallet may be left out; never for money, security and the approval.
    pub in_app_optional: bool,
    /// By mail.
    pub mail: bool,
}

/// `PUT /api/v1/notifications/preferences`: kinds that are not named stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreferencesRequest {
    /// Choices, each kind once.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 20))]
    #[serde(deserialize_with = "crate::text::objects")]
    pub preferences: Vec<PreferenceChoice>,
}

/// A choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreferenceChoice {
    /// What about.
    #[serde(rename = "type")]
    pub kind: NotificationKind,
    /// In the wallet; as it is when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_app: Option<bool>,
    /// By mail; as it is when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<bool>,
}
