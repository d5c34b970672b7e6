//! Every function of every contract, once: its name, who may call it, its arguments in order. The dispatcher, the command
//! registry and the tests read this table.

use std::fmt;

use crate::call::Call;
use crate::host::Role;

/// Who may call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It writes; exactly this role may call it.
    Write(Role),
    /// It reads; every role may call it, a signer without role may not.
    Read,
}

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $access:expr, [$($argument:literal),*];)*) => {
        /// A function of a contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Function {
            $($(#[$doc])* $variant,)*
        }

        impl Function {
            /// Every function.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// `Contract:Function`, as a proposal names it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Who may call it.
            #[must_use]
            pub const fn access(self) -> Access {
                match self { $(Self::$variant => $access,)* }
            }

            /// Its arguments in order; `key`, the ledger key, is the last one of every function that writes.
            #[must_use]
            pub const fn arguments(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($argument),*],)* }
            }

            /// Reads the name back; `None` for any other text.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

const SUPER: Access = Access::Write(Role::SuperAdmin);
const ADMIN: Access = Access::Write(Role::Admin);
const PARTNER: Access = Access::Write(Role::PartnerApi);
const READ: Access = Access::Read;

functions! {
    /// First parameters and pools; once per ledger.
    BootstrapSystem = "AdminContract:BootstrapSystem", SUPER, ["key"];
    /// Puts countries and their treasuries on the ledger.
    InitializeCountryData = "AdminContract:InitializeCountryData", SUPER, ["countries", "key"];
    /// Changes a registered parameter.
    UpdateSystemParameter = "AdminContract:UpdateSystemParameter", SUPER, ["parameter", "value", "key"];
    /// Refuses every writing function but those that `Function::runs_while_paused` names.
    PauseSystem = "AdminContract:PauseSystem", SUPER, ["reason", "key"];
    /// Ends a pause.
    ResumeSystem = "AdminContract:ResumeSystem", SUPER, ["key"];
    /// Records an administrator.
    AppointAdmin = "AdminContract:AppointAdmin", SUPER, ["adminId", "key"];
    /// Unlocks the treasury of a country.
    ActivateTreasuryAccount = "AdminContract:ActivateTreasuryAccount", ADMIN, ["country", "key"];
    /// Pays from one of the four pools that are not genesis.
    DisburseFromPool = "AdminContract:DisburseFromPool", ADMIN, ["pool", "to", "amount", "remark", "key"];
    /// Pause and bootstrap.
    GetSystemStatus = "AdminContract:GetSystemStatus", READ, [];
    /// The value of a parameter.
    GetParameter = "AdminContract:GetParameter", READ, ["parameter"];
    /// Slots of a country, used and left.
    GetCountryStats = "AdminContract:GetCountryStats", READ, ["country"];
    /// Every country on the ledger.
    ListAllCountries = "AdminContract:ListAllCountries", READ, [];
    /// Registers a person, grants genesis, credits the treasury.
    CreateUser = "IdentityContract:CreateUser", PARTNER, ["userId", "documentHash", "nationality", "age", "shard", "key"];
    /// The record of a person.
    GetUser = "IdentityContract:GetUser", READ, ["userId"];
    /// Whether an id is registered.
    UserExists = "IdentityContract:UserExists", READ, ["userId"];
    /// A payment; the payer pays the fee on top.
    TransferWithFees = "TokenomicsContract:TransferWithFees", ADMIN, ["from", "to", "amount", "transactionType", "remark", "key"];
    /// A transfer without fee.
    TransferInternal = "TokenomicsContract:TransferInternal", ADMIN, ["from", "to", "amount", "transferType", "remark", "key"];
    /// A person's coins stand still.
    FreezeWallet = "TokenomicsContract:FreezeWallet", ADMIN, ["userId", "reason", "key"];
    /// A person's coins move again.
    UnfreezeWallet = "TokenomicsContract:UnfreezeWallet", ADMIN, ["userId", "key"];
    /// Adds named delta entries to the balance of their account.
    SweepDeltas = "TokenomicsContract:SweepDeltas", ADMIN, ["account", "deltaKeys", "key"];
    /// Makes a ledger key unusable, or answers with the receipt it finds there.
    VoidKey = "TokenomicsContract:VoidKey", ADMIN, ["key"];
    /// The settled balance of an account.
    GetBalance = "TokenomicsContract:GetBalance", READ, ["account"];
    /// The balances an account had, newest first.
    GetTransactionHistory = "TokenomicsContract:GetTransactionHistory", READ, ["account"];
    /// What was minted and what may be.
    GetSupplyStatus = "TokenomicsContract:GetSupplyStatus", READ, [];
    /// One pool.
    GetPoolStatus = "TokenomicsContract:GetPoolStatus", READ, ["pool"];
    /// What is stored under a ledger key: a receipt, a void mark, or nothing.
    GetKeyRecord = "TokenomicsContract:GetKeyRecord", READ, ["key"];
    /// A person asks for a loan.
    ApplyForLoan = "LoanPoolContract:ApplyForLoan", PARTNER, ["borrower", "loanAmount", "collateralHash", "key"];
    /// An administrator approves a loan; the second one's approval pays it out.
    ApproveLoan = "LoanPoolContract:ApproveLoan", ADMIN, ["loanId", "approver", "key"];
    /// An administrator declines a loan.
    RejectLoan = "LoanPoolContract:RejectLoan", ADMIN, ["loanId", "approver", "reason", "key"];
    /// A person pays back a loan, in part or whole.
    RepayLoan = "LoanPoolContract:RepayLoan", ADMIN, ["loanId", "borrower", "amount", "key"];
    /// One loan.
    GetLoan = "LoanPoolContract:GetLoan", READ, ["loanId"];
    /// The loans of a person.
    GetMyLoans = "LoanPoolContract:GetMyLoans", READ, ["borrower"];
    /// Proposes an organisation of several people, with its first rules.
    ProposeOrganization = "OrganizationContract:ProposeOrganization", PARTNER,
        ["organizationId", "name", "stakeholder", "stakeholders", "rules", "key"];
    /// A stakeholder endorses an organisation.
    EndorseMembership = "OrganizationContract:EndorseMembership", PARTNER, ["organizationId", "stakeholder", "key"];
    /// A stakeholder activates an organisation that all have endorsed.
    ActivateOrganization = "OrganizationContract:ActivateOrganization", PARTNER, ["organizationId", "stakeholder", "key"];
    /// A stakeholder agrees to a rule; it is in force once all have.
    DefineAuthRule = "OrganizationContract:DefineAuthRule", PARTNER,
        ["organizationId", "stakeholder", "amountThreshold", "requiredApprovers", "approverGroup", "key"];
    /// An administrator locks an organisation.
    LockOrganization = "OrganizationContract:LockOrganization", ADMIN, ["organizationId", "reason", "key"];
    /// An administrator unlocks an organisation.
    UnlockOrganization = "OrganizationContract:UnlockOrganization", ADMIN, ["organizationId", "key"];
    /// A stakeholder initiates a transaction; it is paid at once if nobody else must approve.
    InitiateMultiSigTx = "OrganizationContract:InitiateMultiSigTx", ADMIN,
        ["organizationId", "stakeholder", "receiver", "amount", "remark", "key"];
    /// A stakeholder approves a transaction; the last approval pays it.
    ApproveMultiSigTx = "OrganizationContract:ApproveMultiSigTx", ADMIN, ["orgTxId", "stakeholder", "key"];
    /// A stakeholder rejects a transaction, or its initiator withdraws it.
    RejectMultiSigTx = "OrganizationContract:RejectMultiSigTx", ADMIN, ["orgTxId", "stakeholder", "reason", "key"];
    /// Closes a transaction whose time is up.
    ExpireMultiSigTx = "OrganizationContract:ExpireMultiSigTx", ADMIN, ["orgTxId", "key"];
    /// The record of an organisation.
    GetOrganization = "OrganizationContract:GetOrganization", READ, ["organizationId"];
    /// The record of a transaction of an organisation.
    GetMultiSigTx = "OrganizationContract:GetMultiSigTx", READ, ["orgTxId"];
    /// The fee of a payment under the schedule in force.
    CalculateTransactionFee = "TaxAndFeeContract:CalculateTransactionFee", READ, ["from", "to", "amount", "transactionType"];
}

