//! LoanPoolContract: loans without interest from the loan pool, secured by a document.
//!
//! A person applies, an administrator approves, a second one's approval pays it out; the person pays it back in any number
//! of parts, into the pool's account, from which the next loans are paid first. A loan's id comes from the transaction
//! that applied for it and is in the receipt. What a person has open stands in one record of the borrower's, so that the
//! limits need no range and no two people's loans touch the same key.

use gx_types::{AccountId, AccountType, GxId, LoanId, LoanStatus, Qirat};

use crate::args::{Args, REASON_CHARS_MAX};
use crate::call::ReceiptResult;
use crate::contract::Contract;
use crate::disbursements::pay_out;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::{EventBody, InternalTransferType};
use crate::host::HostError;
use crate::parameters::LOAN_TRUST_MIN;
use crate::pools::Pool;
use crate::state::{self, LoanRecord};

/// The smallest loan.
pub const LOAN_MIN: Qirat = Qirat::gx(100);

/// The largest loan.
pub const LOAN_MAX: Qirat = Qirat::gx(1_000_000);

/// Most open loans of a person: waiting, approved or not paid back.
pub const OPEN_LOANS_MAX: usize = 5;

/// Most that a person's loans may be together, those paid back included: five open ones never reach it.
pub const TOTAL_MAX: Qirat = Qirat::gx(10_000_000);

/// A person asks for a loan.
pub(crate) fn apply_for_loan(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    // 1. The arguments, and the person.
    let borrower = args.gx_id(0)?;
    let amount = args.amount(1)?;
    let collateral_hash = args.sha256(2)?;
    if !(LOAN_MIN..=LOAN_MAX).contains(&amount) {
        let detail = format!("loanAmount: {LOAN_MIN} to {LOAN_MAX} Q");
        return Err(Refusal::with(RefusalCode::LoanAmountOutOfRange, detail).into());
    }
    contract.check_holder(&borrower, "borrower")?;
    if borrower.account_type() != AccountType::INDIVIDUAL {
        return Err(Refusal::with(RefusalCode::AccountNotFound, "borrower: loans are for people").into());
    }
    check_trust(contract, &borrower)?;

    // 2. The limits of the person.
    let mut record = state::borrower(contract.host, &borrower)?;
    if record.open.len() >= OPEN_LOANS_MAX {
        return Err(Refusal::of(RefusalCode::TooManyLoans).into());
    }
    let Some(total) = record.total.checked_add(amount).filter(|total| *total <= TOTAL_MAX) else {
        let detail = format!("loanAmount: {} Q were lent or asked for, of at most {TOTAL_MAX} Q", record.total);
        return Err(Refusal::with(RefusalCode::LoanTotalExceeded, detail).into());
    };

    // 3. The loan.
    let loan_id = LoanId::of(contract.tx_id());
    let loan = LoanRecord {
        loan_id,
        borrower,
        amount,
        collateral_hash,
        status: LoanStatus::PendingApproval,
        outstanding: Qirat::ZERO,
        applied_at: contract.now(),
        first_approver: None,
    };
    record.open.insert(loan_id);
    record.total = total;
    state::put_borrower(contract.host, &borrower, &record)?;
    state::list_loan(contract.host, &borrower, &loan_id)?;
    state::put_loan(contract.host, &loan)?;
    contract.emit(EventBody::LoanApplied { loan_id, borrower, amount, collateral_hash });
    Ok(ReceiptResult::LoanApplied { loan_id })
}

/// The first approval is noted; the second one, by another person, pays the loan out.
pub(crate) fn approve_loan(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let loan = existing(contract, args)?;
    let approver = args.admin_id(1)?;
    let (loan_id, borrower, amount) = (loan.loan_id, loan.borrower, loan.amount);
    match (loan.status, &loan.first_approver) {
        (LoanStatus::PendingApproval, None) => {
            contract.check_holder(&borrower, "borrower")?;
            check_trust(contract, &borrower)?;
            let first_approver = Some(approver.clone());
            state::put_loan(contract.host, &LoanRecord { status: LoanStatus::Approved, first_approver, ..loan })?;
            contract.emit(EventBody::LoanApproved { loan_id, borrower, approver });
            Ok(ReceiptResult::Done)
        }
        (LoanStatus::Approved, Some(first)) if *first == approver => {
            let detail = "approver: the first approval is this person's";
            Err(Refusal::with(RefusalCode::SecondPersonNeeded, detail).into())
        }
        (LoanStatus::Approved, Some(_)) => {
            check_trust(contract, &borrower)?;
            pay_out(contract, Pool::Loan, AccountId::Holder(borrower), amount, "Loan".to_owned())?;
            state::put_loan(contract.host, &LoanRecord { status: LoanStatus::Active, outstanding: amount, ..loan })?;
            contract.emit(EventBody::LoanDisbursed { loan_id, borrower, approver });
            Ok(ReceiptResult::Transferred { amount, fee: Qirat::ZERO })
        }
        (status, _) => Err(not_in(status)),
    }
}

