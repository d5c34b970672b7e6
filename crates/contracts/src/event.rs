//! The events of the ledger: a closed set. A transaction emits a list; on Fabric it travels as one chaincode event.
//!
//! Money events carry the balance after of every account whose balance key they write. A delta credit carries its delta
//! key and amount, and the projector adds it to the account's unsettled part.
//!
//! **A new event:** a variant here, its class in [`Event::class`]; the projector does not compile without a handler.

use gx_types::{AccountId, AuthRule, CountryCode, GxId, LedgerKey, LoanId, OrgTxId, Qirat, Sha256Hex, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::RefusalCode;
use crate::fees::{Scope, TransactionType};
use crate::pools::Pool;

/// An event with the ledger key of the command that caused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The ledger key of its command.
    pub key: LedgerKey,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// Credit that waits under a key of its own until a sweep adds it to the balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeltaCredit {
    /// The key of the entry, as a sweep names it.
    pub delta_key: String,
    /// Whose credit it is.
    pub account: AccountId,
    /// How much, Qirat.
    pub amount: Qirat,
}

/// A country as it was put on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountryEntry {
    /// Its code.
    pub code: CountryCode,
    /// Its share of the world, in 10⁻⁸.
    pub share_e8: u64,
    /// Its genesis slots per phase.
    pub slots: [u64; 6],
    /// Over how many shards they are divided.
    pub shards: u16,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data", rename_all_fields = "camelCase")]
