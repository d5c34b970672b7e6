//! The reading functions. They may page through ranges and history, which a writing transaction cannot.

use gx_types::{AccountId, CountryCode, LoanId, Qirat, Timestamp, TxId};
use serde::{Deserialize, Serialize};

use crate::args::Args;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::CountryEntry;
use crate::fees::quote;
use crate::function::Function;
use crate::genesis::{PHASE_COUNT, PHASES, Slots};
use crate::host::{HostError, Key, Namespace, QueryHost};
use crate::parameters::Parameter;
use crate::payments::transaction_type;
use crate::pools::Pool;
use crate::state::{self, LoanRecord};

/// Entries of a page when a range is read.
const PAGE: usize = 1_000;

/// Most lines of a history.
const HISTORY_MAX: usize = 100;

/// Answer of GetSystemStatus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemStatus {
    /// Whether the ledger was bootstrapped.
    pub is_bootstrapped: bool,
    /// Whether everything that writes is refused.
    pub is_paused: bool,
    /// Why it is paused.
    pub reason: Option<String>,
}

/// Answer of GetParameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterValue {
    /// Its name.
    pub parameter: String,
    /// Its value.
    pub value: String,
}

/// Answer of GetCountryStats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountryStats {
    /// The country as it was put on the ledger.
    #[serde(flatten)]
    pub country: CountryEntry,
    /// The lowest phase with slots left, 1 to 6; absent when all are used.
    pub current_phase: Option<u8>,
    /// Slots used per phase.
    pub used: Slots,
}

/// One pool: answer of GetPoolStatus and part of GetSupplyStatus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolStatus {
    /// Which.
    pub pool_id: Pool,
    /// The most it may ever mint, Qirat.
    pub cap: Qirat,
    /// What it minted, Qirat.
    pub minted: Qirat,
    /// What it may still mint, Qirat.
    pub available_to_mint: Qirat,
    /// What was paid back into its account and swept, Qirat.
    pub balance: Qirat,
    /// What may be paid out of it, Qirat.
    pub total_available: Qirat,
}

/// Answer of GetSupplyStatus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupplyStatus {
    /// The most that may ever exist, Qirat.
    pub max_supply: Qirat,
    /// What exists, Qirat.
    pub total_minted: Qirat,
    /// What may still be minted, Qirat.
    pub available_to_mint: Qirat,
    /// What exists outside the system's accounts, Qirat; fees that wait for a sweep still count.
    pub circulating_supply: Qirat,
    /// Every pool.
    pub pools: Vec<PoolStatus>,
}

/// One line of GetTransactionHistory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BalanceChange {
    /// The transaction.
    pub tx_id: TxId,
    /// Its time.
    pub timestamp: Timestamp,
    /// The balance it left, Qirat.
    pub balance: Qirat,
}

