//! IdentityContract: registration with its genesis grant.

use gx_types::{AccountId, AccountType, BirthDate, CountryCode, GxId, Qirat, Timestamp};

use crate::args::Args;
use crate::call::ReceiptResult;
use crate::contract::Contract;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::{CountryEntry, EventBody, NoGrantReason};
use crate::genesis::{self, AGE_MIN_YEARS, GRANT_AGE_MAX_YEARS, PHASES, Phase};
use crate::host::{Host, HostError};
use crate::state::{self, GrantRecord, UserRecord};

/// Oldest age that the argument may claim.
const AGE_ARGUMENT_MAX_YEARS: u32 = 150;

/// How far the claimed age may lie from the one that the id gives: birthdays pass while a command waits.
const AGE_TOLERANCE_YEARS: u32 = 1;

/// Registers a person, grants genesis and credits the treasury of the country, all in one transaction.
pub(crate) fn create_user(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    // 1. The arguments.
    let user_id = individual_id(args)?;
    let document_hash = args.sha256(1)?;
    let nationality = args.country(2)?;
    let claimed_age = args.number(3, AGE_ARGUMENT_MAX_YEARS)?;
    let shard = u16::try_from(args.number(4, u32::from(u16::MAX))?).map_err(|_| args.invalid(4, "too high"))?;

    // 2. The country, the id, the age.
    let Some(country) = state::country(contract.host, &nationality)? else {
        let detail = format!("{nationality} is not on the ledger");
        return Err(Refusal::with(RefusalCode::CountryNotFound, detail).into());
    };
    if shard >= country.shards {
        return Err(args.invalid(4, format!("{nationality} has {} shards, counted from 0", country.shards)).into());
    }
    if user_id.country() != nationality {
        return Err(Refusal::with(RefusalCode::InvalidUserId, "the nationality is not the id's country").into());
    }
    let age = age_of(&user_id, contract.now())?;
    if age.abs_diff(claimed_age) > AGE_TOLERANCE_YEARS {
        return Err(Refusal::with(RefusalCode::AgeMismatch, format!("the id says {age} years")).into());
    }
    if age < u32::from(AGE_MIN_YEARS) {
        return Err(Refusal::of(RefusalCode::AgeBelowMinimum).into());
    }

    // 3. Neither id nor document was registered before.
    if state::user(contract.host, &user_id)?.is_some() {
        return Err(Refusal::of(RefusalCode::UserExists).into());
    }
    if state::document_owner(contract.host, &document_hash)?.is_some() {
        return Err(Refusal::of(RefusalCode::DocumentAlreadyUsed).into());
    }

    // 4. The person, and a slot where there is one.
    contract.emit(EventBody::UserCreated { user_id, nationality, document_hash, age });
    let grant = if age > u32::from(GRANT_AGE_MAX_YEARS) {
        contract.emit(EventBody::GenesisNotGranted { user_id, reason: NoGrantReason::AboveAge });
        None
    } else if let Some((phase, shard)) = take_slot(contract.host, &country, shard)? {
        Some(grant(contract, user_id, &country, phase, shard)?)
    } else {
        contract.emit(EventBody::GenesisNotGranted { user_id, reason: NoGrantReason::CountryExhausted });
        None
    };
    let registered_at = contract.now();
    let record = UserRecord { user_id, document_hash, nationality, registered_at, grant, frozen: None };
    state::put_user(contract.host, &record)?;
    state::put_document_owner(contract.host, &document_hash, &user_id)?;
    Ok(ReceiptResult::UserCreated {
        grant: grant.map_or(Qirat::ZERO, |grant| grant.amount),
        phase: grant.map(|grant| grant.phase),
    })
}

/// The id, which must be an individual's.
fn individual_id(args: Args<'_>) -> Result<GxId, Refusal> {
    let text = args.text(0);
    let id: GxId = text
        .parse()
        .map_err(|error: gx_types::GxIdError| Refusal::with(RefusalCode::InvalidUserId, error.to_string()))?;
    if id.as_str() != text {
        return Err(Refusal::with(RefusalCode::InvalidUserId, "an id is written with single spaces"));
    }
    if id.account_type() != AccountType::INDIVIDUAL {
        return Err(Refusal::with(RefusalCode::InvalidUserId, "the id is not an individual's"));
    }
    Ok(id)
}

/// Age in full calendar years on the transaction's day, from the date in the id.
fn age_of(id: &GxId, now: Timestamp) -> Result<u32, Refusal> {
    let invalid = |why: &str| Refusal::with(RefusalCode::InvalidUserId, why);
    let (born, _): (BirthDate, _) = id.birth().map_err(|error| invalid(&error.to_string()))?;
    born.age_at(now).ok_or_else(|| invalid("the date in the id is after today"))
}

/// Takes a slot of the country's lowest phase that has one: from the shard of the hint, else from the next shards.
/// `None` when every slot of the country is used.
///
/// While a phase lasts, a registration reads and writes its own shard only. When a phase ends, the transaction that
/// finds it used up records the next one, so that later ones need not look again.
fn take_slot(
    host: &mut dyn Host,
    country: &CountryEntry,
    hint: u16,
) -> Result<Option<(&'static Phase, u16)>, HostError> {
    let recorded = state::phase(host, &country.code)?;
    for phase in PHASES.iter().filter(|phase| phase.number >= recorded) {
        let index = usize::from(phase.number - 1);
        for step in 0..country.shards {
            let shard = (hint + step) % country.shards;
            let mut used = state::used_slots(host, &country.code, shard)?;
            if used[index] < genesis::shard_slots(country.slots, shard, country.shards)[index] {
                used[index] += 1;
                state::put_used_slots(host, &country.code, shard, &used)?;
                record_phase(host, &country.code, recorded, phase.number)?;
                return Ok(Some((phase, shard)));
            }
        }
    }
    record_phase(host, &country.code, recorded, genesis::PHASE_EXHAUSTED)?;
    Ok(None)
}

fn record_phase(host: &mut dyn Host, code: &CountryCode, recorded: u8, phase: u8) -> Result<(), HostError> {
    if phase == recorded { Ok(()) } else { state::put_phase(host, code, phase) }
}

/// Mints a grant to the person and the treasury's part beside it. Slots bound both sums: all of them together are
/// exactly the caps of the two genesis pools.
fn grant(
    contract: &mut Contract<'_>,
    user_id: GxId,
    country: &CountryEntry,
    phase: &Phase,
    shard: u16,
) -> Result<GrantRecord, InvokeError> {
    let amount = phase.user_grant;
    let balance_after = contract.add_to_balance(&AccountId::Holder(user_id), amount)?;
    contract.emit(EventBody::GenesisDistributed {
        user_id,
        country: country.code,
        shard,
        phase: phase.number,
        amount,
        balance_after,
    });
    let credit = contract.credit_by_entry(&AccountId::Treasury(country.code), phase.treasury_grant)?;
    contract.emit(EventBody::TreasuryAllocated { credit, phase: phase.number });
    Ok(GrantRecord { phase: phase.number, shard, amount })
}
