//! The commands: everything that services ask of the ledger, a closed set.
//!
//! A variant knows its payload, contract function, argument order, signer role, deadline, ledger key, ordering key,
//! conflict keys, retry class, and its reaction to a refusal. Producers build variants, never strings.
//!
//! **A new command:** a variant here with its arms below, which the compiler shows; its reaction in the store's refusal
//! function; its producer in a service.

use std::time::Duration;

use gx_types::{
    AccountId, AuthRule, CountryCode, GxId, LedgerKey, LoanId, OrgTxId, ProfileId, QSendId, Qirat, Sha256Hex,
};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::fees::TransactionType;
use crate::function::Function;
use crate::pools::Pool;

/// A country's share as InitializeCountryData takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountryShare {
    /// Its code.
    pub code: CountryCode,
    /// Its share of the world, in 10⁻⁸.
    pub share_e8: u64,
}

/// A command on its way to the ledger. `request` fields are the part of the ledger key that makes a repeated request
/// the same request; they are already prefixed with their actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Command {
    /// Parameters and pools; once per ledger.
    BootstrapSystem,
    /// Puts countries on the ledger.
    InitializeCountryData {
        /// Which; none may be on the ledger yet.
        countries: Vec<CountryShare>,
        /// Key part.
        request: LedgerKey,
    },
    /// Changes a parameter.
    UpdateSystemParameter {
        /// Its name.
        parameter: String,
        /// Its new value.
        value: String,
        /// Key part.
        request: LedgerKey,
    },
    /// Stops all movements of coins.
    PauseSystem {
        /// Why.
        reason: String,
        /// Key part.
        request: LedgerKey,
    },
    /// Ends a pause.
    ResumeSystem {
        /// Key part.
        request: LedgerKey,
    },
    /// Records an administrator on the ledger.
    AppointAdmin {
        /// Who.
        admin_id: String,
        /// Key part.
        request: LedgerKey,
    },
    /// Unlocks a treasury.
    ActivateTreasury {
        /// Whose.
        country: CountryCode,
        /// Key part.
        request: LedgerKey,
    },
    /// Pays out of a pool.
    DisburseFromPool {
        /// Which pool.
        pool: Pool,
        /// To whom.
        to: GxId,
        /// How much, Qirat.
        amount: Qirat,
        /// Why.
        remark: String,
        /// Key part.
        request: LedgerKey,
    },
    /// Registers a person.
    CreateUser {
        /// Whom, off the ledger.
        profile_id: ProfileId,
        /// Whom, on the ledger.
        user_id: GxId,
        /// Hash of the identifying document.
        document_hash: Sha256Hex,
        /// Nationality.
        nationality: CountryCode,
        /// Age in full years; decides nothing.
        age: u32,
        /// Shard whose slots are tried first; a hint.
        shard: u16,
        /// Key part: the submission that was approved.
        request: LedgerKey,
    },
    /// A person pays another.
    TransferTokens {
        /// The payer, off the ledger.
        profile_id: ProfileId,
        /// Payer.
        from: GxId,
        /// Receiver.
        to: GxId,
        /// What the receiver gets, Qirat.
        amount: Qirat,
        /// Fee at the time of the request, Qirat; held from the balance together with the amount.
        fee: Qirat,
        /// What for.
        transaction_type: TransactionType,
        /// The payer's words.
        remark: String,
        /// Key part.
        request: LedgerKey,
    },
    /// A person pays a Q Send request.
    QSendPay {
        /// The request.
        qsend_id: QSendId,
        /// Its code, for example `QS-6PAS3LHD`; the idempotency key.
        code: String,
        /// The payer, off the ledger.
        profile_id: ProfileId,
        /// Payer.
        from: GxId,
        /// Receiver.
        to: GxId,
        /// What the receiver gets, Qirat.
        amount: Qirat,
        /// Fee at the time of the request, Qirat.
        fee: Qirat,
        /// The request's description.
        remark: String,
        /// Which try this is, from 1: a refused payment leaves the code free for another payer.
        attempt: u32,
    },
    /// Freezes a person's wallet.
    FreezeWallet {
        /// Whom, off the ledger.
        profile_id: ProfileId,
        /// Whom, on the ledger.
        user_id: GxId,
        /// Why.
        reason: String,
        /// Key part.
        request: LedgerKey,
    },
    /// Releases a person's wallet.
    UnfreezeWallet {
        /// Whom, off the ledger.
        profile_id: ProfileId,
        /// Whom, on the ledger.
        user_id: GxId,
        /// Key part.
        request: LedgerKey,
    },
    /// A person asks for a loan.
    ApplyForLoan {
        /// The borrower, off the ledger.
        profile_id: ProfileId,
        /// The borrower.
        borrower: GxId,
        /// How much, Qirat.
        amount: Qirat,
        /// Hash of the document about the collateral.
        collateral_hash: Sha256Hex,
        /// Key part.
        request: LedgerKey,
    },
    /// An administrator approves a loan; the second approval pays it out.
    ApproveLoan {
        /// Which.
        loan_id: LoanId,
        /// Whose it is.
        borrower: GxId,
        /// Who approves.
        approver: String,
        /// Key part.
        request: LedgerKey,
    },
    /// An administrator declines a loan.
    RejectLoan {
        /// Which.
        loan_id: LoanId,
        /// Whose it is.
        borrower: GxId,
        /// Who declines.
        approver: String,
        /// Why.
        reason: String,
        /// Key part.
        request: LedgerKey,
    },
    /// A person pays back a loan.
    RepayLoan {
        /// The borrower, off the ledger.
        profile_id: ProfileId,
        /// Which.
        loan_id: LoanId,
        /// The borrower.
        borrower: GxId,
        /// How much, Qirat; held from the balance.
        amount: Qirat,
        /// Key part.
        request: LedgerKey,
    },
    /// A person proposes an organisation.
    ProposeOrganization {
        /// Who proposes it, off the ledger.
        profile_id: ProfileId,
        /// Its id.
        organization_id: GxId,
        /// What it is called.
        name: String,
        /// Who proposes it.
        proposer: GxId,
        /// Whose endorsement it needs.
        stakeholders: Vec<GxId>,
        /// The rules it begins with.
        rules: Vec<AuthRule>,
        /// Key part.
        request: LedgerKey,
    },
    /// A stakeholder endorses an organisation.
    EndorseMembership {
        /// Who, off the ledger.
        profile_id: ProfileId,
        /// Which.
        organization_id: GxId,
        /// Who.
        stakeholder: GxId,
        /// Key part.
        request: LedgerKey,
    },
    /// A stakeholder activates an organisation.
    ActivateOrganization {
        /// Who, off the ledger.
        profile_id: ProfileId,
        /// Which.
        organization_id: GxId,
        /// Who.
        stakeholder: GxId,
        /// Key part.
        request: LedgerKey,
    },
    /// A stakeholder agrees to a rule.
    DefineAuthRule {
        /// Who, off the ledger.
        profile_id: ProfileId,
        /// Whose.
        organization_id: GxId,
        /// Who.
        stakeholder: GxId,
        /// The rule.
        rule: AuthRule,
        /// Key part.
        request: LedgerKey,
    },
    /// An administrator locks an organisation.
    LockOrganization {
        /// Which.
        organization_id: GxId,
        /// Why.
        reason: String,
        /// Key part.
        request: LedgerKey,
    },
    /// An administrator unlocks an organisation.
    UnlockOrganization {
        /// Which.
        organization_id: GxId,
        /// Key part.
        request: LedgerKey,
    },
    /// A stakeholder initiates a transaction of an organisation.
    InitiateMultisigTx {
        /// Who, off the ledger.
        profile_id: ProfileId,
        /// Whose coins.
        organization_id: GxId,
        /// Who.
        initiator: GxId,
        /// To whom.
        to: GxId,
        /// How much, Qirat.
        amount: Qirat,
        /// What for.
        remark: String,
        /// Key part.
        request: LedgerKey,
    },
    /// A stakeholder approves a transaction of an organisation.
    ApproveMultisigTx {
        /// Who, off the ledger.
        profile_id: ProfileId,
        /// Which.
        org_tx_id: OrgTxId,
        /// Whose coins.
        organization_id: GxId,
        /// To whom they go.
        to: GxId,
        /// Who.
        approver: GxId,
        /// Key part.
        request: LedgerKey,
    },
    /// A stakeholder rejects a transaction of an organisation, or withdraws it.
    RejectMultisigTx {
        /// Who, off the ledger.
        profile_id: ProfileId,
        /// Which.
        org_tx_id: OrgTxId,
        /// Whose coins.
        organization_id: GxId,
        /// Who.
        approver: GxId,
        /// Why.
        reason: String,
        /// Key part.
        request: LedgerKey,
    },
    /// The time to decide over a transaction of an organisation is up.
    ExpireMultisigTx {
        /// Which.
        org_tx_id: OrgTxId,
        /// Whose coins.
        organization_id: GxId,
        /// Key part.
        request: LedgerKey,
    },
    /// Adds waiting credits to a balance.
    SweepDeltas {
        /// Whose.
        account: AccountId,
        /// Which entries, at most 500.
        delta_keys: Vec<String>,
        /// Key part.
        request: LedgerKey,
    },
}

