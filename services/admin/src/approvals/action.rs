//! Everything that waits for a second person, as data: kept with the approval, done when it is executed.

use gx_contracts::pools::Pool;
use gx_types::api::admin::FreezeReason;
use gx_types::{AdminId, AdminRole, ApprovalType, AuditObject, CountryCode, GxId, ProfileId, Qirat};
use serde::{Deserialize, Serialize};

/// Something that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum Action {
    /// Freezes a person's account.
    UserFreeze { profile_id: ProfileId, reason: FreezeReason, notes: Option<String> },
    /// Releases a frozen account.
    UserUnfreeze { profile_id: ProfileId },
    /// Stops every movement of coins.
    SystemPause { reason: String },
    /// Brings up a new ledger.
    SystemBootstrap {},
    /// Puts countries on the ledger; none named: all that are missing.
    CountryInitialize { codes: Option<Vec<CountryCode>> },
    /// Unlocks a treasury.
    TreasuryActivate { country: CountryCode },
    /// Pays out of a pool.
    TreasuryDisburse { pool: Pool, to: GxId, amount: Qirat, remark: String },
    /// Changes a parameter of the ledger.
    ConfigChange { parameter: String, value: String },
    /// Records an administrator on the ledger.
    AdminAppoint { admin_id: AdminId },
    /// Makes an administrator.
    AdminCreate { username: String, email: String, display_name: String, role: AdminRole },
    /// Changes an administrator's role.
    AdminRoleChange { admin_id: AdminId, new_role: AdminRole, reason: String },
    /// Shuts an administrator out.
    AdminDisable { admin_id: AdminId, reason: String },
    /// Lets an administrator in again.
    AdminEnable { admin_id: AdminId, reason: String },
    /// Takes away a lost second factor.
    AdminMfaReset { admin_id: AdminId },
}

impl Action {
    pub(crate) const fn kind(&self) -> ApprovalType {
        match self {
            Self::UserFreeze { .. } => ApprovalType::UserFreeze,
            Self::UserUnfreeze { .. } => ApprovalType::UserUnfreeze,
            Self::SystemPause { .. } => ApprovalType::SystemPause,
            Self::SystemBootstrap {} => ApprovalType::SystemBootstrap,
            Self::CountryInitialize { .. } => ApprovalType::CountryInitialize,
            Self::TreasuryActivate { .. } => ApprovalType::TreasuryActivate,
            Self::TreasuryDisburse { .. } => ApprovalType::TreasuryDisburse,
            Self::ConfigChange { .. } => ApprovalType::ConfigChange,
            Self::AdminAppoint { .. } => ApprovalType::AdminAppoint,
            Self::AdminCreate { .. } => ApprovalType::AdminCreate,
            Self::AdminRoleChange { .. } => ApprovalType::AdminRoleChange,
            Self::AdminDisable { .. } => ApprovalType::AdminDisable,
            Self::AdminEnable { .. } => ApprovalType::AdminEnable,
            Self::AdminMfaReset { .. } => ApprovalType::AdminMfaReset,
        }
    }

    /// What nobody else may ask for while this one is open.
    pub(crate) fn hold_key(&self) -> String {
        match self {
            Self::UserFreeze { profile_id, .. } | Self::UserUnfreeze { profile_id } => format!("person:{profile_id}"),
            Self::SystemPause { .. } => "system:pause".to_owned(),
            Self::SystemBootstrap {} => "system:bootstrap".to_owned(),
            Self::CountryInitialize { .. } => "system:countries".to_owned(),
            Self::TreasuryActivate { country } => format!("treasury:{country}"),
            // One at a time, so that two together never pay out more than the pool has.
            Self::TreasuryDisburse { pool, .. } => format!("pool:{pool}"),
            Self::ConfigChange { parameter, .. } => format!("parameter:{parameter}"),
            Self::AdminAppoint { admin_id } => format!("appointment:{admin_id}"),
            Self::AdminCreate { username, .. } => format!("admin-name:{username}"),
            Self::AdminRoleChange { admin_id, .. }
            | Self::AdminDisable { admin_id, .. }
            | Self::AdminEnable { admin_id, .. }
            | Self::AdminMfaReset { admin_id } => format!("admin:{admin_id}"),
        }
    }

