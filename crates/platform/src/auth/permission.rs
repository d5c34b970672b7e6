//! What administrators may do: permissions, roles, and which role holds which permission.
//!
//! **A new permission:** a member of [`Permission`], used by at least one route (a test looks), and its place in the
//! grants below. Nothing else decides: a route declares its permission, the gate of the route compares.

use gx_types::AdminRole;
use serde::Serialize;

/// How much harm a permission can do in wrong hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Risk {
    /// Reads without personal data.
    Low,
    /// Reads personal data, or changes what can be changed back.
    Medium,
    /// Touches what people can do with their coins.
    High,
    /// Touches the whole system.
    Critical,
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $risk:ident, mfa: $mfa:literal, approval: $approval:literal;)*) => {
        /// One thing that an administrator may be allowed to do. Only codes that a route uses exist.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $($(#[$doc])* $variant,)*
        }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code, as tables and answers show it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// How much harm it can do.
            #[must_use]
            pub const fn risk(self) -> Risk {
                match self { $(Self::$variant => Risk::$risk,)* }
            }

            /// Whether its use is meant for sessions that passed a second factor.
            #[must_use]
            pub const fn requires_mfa(self) -> bool {
                match self { $(Self::$variant => $mfa,)* }
            }

            /// Whether its use waits for a second person. The gate sees to it: such a route gets a `Requester`.
            #[must_use]
            pub const fn requires_approval(self) -> bool {
                match self { $(Self::$variant => $approval,)* }
            }
        }
    };
}

permissions! {
    /// See people, their states and documents.
    UserView = "user:view:all", Low, mfa: false, approval: false;
    /// Approve a person's registration.
    UserApprove = "user:approve:all", Medium, mfa: true, approval: false;
    /// Deny a person's registration.
    UserReject = "user:reject:all", Medium, mfa: true, approval: false;
    /// Freeze a person's account.
    UserFreeze = "user:freeze:all", High, mfa: true, approval: true;
    /// Release a frozen account.
    UserUnfreeze = "user:unfreeze:all", High, mfa: true, approval: true;
    /// See system status, parameters and the outbox.
    SystemHealth = "system:health:view", Low, mfa: false, approval: false;
    /// Stop every movement of coins.
    SystemPause = "system:pause:all", Critical, mfa: true, approval: true;
    /// Let coins move again.
    SystemResume = "system:resume:all", High, mfa: true, approval: false;
    /// See where a command stands.
    CommandView = "command:view:all", Low, mfa: false, approval: false;
    /// Put a dead command back on its way.
    OutboxReplay = "outbox:replay:all", High, mfa: true, approval: false;
    /// Bring up a new ledger, activate treasuries.
    SystemBootstrap = "system:bootstrap:all", Critical, mfa: true, approval: true;
    /// Load countries onto the ledger.
    CountryManage = "config:country:manage", High, mfa: true, approval: true;
    /// Change a parameter of the ledger.
    ParameterSet = "config:limit:set", High, mfa: true, approval: true;
    /// See administrators.
    AdminView = "admin:view:all", Low, mfa: false, approval: false;
    /// Make an administrator, appoint one on the ledger.
    AdminCreate = "admin:create:all", High, mfa: true, approval: true;
    /// Change an administrator's role.
    AdminRoleAssign = "admin:role:assign", High, mfa: true, approval: true;
    /// Shut an administrator out.
    AdminDisable = "admin:delete:all", Critical, mfa: true, approval: true;
    /// Let an administrator in again who was shut out.
    AdminEnable = "admin:update:all", High, mfa: true, approval: true;
    /// Take away an administrator's lost second factor.
    AdminMfaReset = "admin:mfa:reset", High, mfa: true, approval: true;
    /// Pay out of a pool.
    TreasuryDisburse = "treasury:transfer:external", Critical, mfa: true, approval: true;
    /// See what waits for a second person, as far as one may do it oneself.
    ApprovalView = "approval:view:all", Low, mfa: false, approval: false;
    /// Approve or reject what another administrator asked for.
    ApprovalVote = "approval:approve:all", High, mfa: true, approval: false;
    /// Execute what was approved.
    ApprovalExecute = "approval:execute:all", High, mfa: true, approval: false;
    /// See webhooks and what is on its way to them.
    WebhookView = "webhook:view:all", Low, mfa: false, approval: false;
    /// Make a webhook.
    WebhookCreate = "webhook:create:all", Medium, mfa: true, approval: false;
    /// Change a webhook, give it another secret, send something again.
    WebhookUpdate = "webhook:update:all", Medium, mfa: true, approval: false;
    /// Delete a webhook.
    WebhookDelete = "webhook:delete:all", Medium, mfa: true, approval: false;
    /// Send a webhook a test.
    WebhookTest = "webhook:test:all", Low, mfa: false, approval: false;
    /// Look things up in the audit chain, and check it.
    AuditView = "audit:view:all", Low, mfa: false, approval: false;
    /// Export the audit chain.
    AuditExport = "audit:export:all", Medium, mfa: true, approval: false;
    /// See counters and supply.
    DashboardView = "report:view:dashboard", Low, mfa: false, approval: false;
}

