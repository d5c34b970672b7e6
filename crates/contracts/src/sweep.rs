//! Sweeps: named delta entries become part of the balance of their account.

use std::collections::BTreeSet;

use gx_types::Qirat;

use crate::args::Args;
use crate::call::ReceiptResult;
use crate::contract::Contract;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::EventBody;
use crate::host::HostError;
use crate::state::{self, DeltaKey};

/// Most entries that one sweep names.
pub const SWEEP_DELTAS_MAX: usize = 500;

/// Adds the named entries of one account to its balance and removes them. It reads no range: an entry that is made
/// meanwhile is none of its business.
pub(crate) fn sweep_deltas(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let account = args.account(0)?;
    let delta_keys: Vec<String> = serde_json::from_str(args.text(1)).map_err(|error| args.invalid(1, error))?;
    if delta_keys.is_empty() {
        return Err(args.invalid(1, "at least one entry").into());
    }
    if delta_keys.len() > SWEEP_DELTAS_MAX {
        return Err(Refusal::of(RefusalCode::TooManyDeltas).into());
    }
    let mut named = BTreeSet::new();
    let mut amount = Qirat::ZERO;
    for text in &delta_keys {
        let key = DeltaKey::parse(text).filter(|key| key.account == account);
        let key = key.ok_or_else(|| args.invalid(1, format!("{text} names no entry of {account}")))?;
        if !named.insert(text) {
            return Err(args.invalid(1, format!("{text} is named twice")).into());
        }
        let Some(entry) = state::delta(contract.host, &key)? else {
            return Err(Refusal::with(RefusalCode::DeltaNotFound, format!("{text} does not exist")).into());
        };
        state::delete_delta(contract.host, &key)?;
        amount = amount
            .checked_add(entry)
            .ok_or_else(|| HostError::Corrupt(format!("the entries of {account} pass the supply cap")))?;
    }
    let balance_after = contract.add_to_balance(&account, amount)?;
    contract.emit(EventBody::DeltasSwept { account, delta_keys, amount, balance_after });
    Ok(ReceiptResult::Swept { account, amount })
}