impl Function {
    /// Whether a pause lets it through: the end of the pause, and voiding a key, which moves nothing and without which a
    /// refusal could not become final.
    #[must_use]
    pub const fn runs_while_paused(self) -> bool {
        matches!(self, Self::ResumeSystem | Self::VoidKey)
    }

    /// A call of it, signed with the role that may; a reading call is signed as an administrator.
    #[must_use]
    pub fn call(self, args: Vec<String>) -> Call {
        let role = match self.access() {
            Access::Write(role) => role,
            Access::Read => Role::Admin,
        };
        Call { function: self.name().to_owned(), args, role }
    }

    /// The argument that is only a hint and no part of what makes two calls the same.
    pub(crate) const fn hint_argument(self) -> Option<usize> {
        match self {
            Self::CreateUser => Some(4),
            _ => None,
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_the_key_is_last_where_something_is_written() {
        for function in Function::ALL {
            assert_eq!(Function::parse(function.name()), Some(*function));
            let key_last = function.arguments().last() == Some(&"key");
            match function.access() {
                Access::Write(_) => assert!(key_last, "{function}"),
                Access::Read => assert!(!key_last || *function == Function::GetKeyRecord, "{function}"),
            }
        }
        assert_eq!(Function::parse("Admin:BootstrapSystem"), None);
        assert_eq!(Function::CreateUser.arguments().get(4), Some(&"shard"));
    }
}
