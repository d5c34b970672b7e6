//! The way of a call: function, role, arguments, ledger key, pause, then the function itself.

use gx_types::{LedgerKey, Sha256Hex};
use sha2::{Digest, Sha256};

use crate::args::Args;
use crate::call::{Call, KeyRecord, Receipt, ReceiptResult, Simulation};
use crate::contract::Contract;
use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::{Event, EventBody};
use crate::function::{Access, Function};
use crate::host::{Buffered, Host, QueryHost, ReadHost};
use crate::state::{self, SystemRecord};
use crate::{
    admin, disbursements, identity, loans, org_transactions, organizations, payments, queries, sweep, wallets,
};

/// What a writing call did to its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Its receipt; the first transaction's when replayed.
    pub receipt: Receipt,
    /// Its events in order; empty when replayed.
    pub events: Vec<Event>,
    /// Whether the call had been done before under the same ledger key; nothing was written then.
    pub replayed: bool,
}

/// Runs a writing function on a host. After an error the host's writes are to be thrown away.
///
/// # Errors
/// [`InvokeError::Refused`] when the contract refuses; [`InvokeError::Host`] when the host fails.
pub fn invoke(host: &mut dyn Host, function: &str, args: &[String]) -> Result<Invocation, InvokeError> {
    let function = Function::parse(function).ok_or_else(|| unknown(function))?;
    let Access::Write(role) = function.access() else { return Err(unknown(function.name()).into()) };
    if host.tx().signer.role != Some(role) {
        return Err(Refusal::with(RefusalCode::RoleRefused, format!("{function} is for {}", role.as_str())).into());
    }
    let read_args = Args::new(function, args)?;
    let key = read_args.key()?;
    let request_hash = request_hash(function, args);
    if let Some(record) = state::key_record(host, &key)? {
        return replay(function, key, &request_hash, record);
    }
    let system = running_system(host, function)?;
    let tx_id = host.tx().tx_id;
    let mut contract = Contract::new(host, key.clone(), system);
    let result = run(&mut contract, function, read_args)?;
    let events = contract.into_events();
    let receipt = Receipt { tx_id, key, result };
    let record = match function {
        Function::VoidKey => KeyRecord::Void { tx_id },
        _ => KeyRecord::Done { request_hash, receipt: receipt.clone() },
    };
    state::put_key_record(host, &receipt.key, &record)?;
    Ok(Invocation { receipt, events, replayed: false })
}

/// Runs a writing call over a state that only reads, and collects what it would write. The reads it makes reach `below`,
/// which records them.
///
/// # Errors
/// As [`invoke`].
pub fn simulate<R: ReadHost>(below: &mut R, call: &Call) -> Result<Simulation, InvokeError> {
    let mut buffered = Buffered::new(below);
    let Invocation { receipt, events, replayed } = invoke(&mut buffered, &call.function, &call.args)?;
    let (_, writes) = buffered.into_parts();
    Ok(Simulation { writes, events, receipt, replayed })
}

/// Runs a reading function and answers with canonical JSON.
///
/// # Errors
/// As [`invoke`].
pub fn query(host: &mut dyn QueryHost, function: &str, args: &[String]) -> Result<Vec<u8>, InvokeError> {
    let function = Function::parse(function).ok_or_else(|| unknown(function))?;
    let Access::Read = function.access() else { return Err(unknown(function.name()).into()) };
    if host.tx().signer.role.is_none() {
        let detail = format!("{function} is for every role, and the signer has none");
        return Err(Refusal::with(RefusalCode::RoleRefused, detail).into());
    }
    queries::answer(host, function, Args::new(function, args)?)
}