/// Runs a reading function; the caller has seen that it is one.
pub(crate) fn answer(host: &mut dyn QueryHost, function: Function, args: Args<'_>) -> Result<Vec<u8>, InvokeError> {
    match function {
        Function::GetSystemStatus => json(&system_status(host)?),
        Function::GetParameter => json(&parameter(host, args)?),
        Function::GetCountryStats => json(&country_stats(host, args)?),
        Function::ListAllCountries => json(&all_countries(host)?),
        Function::GetUser => {
            let id = args.gx_id(0)?;
            json(&state::user(host, &id)?.ok_or_else(|| Refusal::of(RefusalCode::UserNotFound))?)
        }
        Function::UserExists => json(&state::user(host, &args.gx_id(0)?)?.is_some()),
        Function::GetBalance => {
            let account = existing_account(host, args)?;
            json(&state::balance(host, &account)?)
        }
        Function::GetTransactionHistory => json(&history(host, args)?),
        Function::GetSupplyStatus => json(&supply(host)?),
        Function::GetPoolStatus => {
            let pool = Pool::parse(args.text(0)).ok_or_else(|| Refusal::of(RefusalCode::PoolNotFound))?;
            let genesis = genesis_minted(host)?;
            json(&pool_status(host, pool, genesis)?)
        }
        Function::GetKeyRecord => json(&state::key_record(host, &args.key()?)?),
        Function::CalculateTransactionFee => {
            let (from, to, amount) = (args.account(0)?, args.account(1)?, args.amount(2)?);
            let asked = transaction_type(args, 3)?;
            if state::system(host)?.is_none() {
                return Err(Refusal::of(RefusalCode::NotBootstrapped).into());
            }
            let schedule = state::fee_schedule(host)?;
            json(&quote(&schedule, &from, &to, asked, amount))
        }
        Function::GetLoan => {
            let id = args.loan_id(0)?;
            json(&state::loan(host, &id)?.ok_or_else(|| Refusal::of(RefusalCode::LoanNotFound))?)
        }
        Function::GetMyLoans => json(&loans_of(host, args)?),
        Function::GetOrganization => {
            let id = args.gx_id(0)?;
            json(&state::organization(host, &id)?.ok_or_else(|| Refusal::of(RefusalCode::OrganizationNotFound))?)
        }
        Function::GetMultiSigTx => {
            let id = args.org_tx_id(0)?;
            json(&state::org_transaction(host, &id)?.ok_or_else(|| Refusal::of(RefusalCode::OrgTxNotFound))?)
        }
        Function::BootstrapSystem
        | Function::InitializeCountryData
        | Function::UpdateSystemParameter
        | Function::PauseSystem
        | Function::ResumeSystem
        | Function::AppointAdmin
        | Function::ActivateTreasuryAccount
        | Function::DisburseFromPool
        | Function::CreateUser
        | Function::TransferWithFees
        | Function::TransferInternal
        | Function::FreezeWallet
        | Function::UnfreezeWallet
        | Function::SweepDeltas
        | Function::ApplyForLoan
        | Function::ApproveLoan
        | Function::RejectLoan
        | Function::RepayLoan
        | Function::ProposeOrganization
        | Function::EndorseMembership
        | Function::ActivateOrganization
        | Function::DefineAuthRule
        | Function::LockOrganization
        | Function::UnlockOrganization
        | Function::InitiateMultiSigTx
        | Function::ApproveMultiSigTx
        | Function::RejectMultiSigTx
        | Function::ExpireMultiSigTx
        | Function::VoidKey => Err(Refusal::of(RefusalCode::UnknownFunction).into()),
    }
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, InvokeError> {
    Ok(serde_json::to_vec(value).map_err(|error| HostError::Corrupt(error.to_string()))?)
}

fn system_status(host: &mut dyn QueryHost) -> Result<SystemStatus, InvokeError> {
    let record = state::system(host)?;
    let is_bootstrapped = record.is_some();
    let reason = record.and_then(|record| record.paused);
    Ok(SystemStatus { is_bootstrapped, is_paused: reason.is_some(), reason })
}

fn parameter(host: &mut dyn QueryHost, args: Args<'_>) -> Result<ParameterValue, InvokeError> {
    let absent = || Refusal::of(RefusalCode::ParameterNotFound);
    let parameter = Parameter::parse(args.text(0)).ok_or_else(absent)?;
    let value = state::parameter(host, parameter.name())?.ok_or_else(absent)?;
    Ok(ParameterValue { parameter: parameter.name().to_owned(), value })
}

fn country_stats(host: &mut dyn QueryHost, args: Args<'_>) -> Result<CountryStats, InvokeError> {
    let code: CountryCode = args.country(0)?;
    let country = state::country(host, &code)?.ok_or_else(|| Refusal::of(RefusalCode::CountryNotFound))?;
    let mut used = Slots::default();
    for shard in 0..country.shards {
        let of_shard = state::used_slots(host, &code, shard)?;
        for (sum, part) in used.iter_mut().zip(of_shard) {
            *sum += part;
        }
    }
    let current_phase = PHASES.iter().find(|phase| {
        let index = usize::from(phase.number - 1);
        used[index] < country.slots[index]
    });
    Ok(CountryStats { country, current_phase: current_phase.map(|phase| phase.number), used })
}

fn all_countries(host: &mut dyn QueryHost) -> Result<Vec<CountryEntry>, InvokeError> {
    let mut countries = Vec::new();
    for_each(host, Namespace::Country, &[], |key, value| {
        countries.push(serde_json::from_slice(value).map_err(|_| HostError::Corrupt(format!("{key:?}")))?);
        Ok(())
    })?;
    Ok(countries)
}

fn existing_account(host: &mut dyn QueryHost, args: Args<'_>) -> Result<AccountId, InvokeError> {
    let account = args.account(0)?;
    let exists = match &account {
        AccountId::Holder(id) => state::holder(host, id)?.is_some(),
        AccountId::Treasury(country) => state::treasury(host, country)?.is_some(),
        AccountId::System(_) => true,
    };
    if exists { Ok(account) } else { Err(Refusal::of(RefusalCode::AccountNotFound).into()) }
}

fn history(host: &mut dyn QueryHost, args: Args<'_>) -> Result<Vec<BalanceChange>, InvokeError> {
    let account = existing_account(host, args)?;
    let key = state::balance_key(&account)?;
    let mut lines = Vec::new();
    for entry in host.history(&key, HISTORY_MAX)? {
        let value = entry.value.ok_or_else(|| HostError::Corrupt(format!("{key:?}")))?;
        let balance = serde_json::from_slice(&value).map_err(|_| HostError::Corrupt(format!("{key:?}")))?;
        lines.push(BalanceChange { tx_id: entry.tx_id, timestamp: entry.timestamp, balance });
    }
    Ok(lines)
}

fn supply(host: &mut dyn QueryHost) -> Result<SupplyStatus, InvokeError> {
    let genesis = genesis_minted(host)?;
    let mut pools = Vec::with_capacity(Pool::ALL.len());
    for pool in Pool::ALL {
        pools.push(pool_status(host, pool, genesis)?);
    }
    let sum = |part: fn(&PoolStatus) -> Qirat| {
        let total: Option<Qirat> = pools.iter().map(part).sum();
        total.ok_or_else(|| HostError::Corrupt("the pools pass the supply cap".to_owned()))
    };
    let total_minted = sum(|pool| pool.minted)?;
    let in_pools = sum(|pool| pool.balance)?;
    Ok(SupplyStatus {
        max_supply: Qirat::CAP,
        total_minted,
        available_to_mint: Qirat::CAP.saturating_sub(total_minted),
        circulating_supply: total_minted.saturating_sub(in_pools),
        pools,
    })
}

/// What the two genesis pools minted: people's grants and treasuries' parts of every used slot.
#[derive(Clone, Copy, Default)]
struct GenesisMinted {
    users: Qirat,
    treasuries: Qirat,
}

fn genesis_minted(host: &mut dyn QueryHost) -> Result<GenesisMinted, InvokeError> {
    let mut used = [0_u64; PHASE_COUNT];
    for_each(host, Namespace::Shard, &[], |key, value| {
        let of_shard: Slots = serde_json::from_slice(value).map_err(|_| HostError::Corrupt(format!("{key:?}")))?;
        for (sum, part) in used.iter_mut().zip(of_shard) {
            *sum = sum.saturating_add(part);
        }
        Ok(())
    })?;
    let above = || HostError::Corrupt("used slots pass the genesis pools".to_owned());
    let times = |grant: Qirat, count: u64| grant.get().checked_mul(count).and_then(|sum| Qirat::new(sum).ok());
    let mut minted = GenesisMinted::default();
    for (phase, count) in PHASES.iter().zip(used) {
        let users = times(phase.user_grant, count).and_then(|sum| minted.users.checked_add(sum));
        let treasuries = times(phase.treasury_grant, count).and_then(|sum| minted.treasuries.checked_add(sum));
        minted = GenesisMinted { users: users.ok_or_else(above)?, treasuries: treasuries.ok_or_else(above)? };
    }
    Ok(minted)
}

/// A person's loans by id.
fn loans_of(host: &mut dyn QueryHost, args: Args<'_>) -> Result<Vec<LoanRecord>, InvokeError> {
    let borrower = args.gx_id(0)?;
    let mut ids = Vec::new();
    for_each(host, Namespace::LoanOf, &[borrower.as_str()], |key, _| {
        ids.extend(key.parts().nth(1).and_then(|id| id.parse::<LoanId>().ok()));
        Ok(())
    })?;
    let mut loans = Vec::with_capacity(ids.len());
    for id in ids {
        loans.extend(state::loan(host, &id)?);
    }
    Ok(loans)
}

fn pool_status(host: &mut dyn QueryHost, pool: Pool, genesis: GenesisMinted) -> Result<PoolStatus, InvokeError> {
    let minted = match pool {
        Pool::UserGenesis => genesis.users,
        Pool::GovtGenesis => genesis.treasuries,
        Pool::Charitable | Pool::Loan | Pool::Gx | Pool::Operations => state::minted(host, pool)?,
    };
    let balance = state::balance(host, &AccountId::System(pool.account()))?;
    let available_to_mint = pool.cap().saturating_sub(minted);
    // Pool balances are minted coins, so both together stay within the cap of the supply.
    let total_available = available_to_mint.checked_add(balance).unwrap_or(Qirat::CAP);
    Ok(PoolStatus { pool_id: pool, cap: pool.cap(), minted, available_to_mint, balance, total_available })
}

/// Every entry of a namespace, page by page.
fn for_each(
    host: &mut dyn QueryHost,
    namespace: Namespace,
    prefix: &[&str],
    mut each: impl FnMut(&Key, &[u8]) -> Result<(), HostError>,
) -> Result<(), HostError> {
    let mut bookmark: Option<String> = None;
    loop {
        let page = host.range(namespace, prefix, PAGE, bookmark.as_deref())?;
        for (key, value) in &page.entries {
            each(key, value)?;
        }
        match page.bookmark {
            Some(next) if bookmark.as_ref() != Some(&next) => bookmark = Some(next),
            _ => return Ok(()),
        }
    }
}
