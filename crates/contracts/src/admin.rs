//! AdminContract: bootstrap, countries, parameters, pause, appointments, treasuries.

use gx_types::CountryCode;
use serde::Deserialize;

use crate::args::{Args, REASON_CHARS_MAX};
use crate::call::ReceiptResult;
use crate::contract::Contract;
use crate::countries;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::{CountryEntry, EventBody};
use crate::genesis;
use crate::parameters::Parameter;
use crate::pools::Pool;
use crate::state::{self, AppointmentRecord, SystemRecord, TreasuryStatus};

/// First parameters and pools; the caller has seen that there is no system record yet.
pub(crate) fn bootstrap_system(contract: &mut Contract<'_>) -> Result<ReceiptResult, InvokeError> {
    let bootstrapped_in = contract.tx_id();
    state::put_system(contract.host, &SystemRecord { bootstrapped_in, paused: None })?;
    let mut parameters = Vec::with_capacity(Parameter::ALL.len());
    for parameter in Parameter::ALL {
        let value = parameter.initial();
        state::put_parameter(contract.host, parameter.name(), &value)?;
        parameters.push((parameter.name().to_owned(), value));
    }
    contract
        .emit(EventBody::SystemBootstrapped { parameters, pools: Pool::ALL.map(|pool| (pool, pool.cap())).to_vec() });
    Ok(ReceiptResult::Done)
}

/// Countries with their slots, each with a locked treasury. Shares are those of the data file, nothing else.
pub(crate) fn initialize_country_data(
    contract: &mut Contract<'_>,
    args: Args<'_>,
) -> Result<ReceiptResult, InvokeError> {
    let shares: Vec<NamedShare> = serde_json::from_str(args.text(0)).map_err(|error| args.invalid(0, error))?;
    if shares.is_empty() {
        return Err(args.invalid(0, "at least one country").into());
    }
    let mut entries: Vec<CountryEntry> = Vec::with_capacity(shares.len());
    for share in shares {
        let entry = entry_of(&share, args)?;
        if entries.last().is_some_and(|before| before.code >= entry.code) {
            return Err(args.invalid(0, "countries ascend by code, each named once").into());
        }
        if state::country(contract.host, &entry.code)?.is_some() {
            let detail = format!("{} is on the ledger already", entry.code);
            return Err(Refusal::with(RefusalCode::CountryExists, detail).into());
        }
        entries.push(entry);
    }
    for entry in &entries {
        state::put_country(contract.host, entry)?;
        state::put_treasury(contract.host, &entry.code, TreasuryStatus::Locked)?;
    }
    contract.emit(EventBody::CountryDataInitialized { countries: entries });
    Ok(ReceiptResult::Done)
}

/// [`CountryShare`](crate::CountryShare) as text names it: codes are upper case, other fields are unknown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NamedShare {
    code: String,
    share_e8: u64,
}

fn entry_of(share: &NamedShare, args: Args<'_>) -> Result<CountryEntry, Refusal> {
    let code = share.code.as_str();
    let parsed: CountryCode = code.parse().map_err(|error| args.invalid(0, error))?;
    if parsed.as_str() != code {
        return Err(args.invalid(0, "countries are written in upper case"));
    }
    let unknown = || Refusal::with(RefusalCode::CountryNotFound, format!("{code} has no share in the distribution"));
    let known = countries::country(code).ok_or_else(unknown)?;
    if known.share_e8 != share.share_e8 {
        let why = format!("the share of {code} is {} in 10⁻⁸, not {}", known.share_e8, share.share_e8);
        return Err(args.invalid(0, why));
    }
    Ok(CountryEntry {
        code: parsed,
        share_e8: share.share_e8,
        slots: genesis::country_slots(code).ok_or_else(unknown)?,
        shards: genesis::shard_count(code).ok_or_else(unknown)?,
    })
}

/// A registered parameter gets a value within its type and range.
pub(crate) fn update_system_parameter(
    contract: &mut Contract<'_>,
    args: Args<'_>,
) -> Result<ReceiptResult, InvokeError> {
    let name = args.text(0);
    let parameter = Parameter::parse(name).ok_or_else(|| Refusal::of(RefusalCode::ParameterNotFound))?;
    let value = parameter
        .check(args.text(1))
        .map_err(|why| Refusal::with(RefusalCode::ParameterOutOfRange, format!("{name}: {why}")))?;
    state::put_parameter(contract.host, parameter.name(), &value)?;
    contract.emit(EventBody::SystemParameterUpdated { parameter: parameter.name().to_owned(), value });
    Ok(ReceiptResult::Done)
}

/// From the next transaction on, everything that writes is refused until the pause ends.
pub(crate) fn pause_system(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let reason = args.words(0, REASON_CHARS_MAX, true)?;
    let record = SystemRecord { paused: Some(reason.clone()), ..contract.system()? };
    state::put_system(contract.host, &record)?;
    contract.emit(EventBody::SystemPaused { reason });
    Ok(ReceiptResult::Done)
}

/// Ends a pause.
pub(crate) fn resume_system(contract: &mut Contract<'_>) -> Result<ReceiptResult, InvokeError> {
    let record = contract.system()?;
    if record.paused.is_none() {
        return Err(Refusal::of(RefusalCode::NotPaused).into());
    }
    state::put_system(contract.host, &SystemRecord { paused: None, ..record })?;
    contract.emit(EventBody::SystemResumed);
    Ok(ReceiptResult::Done)
}

/// Records an administrator once.
pub(crate) fn appoint_admin(contract: &mut Contract<'_>, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    let admin_id = args.admin_id(0)?;
    if state::appointment(contract.host, &admin_id)?.is_some() {
        return Err(Refusal::of(RefusalCode::AdminExists).into());
    }
    let appointed_at = contract.now();
    state::put_appointment(contract.host, &AppointmentRecord { admin_id: admin_id.clone(), appointed_at })?;
    contract.emit(EventBody::AdminAppointed { admin_id });
    Ok(ReceiptResult::Done)
}

/// A locked treasury may spend from now on.
pub(crate) fn activate_treasury_account(
    contract: &mut Contract<'_>,
    args: Args<'_>,
) -> Result<ReceiptResult, InvokeError> {
    let country: CountryCode = args.country(0)?;
    match contract.treasury(&country)? {
        TreasuryStatus::Active => return Err(Refusal::of(RefusalCode::TreasuryNotLocked).into()),
        TreasuryStatus::Locked => {}
    }
    state::put_treasury(contract.host, &country, TreasuryStatus::Active)?;
    contract.emit(EventBody::TreasuryAccountActivated { country });
    Ok(ReceiptResult::Done)
}
