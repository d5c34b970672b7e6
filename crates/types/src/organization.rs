//! Organisations as the ledger knows them: who decides over how much, and the names of their transactions.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AccountType, GxId, Qirat, Timestamp, TxId};

const PREFIX: &str = "ORGTX-";

/// Who decides over amounts from a threshold on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthRule {
    /// It decides over amounts from here on, up to the next higher threshold; Qirat.
    pub amount_threshold: Qirat,
    /// How many of the group must approve.
    pub required_approvers: u8,
    /// Who may approve: stakeholders, each once.
    pub approver_group: Vec<GxId>,
}

/// A rule that waits for the agreement of every stakeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProposedRule {
    /// The rule.
    pub rule: AuthRule,
    /// Who has agreed.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<GxId>))]
    pub agreed: BTreeSet<GxId>,
}

/// A person who belongs to an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Stakeholder {
    /// Who.
    pub gx_id: GxId,
    /// When the person endorsed the organisation; absent before.
    pub endorsed_at: Option<Timestamp>,
}

/// What a stakeholder decided over a transaction of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrgDecision {
    /// Who.
    pub stakeholder: GxId,
    /// Whether the stakeholder approved; otherwise rejected or withdrew.
    pub approved: bool,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// When.
    pub decided_at: Timestamp,
}

/// The text names no transaction of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a transaction of an organisation is named ORGTX- and 64 lower-case hexadecimal characters")]
pub struct OrgTxIdError;

/// The id of a transaction that an organisation's people decide over: `ORGTX-` and the ledger transaction that initiated
/// it, so that every endorser makes the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgTxId(TxId);

impl OrgTxId {
    /// What a ledger transaction initiated.
    #[must_use]
    pub const fn of(tx_id: TxId) -> Self {
        Self(tx_id)
    }
}

impl FromStr for OrgTxId {
    type Err = OrgTxIdError;

    fn from_str(text: &str) -> Result<Self, OrgTxIdError> {
        let hex = text.strip_prefix(PREFIX).ok_or(OrgTxIdError)?;
        hex.parse().map(Self).map_err(|_| OrgTxIdError)
    }
}

impl fmt::Display for OrgTxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl fmt::Debug for OrgTxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for OrgTxId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OrgTxId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(feature = "openapi")]
crate::api::string_schema!(
    OrgTxId,
    "^ORGTX-[0-9a-f]{64}$",
    "Id of a transaction of an organisation",
    "ORGTX-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
);

impl AccountType {
    /// Whether an organisation of several people may have it: businesses, public bodies, trusts, and temporary ones.
    #[must_use]
    pub fn is_organization(self) -> bool {
        matches!(self.digit(), '1'..='9' | 'A' | 'E')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_of_an_organisation_has_one_spelling() {
        let id = OrgTxId::of("ab".repeat(32).parse().unwrap());
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "ORGTX-", "ORGTX-x", &"ab".repeat(32), &id.to_string().to_lowercase(), &format!("{id} ")] {
            assert_eq!(bad.parse::<OrgTxId>(), Err(OrgTxIdError), "{bad:?}");
        }
    }

    #[test]
    fn reserved_types_and_people_are_no_organisations() {
        for digit in "0123456789ABCDEF".chars() {
            let may = AccountType::from_digit(digit).unwrap().is_organization();
            assert_eq!(may, !"0BCDF".contains(digit), "{digit}");
        }
    }
}