    pub(crate) fn object(&self) -> AuditObject {
        match self {
            Self::UserFreeze { profile_id, .. } | Self::UserUnfreeze { profile_id } => AuditObject::Person(*profile_id),
            Self::SystemPause { .. }
            | Self::SystemBootstrap {}
            | Self::CountryInitialize { .. }
            | Self::AdminCreate { .. } => AuditObject::System,
            Self::TreasuryActivate { country } => AuditObject::Country(*country),
            Self::TreasuryDisburse { pool, .. } => AuditObject::Pool(pool.as_str().to_owned()),
            Self::ConfigChange { parameter, .. } => AuditObject::Parameter(parameter.clone()),
            Self::AdminAppoint { admin_id }
            | Self::AdminRoleChange { admin_id, .. }
            | Self::AdminDisable { admin_id, .. }
            | Self::AdminEnable { admin_id, .. }
            | Self::AdminMfaReset { admin_id } => AuditObject::Admin(*admin_id),
        }
    }

    /// What will be done, in a sentence for whoever decides.
    pub(crate) fn summary(&self) -> String {
        match self {
            Self::UserFreeze { profile_id, reason, notes } => {
                let notes = notes.as_deref().map(|notes| format!(" ({notes})")).unwrap_or_default();
                format!("Freeze the account of person {profile_id}: {}{notes}.", reason.as_str())
            }
            Self::UserUnfreeze { profile_id } => format!("Release the frozen account of person {profile_id}."),
            Self::SystemPause { reason } => format!("Stop every movement of coins: {reason}"),
            Self::SystemBootstrap {} => "Bring up a new ledger.".to_owned(),
            Self::CountryInitialize { codes: None } => "Put every country on the ledger that is missing.".to_owned(),
            Self::CountryInitialize { codes: Some(codes) } => {
                let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
                format!("Put countries on the ledger: {}.", codes.join(", "))
            }
            Self::TreasuryActivate { country } => format!("Unlock the treasury of {country}."),
            Self::TreasuryDisburse { pool, to, amount, remark } => {
                format!("Pay {} out of the pool {pool} to {to}: {remark}", amount.display_gx())
            }
            Self::ConfigChange { parameter, value } => format!("Set the parameter {parameter} to {value}."),
            Self::AdminAppoint { admin_id } => format!("Record administrator {admin_id} on the ledger."),
            Self::AdminCreate { username, role, .. } => format!("Make {username} an administrator of role {role}."),
            Self::AdminRoleChange { admin_id, new_role, reason } => {
                format!("Change the role of administrator {admin_id} to {new_role}: {reason}")
            }
            Self::AdminDisable { admin_id, reason } => format!("Shut administrator {admin_id} out: {reason}"),
            Self::AdminEnable { admin_id, reason } => format!("Let administrator {admin_id} in again: {reason}"),
            Self::AdminMfaReset { admin_id } => {
                format!("Take away the second factor of administrator {admin_id}, who sets up another.")
            }
        }
    }

    /// What the audit chain says of the request: figures and codes, no names and no addresses.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::UserFreeze { reason, .. } => vec![("reason", reason.as_str().to_owned())],
            Self::UserUnfreeze { .. }
            | Self::SystemPause { .. }
            | Self::SystemBootstrap {}
            | Self::TreasuryActivate { .. }
            | Self::AdminAppoint { .. }
            | Self::AdminDisable { .. }
            | Self::AdminEnable { .. }
            | Self::AdminMfaReset { .. } => Vec::new(),
            Self::CountryInitialize { codes } => {
                let codes = codes.as_ref().map(|codes| codes.iter().map(ToString::to_string).collect::<Vec<_>>());
                vec![("countries", codes.map_or_else(|| "all that are missing".to_owned(), |codes| codes.join(" ")))]
            }
            Self::TreasuryDisburse { to, amount, .. } => vec![("amount", amount.to_string()), ("to", to.to_string())],
            Self::ConfigChange { value, .. } => vec![("value", value.clone())],
            Self::AdminCreate { role, .. } => vec![("role", role.to_string())],
            Self::AdminRoleChange { new_role, .. } => vec![("role", new_role.to_string())],
        }
    }

    /// Whether the ledger decides it in the end.
    pub(crate) const fn needs_ledger(&self) -> bool {
        !matches!(
            self,
            Self::AdminCreate { .. }
                | Self::AdminRoleChange { .. }
                | Self::AdminDisable { .. }
                | Self::AdminEnable { .. }
                | Self::AdminMfaReset { .. }
        )
    }
}