/// How a command that could not be sent is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryClass {
    /// People wait for it: short back-off, many tries.
    Interactive,
    /// A job will ask again anyway: long back-off, few tries.
    Background,
}

impl RetryClass {
    /// Tries before the command is dead.
    #[must_use]
    pub const fn attempts_max(self) -> u32 {
        match self {
            Self::Interactive => 20,
            Self::Background => 8,
        }
    }

    /// First and longest pause between tries.
    #[must_use]
    pub const fn backoff(self) -> (Duration, Duration) {
        match self {
            Self::Interactive => (Duration::from_millis(200), Duration::from_secs(60)),
            Self::Background => (Duration::from_secs(2), Duration::from_secs(300)),
        }
    }
}

/// What becomes of a command that the ledger refuses because the system is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenPaused {
    /// It is refused as for any other reason: whoever asked may ask again.
    Refused,
    /// It waits until the system is resumed: an administrator's decision about a person or organisation stands, and a pause is no
    /// answer to it.
    Waits,
}

/// What is undone or told when the ledger refuses a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The held amount is released and the payer is told.
    ReleaseTransfer,
    /// The request is open again (or expired), with the reason; the payer is told.
    ReopenQSend,
    /// The registration is denied with the reason; the person is told.
    DenyRegistration,
    /// The person is active again off the ledger.
    UndoFreeze,
    /// The person is frozen again off the ledger.
    UndoUnfreeze,
    /// Nothing was changed; the borrower is told.
    TellBorrower,
    /// Nothing was changed; the stakeholder who acted is told.
    TellStakeholder,
    /// The claimed delta entries are free for another sweep.
    ReleaseDeltas,
    /// Nothing to undo; the outbox page shows it to operators.
    ShowOperator,
}

