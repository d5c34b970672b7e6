//! OrganizationContract, second part: what an organisation pays.
//!
//! A stakeholder initiates a transaction; the rule with the highest threshold not above the amount decides who approves
//! it and how many must. The approval that completes the number pays, in the same ledger transaction and by the code of
//! every payment. What is decided stays decided: a state other than PENDING takes no approval, so that a transaction is
//! paid once at most, in whatever order approvals come. A payment that is refused closes the transaction with the reason
//! and is a success of the call; an error would throw the reason away.

use std::collections::BTreeSet;
use std::time::Duration;

use gx_types::{AccountId, AccountType, AuthRule, GxId, OrgTxId, OrgTxStatus, OrganizationStatus, Qirat};

use crate::args::{Args, REASON_CHARS_MAX, REMARK_CHARS_MAX};
use crate::call::ReceiptResult;
use crate::contract::Contract;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::EventBody;
use crate::fees::TransactionType;
use crate::organizations::{acting, existing, in_status, load};
use crate::payments::{Payment, pay};
use crate::state::{self, OrgTransactionRecord};

/// How long a transaction can be decided over.
pub const DECISION_TIME: Duration = Duration::from_hours(72);

/// A stakeholder initiates a transaction. The initiator's approval counts at once if the rule's group has the initiator,
/// and not otherwise.
pub(crate) fn initiate_multisig_tx(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    // 1. Who asks for what.
    let organization = existing(contract, args)?;
    let initiator = acting(contract, args, &organization)?;
    let to = args.gx_id(2)?;
    let amount = args.amount(3)?;
    let remark = args.words(4, REMARK_CHARS_MAX, false)?;
    in_status(&organization, OrganizationStatus::Verified)?;
    let organization_id = organization.organization_id;
    if to == organization_id {
        return Err(Refusal::of(RefusalCode::SelfTransfer).into());
    }
    contract.check_receiver(&AccountId::Holder(to))?;

    // 2. Who decides.
    let rule = deciding_rule(&organization.rules, amount).ok_or_else(|| {
        let detail = format!("amount: no rule of the organisation decides over {amount} Q");
        Refusal::with(RefusalCode::NoAuthRule, detail)
    })?;

    // 3. The transaction.
    let org_tx_id = OrgTxId::of(contract.tx_id());
    let expires_at = contract.now().plus(DECISION_TIME);
    let mut record = OrgTransactionRecord {
        org_tx_id,
        organization_id,
        initiator,
        to,
        amount,
        remark: remark.clone(),
        rule: rule.clone(),
        status: OrgTxStatus::Pending,
        approvals: BTreeSet::new(),
        rejections: BTreeSet::new(),
        expires_at,
        failure: None,
    };
    let approves = rule.approver_group.contains(&initiator);
    contract.emit(EventBody::OrgTxInitiated {
        org_tx_id,
        organization_id,
        initiator,
        to,
        amount,
        remark,
        rule: rule.clone(),
        expires_at,
    });
    if approves {
        approve(contract, &mut record, initiator)?;
    }
    done(contract, &record)
}

/// A stakeholder approves; the approval that completes the number pays.
pub(crate) fn approve_multisig_tx(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let mut record = open(contract, args)?;
    let organization = load(contract, &record.organization_id)?;
    let approver = acting(contract, args, &organization)?;
    in_status(&organization, OrganizationStatus::Verified)?;
    in_time(contract, &record)?;
    may_decide(&record, &approver)?;
    approve(contract, &mut record, approver)?;
    done(contract, &record)
}

/// A stakeholder rejects: the transaction is over once those who are left are too few. Its initiator withdraws it.
pub(crate) fn reject_multisig_tx(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let mut record = open(contract, args)?;
    let organization = load(contract, &record.organization_id)?;
    let approver = acting(contract, args, &organization)?;
    let reason = args.words(2, REASON_CHARS_MAX, true)?;
    in_time(contract, &record)?;
    let closed = if approver == record.initiator {
        true
    } else {
        may_decide(&record, &approver)?;
        record.rejections.insert(approver);
        let left = record.rule.approver_group.len().saturating_sub(record.rejections.len());
        left < usize::from(record.rule.required_approvers)
    };
    if closed {
        record.status = OrgTxStatus::Rejected;
    }
    contract.emit(EventBody::OrgTxRejected { org_tx_id: record.org_tx_id, approver, reason, closed });
    done(contract, &record)
}

