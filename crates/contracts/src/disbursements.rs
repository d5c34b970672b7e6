//! Payments out of the four pools that are not genesis.

use gx_types::{AccountId, Qirat};

use crate::args::{Args, REMARK_CHARS_MAX};
use crate::call::ReceiptResult;
use crate::contract::Contract;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::EventBody;
use crate::host::HostError;
use crate::parameters::DISBURSEMENT_MAX_GX;
use crate::pools::Pool;
use crate::state;

/// Pays a person from a pool: first what was paid back into the pool's account, then newly minted coins.
pub(crate) fn disburse_from_pool(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let pool = Pool::parse(args.text(0)).filter(|pool| !pool.is_genesis());
    let pool = pool.ok_or_else(|| Refusal::of(RefusalCode::PoolNotFound))?;
    let to = args.account(1)?;
    let amount = args.amount(2)?;
    let remark = args.words(3, REMARK_CHARS_MAX, true)?;
    let AccountId::Holder(_) = to else { return Err(Refusal::of(RefusalCode::SystemAccountRefused).into()) };
    let limit = limit(contract)?;
    if amount > limit {
        return Err(Refusal::with(RefusalCode::AmountAboveLimit, format!("one call pays at most {limit} Q")).into());
    }
    pay_out(contract, pool, to, amount, remark)?;
    Ok(ReceiptResult::Transferred { amount, fee: Qirat::ZERO })
}

/// Pays from a pool: its account's balance first, the rest newly minted within the cap.
pub(crate) fn pay_out(
    contract: &mut Contract<'_>,
    pool: Pool,
    to: AccountId,
    amount: Qirat,
    remark: String,
) -> Result<(), InvokeError> {
    contract.check_receiver(&to)?;

    let account = AccountId::System(pool.account());
    let balance = state::balance(contract.host, &account)?;
    let minted_before = state::minted(contract.host, pool)?;
    let from_balance = balance.min(amount);
    let minted = amount.saturating_sub(from_balance);
    let minted_after = minted_before.checked_add(minted).filter(|sum| *sum <= pool.cap());
    let minted_after = minted_after.ok_or_else(|| exhausted(pool, balance, minted_before))?;

    let pool_balance_after = balance.saturating_sub(from_balance);
    if !from_balance.is_zero() {
        state::put_balance(contract.host, &account, pool_balance_after)?;
    }
    if !minted.is_zero() {
        state::put_minted(contract.host, pool, minted_after)?;
    }
    let to_balance_after = contract.add_to_balance(&to, amount)?;
    contract.emit(EventBody::PoolDisbursed { pool, to, amount, minted, pool_balance_after, to_balance_after, remark });
    Ok(())
}

fn limit(contract: &mut Contract<'_>) -> Result<Qirat, InvokeError> {
    let corrupt = || HostError::Corrupt(format!("parameter {DISBURSEMENT_MAX_GX}"));
    let text = state::parameter(contract.host, DISBURSEMENT_MAX_GX)?.ok_or_else(corrupt)?;
    let gx: u64 = text.parse().map_err(|_| corrupt())?;
    let qirat = gx.checked_mul(Qirat::PER_GX).ok_or_else(corrupt)?;
    Ok(Qirat::new(qirat).map_err(|_| corrupt())?)
}

fn exhausted(pool: Pool, balance: Qirat, minted: Qirat) -> Refusal {
    let free = u128::from(pool.cap().saturating_sub(minted).get()) + u128::from(balance.get());
    Refusal::with(RefusalCode::PoolExhausted, format!("{pool} has {free} Q left"))
}