pub enum EventBody {
    /// The system was bootstrapped: parameters and pools with their caps.
    SystemBootstrapped {
        /// Every parameter with its first value, by name; the fee schedule is one of them.
        parameters: Vec<(String, String)>,
        /// Every pool with its cap.
        pools: Vec<(Pool, Qirat)>,
    },
    /// Countries were put on the ledger.
    CountryDataInitialized {
        /// Which.
        countries: Vec<CountryEntry>,
    },
    /// A parameter has a new value.
    SystemParameterUpdated {
        /// Its name.
        parameter: String,
        /// Its value now.
        value: String,
    },
    /// Coins stand still.
    SystemPaused {
        /// Why.
        reason: String,
    },
    /// Coins move again.
    SystemResumed,
    /// An administrator was appointed.
    AdminAppointed {
        /// Who.
        admin_id: String,
    },
    /// A treasury may be used.
    TreasuryAccountActivated {
        /// Whose.
        country: CountryCode,
    },
    /// A person was registered.
    UserCreated {
        /// The id.
        user_id: GxId,
        /// Nationality.
        nationality: CountryCode,
        /// Hash of the identifying document.
        document_hash: Sha256Hex,
        /// Age in full years on the transaction's day.
        age: u32,
    },
    /// A person took a genesis slot: the grant was minted to the person, and the treasury's part to its country.
    GenesisDistributed {
        /// Who.
        user_id: GxId,
        /// Country whose slot it was.
        country: CountryCode,
        /// Shard whose slot it was, from 0.
        shard: u16,
        /// Phase, 1 to 6.
        phase: u8,
        /// Grant, Qirat; minted from USER_GENESIS.
        amount: Qirat,
        /// The person's balance after, Qirat.
        balance_after: Qirat,
    },
    /// The treasury's part of a grant, minted from GOVT_GENESIS, waiting as a delta.
    TreasuryAllocated {
        /// The credit to `treasury_CC`.
        credit: DeltaCredit,
        /// Phase, 1 to 6.
        phase: u8,
    },
    /// A person was registered and took no slot.
    GenesisNotGranted {
        /// Who.
        user_id: GxId,
        /// Why: too old, or no slot left.
        reason: NoGrantReason,
    },
    /// A payment with its fee.
    TransferCompleted {
        /// Payer.
        from: AccountId,
        /// Receiver.
        to: AccountId,
        /// What the receiver got, Qirat.
        amount: Qirat,
        /// What the payer paid on top, Qirat.
        fee: Qirat,
        /// Rate of the fee, basis points.
        fee_rate_bps: u16,
        /// What for.
        transaction_type: TransactionType,
        /// Whether it crossed a border.
        scope: Scope,
        /// The payer's words.
        remark: String,
        /// The payer's balance after, Qirat.
        from_balance_after: Qirat,
        /// The receiver's balance after, Qirat; absent when it is credited by a delta entry.
        to_balance_after: Option<Qirat>,
        /// The receiver's credit, when it is a treasury or the system.
        to_credit: Option<DeltaCredit>,
        /// The fee's credit to the operations fund; absent without a fee.
        fee_credit: Option<DeltaCredit>,
    },
    /// A transfer without fee between any accounts, decided by an administrator.
    InternalTransferCompleted {
        /// From.
        from: AccountId,
        /// To.
        to: AccountId,
        /// How much, Qirat.
        amount: Qirat,
        /// The kind of adjustment.
        transfer_type: InternalTransferType,
        /// Why.
        remark: String,
        /// Balance of `from` after, Qirat.
        from_balance_after: Qirat,
        /// Balance of `to` after, Qirat; absent when it is credited by a delta entry.
        to_balance_after: Option<Qirat>,
        /// The credit of `to`, when it is a treasury or the system.
        to_credit: Option<DeltaCredit>,
    },
    /// Coins left a pool.
    PoolDisbursed {
        /// Which pool.
        pool: Pool,
        /// To whom.
        to: AccountId,
        /// How much in all, Qirat.
        amount: Qirat,
        /// How much of it was newly minted, Qirat.
        minted: Qirat,
        /// Balance of the pool's account after, Qirat.
        pool_balance_after: Qirat,
        /// The receiver's balance after, Qirat.
        to_balance_after: Qirat,
        /// Why.
        remark: String,
    },
    /// Waiting credits were added to a balance.
    DeltasSwept {
        /// Whose.
        account: AccountId,
        /// Which entries.
        delta_keys: Vec<String>,
        /// Their sum, Qirat.
        amount: Qirat,
        /// Balance after, Qirat.
        balance_after: Qirat,
    },
    /// A person's wallet stands still.
    WalletFrozen {
        /// Whose.
        user_id: GxId,
        /// Why.
        reason: String,
    },
    /// A person's wallet moves again.
    WalletUnfrozen {
        /// Whose.
        user_id: GxId,
    },
    /// A loan was applied for.
    LoanApplied {
        /// Its id.
        loan_id: LoanId,
        /// Who asks.
        borrower: GxId,
        /// For how much, Qirat.
        amount: Qirat,
        /// Hash of the document about the collateral.
        collateral_hash: Sha256Hex,
    },
    /// A loan has its first approval.
    LoanApproved {
        /// Which.
        loan_id: LoanId,
        /// Whose it is.
        borrower: GxId,
        /// By whom.
        approver: String,
    },
    /// A loan has its second approval and was paid out; a `PoolDisbursed` before it moved the coins.
    LoanDisbursed {
        /// Which.
        loan_id: LoanId,
        /// Whose it is.
        borrower: GxId,
        /// By whom the second approval is.
        approver: String,
    },
    /// A loan was declined.
    LoanRejected {
        /// Which.
        loan_id: LoanId,
        /// Whose it is.
        borrower: GxId,
        /// By whom.
        approver: String,
        /// Why.
        reason: String,
    },
    /// A loan was paid back in part or whole; an `InternalTransferCompleted` before it moved the coins.
    LoanRepaid {
        /// Which.
        loan_id: LoanId,
        /// Whose it is.
        borrower: GxId,
        /// How much was paid back, Qirat.
        amount: Qirat,
        /// What is still owed, Qirat.
        outstanding: Qirat,
    },
    /// An organisation was proposed.
    OrganizationProposed {
        /// Its id.
        organization_id: GxId,
        /// What it is called.
        name: String,
        /// Who proposes it.
        proposer: GxId,
        /// Whose endorsement it needs, by id.
        stakeholders: Vec<GxId>,
        /// The rules it begins with, by ascending threshold.
        rules: Vec<AuthRule>,
    },
    /// A stakeholder endorsed an organisation with its rules.
    MembershipEndorsed {
        /// Which.
        organization_id: GxId,
        /// Who.
        stakeholder: GxId,
    },
    /// An organisation is active.
    OrganizationActivated {
        /// Which.
        organization_id: GxId,
        /// Who activated it.
        stakeholder: GxId,
    },
    /// A stakeholder agreed to a rule that is not in force yet.
    AuthRuleAgreed {
        /// Whose.
        organization_id: GxId,
        /// Who.
        stakeholder: GxId,
        /// The rule.
        rule: AuthRule,
    },
    /// Every stakeholder has agreed to a rule: it is in force, in place of the one with the same threshold.
    AuthRuleDefined {
        /// Whose.
        organization_id: GxId,
        /// The stakeholder who agreed last.
        stakeholder: GxId,
        /// The rule.
        rule: AuthRule,
    },
    /// An administrator locked an organisation.
    OrganizationLocked {
        /// Which.
        organization_id: GxId,
        /// Why.
        reason: String,
    },
    /// An administrator unlocked an organisation.
    OrganizationUnlocked {
        /// Which.
        organization_id: GxId,
    },
    /// A stakeholder initiated a transaction of an organisation.
    OrgTxInitiated {
        /// Its id.
        org_tx_id: OrgTxId,
        /// Whose coins.
        organization_id: GxId,
        /// Who initiated it.
        initiator: GxId,
        /// To whom.
        to: GxId,
        /// How much, Qirat.
        amount: Qirat,
        /// What for.
        remark: String,
        /// The rule that decides over it, whatever becomes of the organisation's rules.
        rule: AuthRule,
        /// When it can no longer be approved.
        expires_at: Timestamp,
    },
    /// A stakeholder approved a transaction.
    OrgTxApproved {
        /// Which.
        org_tx_id: OrgTxId,
        /// Who.
        approver: GxId,
    },
    /// A stakeholder rejected a transaction, or its initiator withdrew it.
    OrgTxRejected {
        /// Which.
        org_tx_id: OrgTxId,
        /// Who.
        approver: GxId,
        /// Why.
        reason: String,
        /// Whether it can no longer be approved.
        closed: bool,
    },
    /// A transaction was not decided in time.
    OrgTxExpired {
        /// Which.
        org_tx_id: OrgTxId,
    },
    /// A transaction was paid; the `TransferCompleted` before it moved the coins.
    OrgTxExecuted {
        /// Which.
        org_tx_id: OrgTxId,
    },
    /// A transaction was approved, and its payment refused. It is over; nothing moved.
    OrgTxExecutionFailed {
        /// Which.
        org_tx_id: OrgTxId,
        /// Why.
        code: RefusalCode,
        /// Why, in words.
        detail: String,
    },
    /// A ledger key was voided; no command under it can succeed any more.
    KeyVoided,
}