/// What is held from a person's balance while a command is unsettled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Whose balance.
    pub profile_id: ProfileId,
    /// Amount and fee, Qirat.
    pub amount: Qirat,
}

const PERSON_DEADLINE: Duration = Duration::from_secs(30);

impl Command {
    /// The type as it is stored, for example `Q_SEND_PAY`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BootstrapSystem => "BOOTSTRAP_SYSTEM",
            Self::InitializeCountryData { .. } => "INITIALIZE_COUNTRY_DATA",
            Self::UpdateSystemParameter { .. } => "UPDATE_SYSTEM_PARAMETER",
            Self::PauseSystem { .. } => "PAUSE_SYSTEM",
            Self::ResumeSystem { .. } => "RESUME_SYSTEM",
            Self::AppointAdmin { .. } => "APPOINT_ADMIN",
            Self::ActivateTreasury { .. } => "ACTIVATE_TREASURY",
            Self::DisburseFromPool { .. } => "DISBURSE_FROM_POOL",
            Self::CreateUser { .. } => "CREATE_USER",
            Self::TransferTokens { .. } => "TRANSFER_TOKENS",
            Self::QSendPay { .. } => "Q_SEND_PAY",
            Self::FreezeWallet { .. } => "FREEZE_WALLET",
            Self::UnfreezeWallet { .. } => "UNFREEZE_WALLET",
            Self::ProposeOrganization { .. } => "PROPOSE_ORGANIZATION",
            Self::EndorseMembership { .. } => "ENDORSE_MEMBERSHIP",
            Self::ActivateOrganization { .. } => "ACTIVATE_ORGANIZATION",
            Self::DefineAuthRule { .. } => "DEFINE_AUTH_RULE",
            Self::LockOrganization { .. } => "LOCK_ORGANIZATION",
            Self::UnlockOrganization { .. } => "UNLOCK_ORGANIZATION",
            Self::InitiateMultisigTx { .. } => "INITIATE_MULTISIG_TX",
            Self::ApproveMultisigTx { .. } => "APPROVE_MULTISIG_TX",
            Self::RejectMultisigTx { .. } => "REJECT_MULTISIG_TX",
            Self::ExpireMultisigTx { .. } => "EXPIRE_MULTISIG_TX",
            Self::SweepDeltas { .. } => "SWEEP_DELTAS",
            Self::ApplyForLoan { .. } => "APPLY_FOR_LOAN",
            Self::ApproveLoan { .. } => "APPROVE_LOAN",
            Self::RejectLoan { .. } => "REJECT_LOAN",
            Self::RepayLoan { .. } => "REPAY_LOAN",
        }
    }

    /// The ledger key: the same request gives the same key, so the ledger does it once.
    #[must_use]
    pub fn ledger_key(&self) -> LedgerKey {
        let prefixed = |prefix: &str, rest: &str| LedgerKey::prefixed(prefix, rest);
        match self {
            Self::BootstrapSystem => prefixed("system", "bootstrap"),
            Self::InitializeCountryData { request, .. } => prefixed("countries", request.as_str()),
            Self::UpdateSystemParameter { request, .. } => prefixed("parameter", request.as_str()),
            Self::PauseSystem { request, .. } => prefixed("pause", request.as_str()),
            Self::ResumeSystem { request } => prefixed("resume", request.as_str()),
            Self::AppointAdmin { request, .. } => prefixed("appoint", request.as_str()),
            Self::ActivateTreasury { request, .. } => prefixed("treasury", request.as_str()),
            Self::DisburseFromPool { request, .. } => prefixed("disburse", request.as_str()),
            Self::CreateUser { request, .. } => prefixed("user", request.as_str()),
            Self::TransferTokens { request, .. } => prefixed("transfer", request.as_str()),
            // The first try carries the bare code; a refusal leaves no record on the ledger, but the key may have been
            // voided, so another try needs a key of its own.
            Self::QSendPay { code, attempt: 0 | 1, .. } => prefixed("qsend", code),
            Self::QSendPay { code, attempt, .. } => prefixed("qsend", &format!("{code}-{attempt}")),
            Self::FreezeWallet { request, .. } => prefixed("freeze", request.as_str()),
            Self::UnfreezeWallet { request, .. } => prefixed("unfreeze", request.as_str()),
            Self::ProposeOrganization { request, .. } => prefixed("orgpropose", request.as_str()),
            Self::EndorseMembership { request, .. } => prefixed("orgendorse", request.as_str()),
            Self::ActivateOrganization { request, .. } => prefixed("orgactivate", request.as_str()),
            Self::DefineAuthRule { request, .. } => prefixed("orgrule", request.as_str()),
            Self::LockOrganization { request, .. } => prefixed("orglock", request.as_str()),
            Self::UnlockOrganization { request, .. } => prefixed("orgunlock", request.as_str()),
            Self::InitiateMultisigTx { request, .. } => prefixed("orgtx", request.as_str()),
            Self::ApproveMultisigTx { request, .. } => prefixed("orgtxapprove", request.as_str()),
            Self::RejectMultisigTx { request, .. } => prefixed("orgtxreject", request.as_str()),
            Self::ExpireMultisigTx { request, .. } => prefixed("orgtxexpire", request.as_str()),
            Self::SweepDeltas { request, .. } => prefixed("sweep", request.as_str()),
            Self::ApplyForLoan { request, .. } => prefixed("loan", request.as_str()),
            Self::ApproveLoan { request, .. } => prefixed("loanapprove", request.as_str()),
            Self::RejectLoan { request, .. } => prefixed("loanreject", request.as_str()),
            Self::RepayLoan { request, .. } => prefixed("loanrepay", request.as_str()),
        }
    }

    /// The call of the contract, ready to be signed.
    #[must_use]
    pub fn call(&self) -> Call {
        let key = self.ledger_key().to_string();
        let (function, mut args): (Function, Vec<String>) = match self {
            Self::BootstrapSystem => (Function::BootstrapSystem, vec![]),
            Self::InitializeCountryData { countries, .. } => (
                Function::InitializeCountryData,
                // Codes and integers always serialise.
                vec![serde_json::to_string(countries).unwrap_or_default()],
            ),
            Self::UpdateSystemParameter { parameter, value, .. } => {
                (Function::UpdateSystemParameter, vec![parameter.clone(), value.clone()])
            }
            Self::PauseSystem { reason, .. } => (Function::PauseSystem, vec![reason.clone()]),
            Self::ResumeSystem { .. } => (Function::ResumeSystem, vec![]),
            Self::AppointAdmin { admin_id, .. } => (Function::AppointAdmin, vec![admin_id.clone()]),
            Self::ActivateTreasury { country, .. } => (Function::ActivateTreasuryAccount, vec![country.to_string()]),
            Self::DisburseFromPool { pool, to, amount, remark, .. } => (
                Function::DisburseFromPool,
                vec![pool.as_str().to_owned(), to.to_string(), amount.to_string(), remark.clone()],
            ),
            Self::CreateUser { user_id, document_hash, nationality, age, shard, .. } => (
                Function::CreateUser,
                vec![
                    user_id.to_string(),
                    document_hash.to_string(),
                    nationality.to_string(),
                    age.to_string(),
                    shard.to_string(),
                ],
            ),
            Self::TransferTokens { from, to, amount, transaction_type, remark, .. } => (
                Function::TransferWithFees,
                vec![
                    from.to_string(),
                    to.to_string(),
                    amount.to_string(),
                    transaction_type.as_str().to_owned(),
                    remark.clone(),
                ],
            ),
            Self::QSendPay { from, to, amount, remark, .. } => (
                Function::TransferWithFees,
                vec![
                    from.to_string(),
                    to.to_string(),
                    amount.to_string(),
                    TransactionType::P2P.as_str().to_owned(),
                    if remark.is_empty() { "Q Send payment".to_owned() } else { remark.clone() },
                ],
            ),
            Self::FreezeWallet { user_id, reason, .. } => {
                (Function::FreezeWallet, vec![user_id.to_string(), reason.clone()])
            }
            Self::UnfreezeWallet { user_id, .. } => (Function::UnfreezeWallet, vec![user_id.to_string()]),
            Self::ApplyForLoan { borrower, amount, collateral_hash, .. } => {
                (Function::ApplyForLoan, vec![borrower.to_string(), amount.to_string(), collateral_hash.to_string()])
            }
            Self::ApproveLoan { loan_id, approver, .. } => {
                (Function::ApproveLoan, vec![loan_id.to_string(), approver.clone()])
            }
            Self::RejectLoan { loan_id, approver, reason, .. } => {
                (Function::RejectLoan, vec![loan_id.to_string(), approver.clone(), reason.clone()])
            }
            Self::RepayLoan { loan_id, borrower, amount, .. } => {
                (Function::RepayLoan, vec![loan_id.to_string(), borrower.to_string(), amount.to_string()])
            }
            Self::ProposeOrganization { organization_id, name, proposer, stakeholders, rules, .. } => (
                Function::ProposeOrganization,
                // Ids, amounts and small numbers always serialise.
                vec![
                    organization_id.to_string(),
                    name.clone(),
                    proposer.to_string(),
                    serde_json::to_string(stakeholders).unwrap_or_default(),
                    serde_json::to_string(rules).unwrap_or_default(),
                ],
            ),
            Self::EndorseMembership { organization_id, stakeholder, .. } => {
                (Function::EndorseMembership, vec![organization_id.to_string(), stakeholder.to_string()])
            }
            Self::ActivateOrganization { organization_id, stakeholder, .. } => {
                (Function::ActivateOrganization, vec![organization_id.to_string(), stakeholder.to_string()])
            }
            Self::DefineAuthRule { organization_id, stakeholder, rule, .. } => (
                Function::DefineAuthRule,
                vec![
                    organization_id.to_string(),
                    stakeholder.to_string(),
                    rule.amount_threshold.to_string(),
                    rule.required_approvers.to_string(),
                    // Ids always serialise.
                    serde_json::to_string(&rule.approver_group).unwrap_or_default(),
                ],
            ),
            Self::LockOrganization { organization_id, reason, .. } => {
                (Function::LockOrganization, vec![organization_id.to_string(), reason.clone()])
            }
            Self::UnlockOrganization { organization_id, .. } => {
                (Function::UnlockOrganization, vec![organization_id.to_string()])
            }
            Self::InitiateMultisigTx { organization_id, initiator, to, amount, remark, .. } => (
                Function::InitiateMultiSigTx,
                vec![
                    organization_id.to_string(),
                    initiator.to_string(),
                    to.to_string(),
                    amount.to_string(),
                    remark.clone(),
                ],
            ),
            Self::ApproveMultisigTx { org_tx_id, approver, .. } => {
                (Function::ApproveMultiSigTx, vec![org_tx_id.to_string(), approver.to_string()])
            }
            Self::RejectMultisigTx { org_tx_id, approver, reason, .. } => {
                (Function::RejectMultiSigTx, vec![org_tx_id.to_string(), approver.to_string(), reason.clone()])
            }
            Self::ExpireMultisigTx { org_tx_id, .. } => (Function::ExpireMultiSigTx, vec![org_tx_id.to_string()]),
            Self::SweepDeltas { account, delta_keys, .. } => (
                Function::SweepDeltas,
                // Texts always serialise.
                vec![account.to_string(), serde_json::to_string(delta_keys).unwrap_or_default()],
            ),
        };
        args.push(key);
        function.call(args)
    }

    /// Commands with one ordering key run in the order of their creation.
    #[must_use]
    pub fn ordering_key(&self) -> Option<String> {
        match self {
            Self::BootstrapSystem
            | Self::InitializeCountryData { .. }
            | Self::UpdateSystemParameter { .. }
            | Self::PauseSystem { .. }
            | Self::ResumeSystem { .. }
            | Self::AppointAdmin { .. } => Some("system".to_owned()),
            Self::ActivateTreasury { country, .. } => Some(format!("treasury:{country}")),
            Self::DisburseFromPool { pool, .. } => Some(format!("pool:{}", pool.as_str())),
            Self::CreateUser { user_id, .. } => Some(user_id.to_string()),
            Self::TransferTokens { from, .. } | Self::QSendPay { from, .. } => Some(from.to_string()),
            Self::FreezeWallet { user_id, .. } | Self::UnfreezeWallet { user_id, .. } => Some(user_id.to_string()),
            Self::ProposeOrganization { organization_id, .. }
            | Self::EndorseMembership { organization_id, .. }
            | Self::ActivateOrganization { organization_id, .. }
            | Self::DefineAuthRule { organization_id, .. }
            | Self::LockOrganization { organization_id, .. }
            | Self::UnlockOrganization { organization_id, .. }
            | Self::InitiateMultisigTx { organization_id, .. }
            | Self::ApproveMultisigTx { organization_id, .. }
            | Self::RejectMultisigTx { organization_id, .. }
            | Self::ExpireMultisigTx { organization_id, .. } => Some(organization_id.to_string()),
            Self::SweepDeltas { account, .. } => Some(format!("sweep:{account}")),
            Self::ApplyForLoan { borrower, .. } | Self::RepayLoan { borrower, .. } => Some(borrower.to_string()),
            Self::ApproveLoan { loan_id, .. } | Self::RejectLoan { loan_id, .. } => Some(loan_id.to_string()),
        }
    }

    /// The ledger keys it writes that others write too; the outbox lets one command per key fly at a time.
    #[must_use]
    pub fn conflict_keys(&self) -> Vec<String> {
        match self {
            Self::BootstrapSystem
            | Self::InitializeCountryData { .. }
            | Self::UpdateSystemParameter { .. }
            | Self::PauseSystem { .. }
            | Self::ResumeSystem { .. }
            | Self::AppointAdmin { .. } => vec!["system".to_owned()],
            Self::ActivateTreasury { country, .. } => vec![format!("treasury:{country}")],
            Self::DisburseFromPool { pool, to, .. } => {
                vec![format!("pool:{}", pool.as_str()), pool.account().as_str().to_owned(), to.to_string()]
            }
            Self::CreateUser { user_id, nationality, shard, .. } => {
                vec![format!("shard:{nationality}:{shard}"), user_id.to_string()]
            }
            Self::TransferTokens { from, to, .. } | Self::QSendPay { from, to, .. } => {
                vec![from.to_string(), to.to_string()]
            }
            Self::FreezeWallet { user_id, .. } | Self::UnfreezeWallet { user_id, .. } => vec![user_id.to_string()],
            Self::ProposeOrganization { organization_id, .. }
            | Self::EndorseMembership { organization_id, .. }
            | Self::ActivateOrganization { organization_id, .. }
            | Self::DefineAuthRule { organization_id, .. }
            | Self::LockOrganization { organization_id, .. }
            | Self::UnlockOrganization { organization_id, .. }
            | Self::RejectMultisigTx { organization_id, .. }
            | Self::ExpireMultisigTx { organization_id, .. } => vec![organization_id.to_string()],
            // Each may be the one that pays.
            Self::InitiateMultisigTx { organization_id, to, .. }
            | Self::ApproveMultisigTx { organization_id, to, .. } => {
                vec![organization_id.to_string(), to.to_string()]
            }
            Self::SweepDeltas { account, .. } => vec![account.to_string()],
            Self::ApplyForLoan { borrower, .. } => vec![borrower.to_string()],
            Self::RejectLoan { borrower, .. } | Self::RepayLoan { borrower, .. } => vec![borrower.to_string()],
            Self::ApproveLoan { borrower, .. } => vec![
                format!("pool:{}", Pool::Loan.as_str()),
                Pool::Loan.account().as_str().to_owned(),
                borrower.to_string(),
            ],
        }
    }

    /// How it is tried again when it could not be sent.
    #[must_use]
    pub const fn retry_class(&self) -> RetryClass {
        match self {
            Self::SweepDeltas { .. } | Self::ExpireMultisigTx { .. } => RetryClass::Background,
            _ => RetryClass::Interactive,
        }
    }

    /// How long one try may take from proposal to commit.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        PERSON_DEADLINE
    }

    /// What becomes of it when the ledger refuses it because the system is paused.
    #[must_use]
    pub const fn when_paused(&self) -> WhenPaused {
        match self {
            Self::CreateUser { .. }
            | Self::FreezeWallet { .. }
            | Self::UnfreezeWallet { .. }
            | Self::LockOrganization { .. }
            | Self::UnlockOrganization { .. } => WhenPaused::Waits,
            Self::BootstrapSystem
            | Self::InitializeCountryData { .. }
            | Self::UpdateSystemParameter { .. }
            | Self::PauseSystem { .. }
            | Self::ResumeSystem { .. }
            | Self::AppointAdmin { .. }
            | Self::ActivateTreasury { .. }
            | Self::DisburseFromPool { .. }
            | Self::TransferTokens { .. }
            | Self::QSendPay { .. }
            | Self::ApplyForLoan { .. }
            | Self::ApproveLoan { .. }
            | Self::RejectLoan { .. }
            | Self::RepayLoan { .. }
            | Self::ProposeOrganization { .. }
            | Self::EndorseMembership { .. }
            | Self::ActivateOrganization { .. }
            | Self::DefineAuthRule { .. }
            | Self::InitiateMultisigTx { .. }
            | Self::ApproveMultisigTx { .. }
            | Self::RejectMultisigTx { .. }
            | Self::ExpireMultisigTx { .. }
            | Self::SweepDeltas { .. } => WhenPaused::Refused,
        }
    }

    /// What happens when the ledger refuses it.
    #[must_use]
    pub const fn reaction(&self) -> Reaction {
        match self {
            Self::TransferTokens { .. } => Reaction::ReleaseTransfer,
            Self::QSendPay { .. } => Reaction::ReopenQSend,
            Self::CreateUser { .. } => Reaction::DenyRegistration,
            Self::FreezeWallet { .. } => Reaction::UndoFreeze,
            Self::UnfreezeWallet { .. } => Reaction::UndoUnfreeze,
            Self::SweepDeltas { .. } => Reaction::ReleaseDeltas,
            Self::ApplyForLoan { .. } | Self::RepayLoan { .. } => Reaction::TellBorrower,
            Self::ProposeOrganization { .. }
            | Self::EndorseMembership { .. }
            | Self::ActivateOrganization { .. }
            | Self::DefineAuthRule { .. }
            | Self::InitiateMultisigTx { .. }
            | Self::ApproveMultisigTx { .. }
            | Self::RejectMultisigTx { .. } => Reaction::TellStakeholder,
            Self::BootstrapSystem
            | Self::InitializeCountryData { .. }
            | Self::UpdateSystemParameter { .. }
            | Self::PauseSystem { .. }
            | Self::ResumeSystem { .. }
            | Self::AppointAdmin { .. }
            | Self::ActivateTreasury { .. }
            | Self::DisburseFromPool { .. }
            | Self::ApproveLoan { .. }
            | Self::RejectLoan { .. }
            | Self::LockOrganization { .. }
            | Self::UnlockOrganization { .. }
            | Self::ExpireMultisigTx { .. } => Reaction::ShowOperator,
        }
    }

    /// What it holds from a person's balance until it is settled or refused; `None` above the cap, which no producer
    /// lets through.
    #[must_use]
    pub fn hold(&self) -> Option<Hold> {
        match self {
            Self::TransferTokens { profile_id, amount, fee, .. } | Self::QSendPay { profile_id, amount, fee, .. } => {
                Some(Hold { profile_id: *profile_id, amount: amount.checked_add(*fee)? })
            }
            Self::RepayLoan { profile_id, amount, .. } => Some(Hold { profile_id: *profile_id, amount: *amount }),
            _ => None,
        }
    }
}

/// The call that voids a ledger key: after it, no envelope under the key can commit.
#[must_use]
pub fn void_key_call(key: &LedgerKey) -> Call {
    Function::VoidKey.call(vec![key.to_string()])
}