fn run(contract: &mut Contract<'_>, function: Function, args: Args<'_>) -> Result<ReceiptResult, InvokeError> {
    match function {
        Function::BootstrapSystem => admin::bootstrap_system(contract),
        Function::InitializeCountryData => admin::initialize_country_data(contract, args),
        Function::UpdateSystemParameter => admin::update_system_parameter(contract, args),
        Function::PauseSystem => admin::pause_system(contract, args),
        Function::ResumeSystem => admin::resume_system(contract),
        Function::AppointAdmin => admin::appoint_admin(contract, args),
        Function::ActivateTreasuryAccount => admin::activate_treasury_account(contract, args),
        Function::DisburseFromPool => disbursements::disburse_from_pool(contract, args),
        Function::CreateUser => identity::create_user(contract, args),
        Function::TransferWithFees => payments::transfer_with_fees(contract, args),
        Function::TransferInternal => payments::transfer_internal(contract, args),
        Function::FreezeWallet => wallets::freeze_wallet(contract, args),
        Function::UnfreezeWallet => wallets::unfreeze_wallet(contract, args),
        Function::SweepDeltas => sweep::sweep_deltas(contract, args),
        Function::ApplyForLoan => loans::apply_for_loan(contract, args),
        Function::ApproveLoan => loans::approve_loan(contract, args),
        Function::RejectLoan => loans::reject_loan(contract, args),
        Function::RepayLoan => loans::repay_loan(contract, args),
        Function::ProposeOrganization => organizations::propose_organization(contract, args),
        Function::EndorseMembership => organizations::endorse_membership(contract, args),
        Function::ActivateOrganization => organizations::activate_organization(contract, args),
        Function::DefineAuthRule => organizations::define_auth_rule(contract, args),
        Function::LockOrganization => organizations::lock_organization(contract, args),
        Function::UnlockOrganization => organizations::unlock_organization(contract, args),
        Function::InitiateMultiSigTx => org_transactions::initiate_multisig_tx(contract, args),
        Function::ApproveMultiSigTx => org_transactions::approve_multisig_tx(contract, args),
        Function::RejectMultiSigTx => org_transactions::reject_multisig_tx(contract, args),
        Function::ExpireMultiSigTx => org_transactions::expire_multisig_tx(contract, args),
        Function::VoidKey => {
            contract.emit(EventBody::KeyVoided);
            Ok(ReceiptResult::Voided)
        }
        Function::GetSystemStatus
        | Function::GetParameter
        | Function::GetCountryStats
        | Function::ListAllCountries
        | Function::GetUser
        | Function::UserExists
        | Function::GetBalance
        | Function::GetTransactionHistory
        | Function::GetSupplyStatus
        | Function::GetPoolStatus
        | Function::GetKeyRecord
        | Function::GetLoan
        | Function::GetMyLoans
        | Function::GetOrganization
        | Function::GetMultiSigTx
        | Function::CalculateTransactionFee => Err(unknown(function.name()).into()),
    }
}

/// The answer to a call whose ledger key is in use: the first receipt for the same call, a refusal for another one.
/// Voiding asks «is there a receipt?», so it takes any.
fn replay(
    function: Function,
    key: LedgerKey,
    request_hash: &Sha256Hex,
    record: KeyRecord,
) -> Result<Invocation, InvokeError> {
    let receipt = match record {
        KeyRecord::Void { tx_id } if function == Function::VoidKey => {
            Receipt { tx_id, key, result: ReceiptResult::Voided }
        }
        KeyRecord::Void { .. } => return Err(Refusal::of(RefusalCode::KeyVoided).into()),
        KeyRecord::Done { request_hash: first, receipt } => {
            if first != *request_hash && function != Function::VoidKey {
                return Err(Refusal::of(RefusalCode::IdempotencyKeyReused).into());
            }
            receipt
        }
    };
    Ok(Invocation { receipt, events: Vec::new(), replayed: true })
}

/// The system's record, when the function may run in its state; `None` only for the bootstrap.
fn running_system(host: &mut dyn Host, function: Function) -> Result<Option<SystemRecord>, InvokeError> {
    let system = state::system(host)?;
    match &system {
        None if function == Function::BootstrapSystem => Ok(None),
        None => Err(Refusal::of(RefusalCode::NotBootstrapped).into()),
        Some(_) if function == Function::BootstrapSystem => Err(Refusal::of(RefusalCode::AlreadyBootstrapped).into()),
        Some(SystemRecord { paused: Some(reason), .. }) if !function.runs_while_paused() => {
            Err(Refusal::with(RefusalCode::SystemPaused, format!("The system is paused: {reason}")).into())
        }
        Some(_) => Ok(system),
    }
}

/// What makes two calls the same: function and arguments, less the ledger key and what is only a hint. Each part is
/// preceded by its length, so that no two lists look alike.
fn request_hash(function: Function, args: &[String]) -> Sha256Hex {
    let mut hasher = Sha256::new();
    let mut part = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    part(function.name());
    let key_index = args.len().saturating_sub(1);
    for (index, value) in args.iter().enumerate() {
        if index != key_index && Some(index) != function.hint_argument() {
            part(value);
        }
    }
    Sha256Hex::from_bytes(hasher.finalize().into())
}

fn unknown(function: &str) -> Refusal {
    let shown: String = function.chars().take(80).collect();
    Refusal::with(RefusalCode::UnknownFunction, format!("no such function to call this way: {shown}"))
}
