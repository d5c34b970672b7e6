//! TokenomicsContract: payments with a fee, and transfers without one.

use crate::args::{Args, REMARK_CHARS_MAX};
use crate::call::ReceiptResult;
use crate::contract::{Contract, insufficient};
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::{EventBody, InternalTransferType};
use crate::fees::{self, TransactionType};
use crate::state;
use gx_types::{AccountId, Qirat, SystemAccount};

/// Where every fee goes.
const FEE_SINK: AccountId = AccountId::System(SystemAccount::OperationsFund);

/// A payment: the receiver gets the amount, the payer pays the fee on top, the fee waits as an entry of the operations
/// fund.
pub(crate) fn transfer_with_fees(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let from = args.account(0)?;
    let to = args.account(1)?;
    let amount = args.amount(2)?;
    let asked = transaction_type(args, 3)?;
    let remark = args.words(4, REMARK_CHARS_MAX, false)?;
    check_sides(contract, &from, &to)?;
    pay(contract, Payment { from, to, amount, asked, remark })
}

/// A payment whose two sides were checked.
pub(crate) struct Payment {
    pub from: AccountId,
    pub to: AccountId,
    pub amount: Qirat,
    /// The type; by the kinds of both accounts when absent.
    pub asked: Option<TransactionType>,
    pub remark: String,
}

/// Moves the coins of a payment and its fee. A refusal comes before anything is written.
pub(crate) fn pay(contract: &mut Contract<'_>, payment: Payment) -> Result<ReceiptResult, InvokeError> {
    let Payment { from, to, amount, asked, remark } = payment;
    let schedule = state::fee_schedule(contract.host)?;
    let quote = fees::quote(&schedule, &from, &to, asked, amount);
    let Some(debit) = amount.checked_add(quote.fee) else {
        let balance = state::balance(contract.host, &from)?;
        return Err(insufficient(balance, Qirat::CAP).into());
    };
    let from_balance_after = contract.debit(&from, debit)?;
    let (to_balance_after, to_credit) = contract.credit(&to, amount)?.into_fields();
    let fee_credit = if quote.fee.is_zero() { None } else { Some(contract.credit_by_entry(&FEE_SINK, quote.fee)?) };
    contract.emit(EventBody::TransferCompleted {
        from,
        to,
        amount,
        fee: quote.fee,
        fee_rate_bps: quote.rate_bps,
        transaction_type: quote.transaction_type,
        scope: quote.scope,
        remark,
        from_balance_after,
        to_balance_after,
        to_credit,
        fee_credit,
    });
    Ok(ReceiptResult::Transferred { amount, fee: quote.fee })
}

/// A transfer without fee, for repayments into pools and corrections.
pub(crate) fn transfer_internal(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let from = args.account(0)?;
    let to = args.account(1)?;
    let amount = args.amount(2)?;
    let transfer_type = InternalTransferType::parse(args.text(3))
        .ok_or_else(|| args.invalid(3, InternalTransferType::ALL.map(InternalTransferType::as_str).join(" or ")))?;
    let remark = args.words(4, REMARK_CHARS_MAX, false)?;
    check_sides(contract, &from, &to)?;

    let from_balance_after = contract.debit(&from, amount)?;
    let (to_balance_after, to_credit) = contract.credit(&to, amount)?.into_fields();
    contract.emit(EventBody::InternalTransferCompleted {
        from,
        to,
        amount,
        transfer_type,
        remark,
        from_balance_after,
        to_balance_after,
        to_credit,
    });
    Ok(ReceiptResult::Transferred { amount, fee: Qirat::ZERO })
}

/// The type of a payment; empty means: by the kinds of both accounts.
pub(crate) fn transaction_type(args: Args<'_>, index: usize) -> Result<Option<TransactionType>, Refusal> {
    match args.text(index) {
        "" => Ok(None),
        word => match TransactionType::parse(word) {
            Some(kind) => Ok(Some(kind)),
            None => Err(args.invalid(index, TransactionType::ALL.map(TransactionType::as_str).join(", "))),
        },
    }
}

fn check_sides(contract: &mut Contract<'_>, from: &AccountId, to: &AccountId) -> Result<(), InvokeError> {
    if from == to {
        return Err(Refusal::of(RefusalCode::SelfTransfer).into());
    }
    contract.check_payer(from)?;
    contract.check_receiver(to)
}