/// A loan that was not paid out is declined.
pub(crate) fn reject_loan(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let loan = existing(contract, args)?;
    let approver = args.admin_id(1)?;
    let reason = args.words(2, REASON_CHARS_MAX, true)?;
    if !matches!(loan.status, LoanStatus::PendingApproval | LoanStatus::Approved) {
        return Err(not_in(loan.status));
    }
    let (loan_id, borrower) = (loan.loan_id, loan.borrower);
    close(contract, &borrower, &loan_id, loan.amount)?;
    state::put_loan(contract.host, &LoanRecord { status: LoanStatus::Rejected, ..loan })?;
    contract.emit(EventBody::LoanRejected { loan_id, borrower, approver, reason });
    Ok(ReceiptResult::Done)
}

/// The borrower pays back, never more than is owed. The credit waits as an entry of the pool's account, so that people
/// who pay back at the same time do not wait for each other.
pub(crate) fn repay_loan(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let loan = existing(contract, args)?;
    let borrower = args.gx_id(1)?;
    let amount = args.amount(2)?;
    if loan.borrower != borrower {
        return Err(Refusal::with(RefusalCode::NotTheBorrower, "borrower: the loan is another person's").into());
    }
    if loan.status != LoanStatus::Active {
        return Err(not_in(loan.status));
    }
    let Some(outstanding) = loan.outstanding.checked_sub(amount) else {
        let detail = format!("amount: {} Q are owed", loan.outstanding);
        return Err(Refusal::with(RefusalCode::RepaymentAboveDebt, detail).into());
    };
    let (from, to) = (AccountId::Holder(borrower), AccountId::System(Pool::Loan.account()));
    contract.check_payer(&from)?;
    let from_balance_after = contract.debit(&from, amount)?;
    let (to_balance_after, to_credit) = contract.credit(&to, amount)?.into_fields();
    let loan_id = loan.loan_id;
    let status = if outstanding.is_zero() {
        close(contract, &borrower, &loan_id, Qirat::ZERO)?;
        LoanStatus::Paid
    } else {
        LoanStatus::Active
    };
    state::put_loan(contract.host, &LoanRecord { status, outstanding, ..loan })?;
    contract.emit(EventBody::InternalTransferCompleted {
        from,
        to,
        amount,
        transfer_type: InternalTransferType::LoanRepayment,
        remark: "Loan repayment".to_owned(),
        from_balance_after,
        to_balance_after,
        to_credit,
    });
    contract.emit(EventBody::LoanRepaid { loan_id, borrower, amount, outstanding });
    Ok(ReceiptResult::Transferred { amount, fee: Qirat::ZERO })
}

fn existing(contract: &mut Contract<'_>, args: Args<'_>) -> Result<LoanRecord, InvokeError> {
    let id = args.loan_id(0)?;
    Ok(state::loan(contract.host, &id)?.ok_or_else(|| Refusal::of(RefusalCode::LoanNotFound))?)
}

fn not_in(status: LoanStatus) -> InvokeError {
    Refusal::with(RefusalCode::LoanStateRefused, format!("loanId: the loan is {status}")).into()
}

/// The person's trust, as the ledger has it, against the parameter.
fn check_trust(contract: &mut Contract<'_>, borrower: &GxId) -> Result<(), InvokeError> {
    let least = match state::parameter(contract.host, LOAN_TRUST_MIN)? {
        Some(text) => text.parse().map_err(|_| HostError::Corrupt(format!("parameter {LOAN_TRUST_MIN}")))?,
        // Ledgers that were bootstrapped before the parameter existed.
        None => 0,
    };
    let trust = state::holder(contract.host, borrower)?.map_or(0, |holder| holder.trust);
    if trust < least {
        let detail = format!("borrower: trust is {trust}, {least} is asked for");
        return Err(Refusal::with(RefusalCode::TrustTooLow, detail).into());
    }
    Ok(())
}

/// A loan is not open any more; `never_lent` no longer counts to the person's total.
fn close(contract: &mut Contract<'_>, borrower: &GxId, loan_id: &LoanId, never_lent: Qirat) -> Result<(), InvokeError> {
    let mut record = state::borrower(contract.host, borrower)?;
    record.open.remove(loan_id);
    record.total = record.total.saturating_sub(never_lent);
    state::put_borrower(contract.host, borrower, &record)?;
    Ok(())
}