/// What a transfer without fee is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InternalTransferType {
    /// A repayment into a pool.
    LoanRepayment,
    /// An administrator puts something right.
    SystemAdjustment,
}

impl InternalTransferType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::LoanRepayment, Self::SystemAdjustment];

    /// The word used in arguments and events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoanRepayment => "LOAN_REPAYMENT",
            Self::SystemAdjustment => "SYSTEM_ADJUSTMENT",
        }
    }

    /// Reads the word back; `None` for any other text.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Why a person took no genesis slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoGrantReason {
    /// Above 73 years.
    AboveAge,
    /// Every slot of the country is used.
    CountryExhausted,
}

/// How a projector may treat an event it cannot apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventClass {
    /// Touches balance, supply or a person's state: the projector stops before its block.
    Binding,
    /// May be parked, alerted and replayed in order.
    Informational,
}

impl EventBody {
    /// The class of the event.
    #[must_use]
    pub const fn class(&self) -> EventClass {
        match self {
            Self::AdminAppointed { .. } | Self::KeyVoided => EventClass::Informational,
            Self::SystemBootstrapped { .. }
            | Self::CountryDataInitialized { .. }
            | Self::SystemParameterUpdated { .. }
            | Self::SystemPaused { .. }
            | Self::SystemResumed
            | Self::TreasuryAccountActivated { .. }
            | Self::UserCreated { .. }
            | Self::GenesisDistributed { .. }
            | Self::TreasuryAllocated { .. }
            | Self::GenesisNotGranted { .. }
            | Self::TransferCompleted { .. }
            | Self::InternalTransferCompleted { .. }
            | Self::PoolDisbursed { .. }
            | Self::DeltasSwept { .. }
            | Self::WalletFrozen { .. }
            | Self::WalletUnfrozen { .. }
            | Self::LoanApplied { .. }
            | Self::LoanApproved { .. }
            | Self::LoanDisbursed { .. }
            | Self::LoanRejected { .. }
            | Self::LoanRepaid { .. }
            | Self::OrganizationProposed { .. }
            | Self::MembershipEndorsed { .. }
            | Self::OrganizationActivated { .. }
            | Self::AuthRuleAgreed { .. }
            | Self::AuthRuleDefined { .. }
            | Self::OrganizationLocked { .. }
            | Self::OrganizationUnlocked { .. }
            | Self::OrgTxInitiated { .. }
            | Self::OrgTxApproved { .. }
            | Self::OrgTxRejected { .. }
            | Self::OrgTxExpired { .. }
            | Self::OrgTxExecuted { .. }
            | Self::OrgTxExecutionFailed { .. } => EventClass::Binding,
        }
    }