impl Permission {
    /// Whether `role` holds this permission. One exhaustive table.
    #[must_use]
    pub const fn granted_to(self, role: AdminRole) -> bool {
        use AdminRole::{Admin, Auditor, Developer, Moderator, SuperAdmin, SuperOwner};
        match self {
            Self::UserView | Self::CommandView => true,
            Self::UserApprove | Self::UserReject => matches!(role, SuperOwner | SuperAdmin | Admin | Moderator),
            Self::UserFreeze | Self::UserUnfreeze => matches!(role, SuperOwner | SuperAdmin),
            Self::SystemHealth => matches!(role, SuperOwner | SuperAdmin | Admin | Developer),
            Self::OutboxReplay | Self::ParameterSet | Self::AdminCreate => matches!(role, SuperOwner | SuperAdmin),
            Self::SystemPause
            | Self::SystemResume
            | Self::SystemBootstrap
            | Self::CountryManage
            | Self::AdminRoleAssign
            | Self::AdminDisable
            | Self::AdminEnable
            | Self::AdminMfaReset
            | Self::TreasuryDisburse => matches!(role, SuperOwner),
            Self::ApprovalView | Self::ApprovalVote | Self::ApprovalExecute => matches!(role, SuperOwner | SuperAdmin),
            Self::WebhookView | Self::WebhookTest => matches!(role, SuperOwner | SuperAdmin | Admin | Developer),
            Self::WebhookCreate | Self::WebhookUpdate => matches!(role, SuperOwner | SuperAdmin | Developer),
            Self::WebhookDelete => matches!(role, SuperOwner | SuperAdmin),
            Self::AuditView => !matches!(role, Developer),
            Self::AuditExport => matches!(role, SuperOwner | SuperAdmin | Auditor),
            Self::AdminView => matches!(role, SuperOwner | SuperAdmin | Admin),
            Self::DashboardView => matches!(role, SuperOwner | SuperAdmin | Admin | Moderator | Auditor),
        }
    }

    /// Everything that `role` holds.
    pub fn of_role(role: AdminRole) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |permission| permission.granted_to(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_holds_everything_and_the_auditor_changes_nothing() {
        assert_eq!(Permission::of_role(AdminRole::SuperOwner).count(), Permission::ALL.len());
        let auditor: Vec<_> = Permission::of_role(AdminRole::Auditor).map(Permission::code).collect();
        let expected =
            ["user:view:all", "command:view:all", "audit:view:all", "audit:export:all", "report:view:dashboard"];
        assert_eq!(auditor, expected);
    }

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = Permission::ALL.iter().map(|permission| permission.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Permission::ALL.len());
    }
}