/// The time is up.
pub(crate) fn expire_multisig_tx(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let mut record = open(contract, args)?;
    if contract.now() < record.expires_at {
        return Err(Refusal::with(RefusalCode::OrgTxNotExpired, format!("it is up at {}", record.expires_at)).into());
    }
    record.status = OrgTxStatus::Expired;
    contract.emit(EventBody::OrgTxExpired { org_tx_id: record.org_tx_id });
    done(contract, &record)
}

/// The rule with the highest threshold that is not above the amount, in whatever order rules were made.
fn deciding_rule(rules: &[AuthRule], amount: Qirat) -> Option<&AuthRule> {
    rules.iter().filter(|rule| rule.amount_threshold <= amount).max_by_key(|rule| rule.amount_threshold)
}

/// The transaction that the first argument names, not decided yet.
fn open(contract: &mut Contract<'_>, args: Args<'_>) -> Result<OrgTransactionRecord, InvokeError> {
    let id = args.org_tx_id(0)?;
    let record = state::org_transaction(contract.host, &id)?.ok_or_else(|| Refusal::of(RefusalCode::OrgTxNotFound))?;
    if record.status != OrgTxStatus::Pending {
        let detail = format!("orgTxId: the transaction is {}", record.status);
        return Err(Refusal::with(RefusalCode::OrgTxStateRefused, detail).into());
    }
    Ok(record)
}

fn in_time(contract: &Contract<'_>, record: &OrgTransactionRecord) -> Result<(), Refusal> {
    if contract.now() < record.expires_at {
        return Ok(());
    }
    Err(Refusal::with(RefusalCode::OrgTxExpired, format!("orgTxId: the time was up at {}", record.expires_at)))
}

/// Each member of the group decides once.
fn may_decide(record: &OrgTransactionRecord, person: &GxId) -> Result<(), Refusal> {
    if !record.rule.approver_group.contains(person) {
        return Err(Refusal::of(RefusalCode::NotAnApprover));
    }
    if record.approvals.contains(person) || record.rejections.contains(person) {
        return Err(Refusal::of(RefusalCode::AlreadyDecided));
    }
    Ok(())
}

/// Notes an approval, and pays when it was the last one needed.
fn approve(contract: &mut Contract<'_>, record: &mut OrgTransactionRecord, approver: GxId) -> Result<(), InvokeError> {
    let org_tx_id = record.org_tx_id;
    record.approvals.insert(approver);
    contract.emit(EventBody::OrgTxApproved { org_tx_id, approver });
    if record.approvals.len() < usize::from(record.rule.required_approvers) {
        return Ok(());
    }
    match execute(contract, record) {
        Ok(()) => {
            record.status = OrgTxStatus::Executed;
            contract.emit(EventBody::OrgTxExecuted { org_tx_id });
        }
        Err(InvokeError::Refused(refusal)) => {
            record.status = OrgTxStatus::ExecutionFailed;
            record.failure = Some(refusal.clone());
            let Refusal { code, detail } = refusal;
            contract.emit(EventBody::OrgTxExecutionFailed { org_tx_id, code, detail });
        }
        Err(error @ InvokeError::Host(_)) => return Err(error),
    }
    Ok(())
}

/// The payment, with every check and the fee of any other; a refusal comes before anything is written.
fn execute(contract: &mut Contract<'_>, record: &OrgTransactionRecord) -> Result<(), InvokeError> {
    let (from, to) = (AccountId::Holder(record.organization_id), AccountId::Holder(record.to));
    contract.check_holder(&record.organization_id, "payer")?;
    contract.check_receiver(&to)?;
    let to_a_person = record.to.account_type() == AccountType::INDIVIDUAL;
    let asked = Some(if to_a_person { TransactionType::Merchant } else { TransactionType::B2B });
    pay(contract, Payment { from, to, amount: record.amount, asked, remark: record.remark.clone() })?;
    Ok(())
}

fn done(contract: &mut Contract<'_>, record: &OrgTransactionRecord) -> Result<ReceiptResult, InvokeError> {
    state::put_org_transaction(contract.host, record)?;
    Ok(ReceiptResult::OrgTransaction { org_tx_id: record.org_tx_id, status: record.status })
}