    /// Every balance key the transaction wrote with this event, and the balance after it.
    #[must_use]
    pub fn balances_after(&self) -> Vec<(AccountId, Qirat)> {
        match self {
            Self::GenesisDistributed { user_id, balance_after, .. } => {
                vec![(AccountId::Holder(*user_id), *balance_after)]
            }
            Self::TransferCompleted { from, to, from_balance_after, to_balance_after, .. }
            | Self::InternalTransferCompleted { from, to, from_balance_after, to_balance_after, .. } => {
                let mut balances = vec![(*from, *from_balance_after)];
                balances.extend(to_balance_after.map(|after| (*to, after)));
                balances
            }
            Self::PoolDisbursed { pool, to, pool_balance_after, to_balance_after, .. } => {
                vec![(AccountId::System(pool.account()), *pool_balance_after), (*to, *to_balance_after)]
            }
            Self::DeltasSwept { account, balance_after, .. } => vec![(*account, *balance_after)],
            _ => Vec::new(),
        }
    }

    /// Every delta entry the transaction made with this event.
    #[must_use]
    pub fn credits(&self) -> Vec<&DeltaCredit> {
        match self {
            Self::TreasuryAllocated { credit, .. } => vec![credit],
            Self::TransferCompleted { to_credit, fee_credit, .. } => to_credit.iter().chain(fee_credit).collect(),
            Self::InternalTransferCompleted { to_credit, .. } => to_credit.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// What this event minted, and from which pool.
    #[must_use]
    pub fn minted(&self) -> Option<(Pool, Qirat)> {
        match self {
            Self::GenesisDistributed { amount, .. } => Some((Pool::UserGenesis, *amount)),
            Self::TreasuryAllocated { credit, .. } => Some((Pool::GovtGenesis, credit.amount)),
            Self::PoolDisbursed { pool, minted, .. } => Some((*pool, *minted)),
            _ => None,
        }
    }

    /// The event's name, as metrics and logs use it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SystemBootstrapped { .. } => "SystemBootstrapped",
            Self::CountryDataInitialized { .. } => "CountryDataInitialized",
            Self::SystemParameterUpdated { .. } => "SystemParameterUpdated",
            Self::SystemPaused { .. } => "SystemPaused",
            Self::SystemResumed => "SystemResumed",
            Self::AdminAppointed { .. } => "AdminAppointed",
            Self::TreasuryAccountActivated { .. } => "TreasuryAccountActivated",
            Self::UserCreated { .. } => "UserCreated",
            Self::GenesisDistributed { .. } => "GenesisDistributed",
            Self::TreasuryAllocated { .. } => "TreasuryAllocated",
            Self::GenesisNotGranted { .. } => "GenesisNotGranted",
            Self::TransferCompleted { .. } => "TransferCompleted",
            Self::InternalTransferCompleted { .. } => "InternalTransferCompleted",
            Self::PoolDisbursed { .. } => "PoolDisbursed",
            Self::DeltasSwept { .. } => "DeltasSwept",
            Self::WalletFrozen { .. } => "WalletFrozen",
            Self::WalletUnfrozen { .. } => "WalletUnfrozen",
            Self::LoanApplied { .. } => "LoanApplied",
            Self::LoanApproved { .. } => "LoanApproved",
            Self::LoanDisbursed { .. } => "LoanDisbursed",
            Self::LoanRejected { .. } => "LoanRejected",
            Self::LoanRepaid { .. } => "LoanRepaid",
            Self::OrganizationProposed { .. } => "OrganizationProposed",
            Self::MembershipEndorsed { .. } => "MembershipEndorsed",
            Self::OrganizationActivated { .. } => "OrganizationActivated",
            Self::AuthRuleAgreed { .. } => "AuthRuleAgreed",
            Self::AuthRuleDefined { .. } => "AuthRuleDefined",
            Self::OrganizationLocked { .. } => "OrganizationLocked",
            Self::OrganizationUnlocked { .. } => "OrganizationUnlocked",
            Self::OrgTxInitiated { .. } => "OrgTxInitiated",
            Self::OrgTxApproved { .. } => "OrgTxApproved",
            Self::OrgTxRejected { .. } => "OrgTxRejected",
            Self::OrgTxExpired { .. } => "OrgTxExpired",
            Self::OrgTxExecuted { .. } => "OrgTxExecuted",
            Self::OrgTxExecutionFailed { .. } => "OrgTxExecutionFailed",
            Self::KeyVoided => "KeyVoided",
        }
    }
}
