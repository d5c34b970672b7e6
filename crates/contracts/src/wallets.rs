//! Freezing: a frozen person neither pays nor receives.

use crate::args::{Args, REASON_CHARS_MAX};
use crate::call::ReceiptResult;
use crate::contract::Contract;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::EventBody;
use crate::state::{self, UserRecord};

/// A person's coins stand still.
pub(crate) fn freeze_wallet(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let user_id = args.gx_id(0)?;
    let reason = args.words(1, REASON_CHARS_MAX, true)?;
    let user = contract.user(&user_id, RefusalCode::UserNotFound)?;
    if user.frozen.is_some() {
        return Err(Refusal::of(RefusalCode::AccountFrozen).into());
    }
    state::put_user(contract.host, &UserRecord { frozen: Some(reason.clone()), ..user })?;
    contract.emit(EventBody::WalletFrozen { user_id, reason });
    Ok(ReceiptResult::Done)
}

/// A person's coins move again.
pub(crate) fn unfreeze_wallet(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let user_id = args.gx_id(0)?;
    let user = contract.user(&user_id, RefusalCode::UserNotFound)?;
    if user.frozen.is_none() {
        return Err(Refusal::of(RefusalCode::AccountNotFrozen).into());
    }
    state::put_user(contract.host, &UserRecord { frozen: None, ..user })?;
    contract.emit(EventBody::WalletUnfrozen { user_id });
    Ok(ReceiptResult::Done)
}
