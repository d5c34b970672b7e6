//! What stands on the ledger: one record per key, and the functions that read and write them.
//!
//! No key is written by two transactions that have no account, pool or shard in common. That is why credits to
//! treasuries and the operations fund are entries of their own, and why there is no counter of people or coins.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use gx_types::{
    AccountId, AccountType, AuthRule, CountryCode, GxId, LedgerKey, LoanId, LoanStatus, OrgTxId, OrgTxStatus,
    OrganizationStatus, ProposedRule, Qirat, Sha256Hex, Timestamp, TxId,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::call::KeyRecord;
use crate::error::Refusal;
use crate::event::CountryEntry;
use crate::fees::FeeSchedule;
use crate::genesis::Slots;
use crate::host::{Host, HostError, Key, Namespace, ReadHost};
use crate::pools::Pool;

/// The one record of the system: absent before the bootstrap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemRecord {
    /// The transaction that bootstrapped the ledger.
    pub bootstrapped_in: TxId,
    /// Why the system is paused; absent when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
}

/// A registered person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRecord {
    /// The id.
    pub user_id: GxId,
    /// Hash of the identifying document.
    pub document_hash: Sha256Hex,
    /// Nationality.
    pub nationality: CountryCode,
    /// Time of the registering transaction.
    pub registered_at: Timestamp,
    /// The genesis grant; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantRecord>,
    /// Why the wallet is frozen; absent when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<String>,
}

/// Of the record of a person or an organisation what a payment asks for: whether it is there, frozen, and active.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct HolderRecord {
    /// Why the wallet is frozen; absent when it is not.
    #[serde(default)]
    pub frozen: Option<String>,
    /// The person's trust; 0 until something gives it.
    #[serde(default)]
    pub trust: u64,
    /// Where an organisation stands; people have none.
    #[serde(default)]
    pub status: Option<OrganizationStatus>,
}

/// An organisation of several people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationRecord {
    /// The id.
    pub organization_id: GxId,
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub status: OrganizationStatus,
    /// Who proposed it.
    pub proposer: GxId,
    /// Who belongs to it, and when each endorsed it.
    pub stakeholders: BTreeMap<GxId, Option<Timestamp>>,
    /// The rules in force, by ascending threshold.
    pub rules: Vec<AuthRule>,
    /// Rules to which not every stakeholder has agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposed_rules: Vec<ProposedRule>,
    /// Time of the proposing transaction.
    pub proposed_at: Timestamp,
    /// Why it is locked; absent when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<String>,
}

/// A transaction that an organisation's people decide over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgTransactionRecord {
    /// The id.
    pub org_tx_id: OrgTxId,
    /// Whose coins.
    pub organization_id: GxId,
    /// Who initiated it.
    pub initiator: GxId,
    /// To whom.
    pub to: GxId,
    /// How much, Qirat.
    pub amount: Qirat,
    /// What for.
    pub remark: String,
    /// The rule that decides over it, as it stood at the initiation.
    pub rule: AuthRule,
    /// Where it stands.
    pub status: OrgTxStatus,
    /// Who has approved.
    pub approvals: BTreeSet<GxId>,
    /// Who has rejected.
    pub rejections: BTreeSet<GxId>,
    /// When it can no longer be approved.
    pub expires_at: Timestamp,
    /// Why its payment was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Refusal>,
}

/// A genesis grant as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantRecord {
    /// Phase, 1 to 6.
    pub phase: u8,
    /// Shard whose slot it was, from 0.
    pub shard: u16,
    /// Grant, Qirat.
    pub amount: Qirat,
}

/// Whether a treasury may be spent from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TreasuryStatus {
    /// Receives, does not spend.
    Locked,
    /// Receives and spends.
    Active,
}

/// An appointment on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentRecord {
    /// Who.
    pub admin_id: String,
    /// When.
    pub appointed_at: Timestamp,
}

/// A loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoanRecord {
    /// Its id.
    pub loan_id: LoanId,
    /// Who asked for it.
    pub borrower: GxId,
    /// How much was asked for, Qirat.
    pub amount: Qirat,
    /// Hash of the document about the collateral.
    pub collateral_hash: Sha256Hex,
    /// Where it stands.
    pub status: LoanStatus,
    /// What is still owed, Qirat; zero before it is paid out.
    pub outstanding: Qirat,
    /// Time of the application.
    pub applied_at: Timestamp,
    /// The administrator who approved it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_approver: Option<String>,
}

/// What a person has borrowed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BorrowerRecord {
    /// Loans that are neither paid back nor declined.
    pub open: BTreeSet<LoanId>,
    /// All loans so far together, less those that were declined, Qirat.
    pub total: Qirat,
}

/// Bytes that are reserved for a record.
const RECORD_BYTES: usize = 384;

fn corrupt(key: &Key) -> HostError {
    HostError::Corrupt(format!("{key:?}"))
}

fn read<T: DeserializeOwned>(host: &mut (impl ReadHost + ?Sized), key: &Key) -> Result<Option<T>, HostError> {
    host.get(key)?.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| corrupt(key))).transpose()
}

fn write<T: Serialize>(host: &mut (impl Host + ?Sized), key: Key, value: &T) -> Result<(), HostError> {
    // Room for the largest record that a payment writes.
    let mut bytes = Vec::with_capacity(RECORD_BYTES);
    serde_json::to_writer(&mut bytes, value).map_err(|_| corrupt(&key))?;
    host.put(key, bytes);
    Ok(())
}

/// The last record of its kind beside the bytes it was read from, for what changes about never. The same bytes give the
/// same record, so keeping it changes no result.
struct Remembered<T>(RefCell<Option<(Vec<u8>, Rc<T>)>>);

impl<T: DeserializeOwned> Remembered<T> {
    const fn new() -> Self {
        Self(RefCell::new(None))
    }

    /// The record in `bytes`; `None` when they do not have its form.
    fn read(&self, bytes: Vec<u8>) -> Option<Rc<T>> {
        let mut last = self.0.borrow_mut();
        if let Some((known, record)) = &*last
            && *known == bytes
        {
            return Some(Rc::clone(record));
        }
        let record: Rc<T> = Rc::new(serde_json::from_slice(&bytes).ok()?);
        *last = Some((bytes, Rc::clone(&record)));
        Some(record)
    }
}

fn system_key() -> Result<Key, HostError> {
    Key::new(Namespace::System, &["system"])
}

/// The system's record. Every writing call reads it, so it is remembered as the fee schedule is.
pub(crate) fn system(host: &mut (impl ReadHost + ?Sized)) -> Result<Option<SystemRecord>, HostError> {
    thread_local! {
        static LAST: Remembered<SystemRecord> = const { Remembered::new() };
    }
    let key = system_key()?;
    let Some(bytes) = host.get(&key)? else { return Ok(None) };
    LAST.with(|last| last.read(bytes)).map(|record| Some(SystemRecord::clone(&record))).ok_or_else(|| corrupt(&key))
}

pub(crate) fn put_system(host: &mut (impl Host + ?Sized), record: &SystemRecord) -> Result<(), HostError> {
    write(host, system_key()?, record)
}

/// The record of a person.
pub(crate) fn user(host: &mut (impl ReadHost + ?Sized), id: &GxId) -> Result<Option<UserRecord>, HostError> {
    read(host, &Key::new(Namespace::User, &[id.as_str()])?)
}

/// Of the record of a person or an organisation what a payment asks for.
pub(crate) fn holder(host: &mut (impl ReadHost + ?Sized), id: &GxId) -> Result<Option<HolderRecord>, HostError> {
    let namespace =
        if id.account_type() == AccountType::INDIVIDUAL { Namespace::User } else { Namespace::Organization };
    read(host, &Key::new(namespace, &[id.as_str()])?)
}

/// The record of an organisation.
pub(crate) fn organization(
    host: &mut (impl ReadHost + ?Sized),
    id: &GxId,
) -> Result<Option<OrganizationRecord>, HostError> {
    read(host, &Key::new(Namespace::Organization, &[id.as_str()])?)
}

pub(crate) fn put_organization(host: &mut (impl Host + ?Sized), record: &OrganizationRecord) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Organization, &[record.organization_id.as_str()])?, record)
}

/// The record of a transaction of an organisation.
pub(crate) fn org_transaction(
    host: &mut (impl ReadHost + ?Sized),
    id: &OrgTxId,
) -> Result<Option<OrgTransactionRecord>, HostError> {
    read(host, &Key::new(Namespace::OrgTransaction, &[&id.to_string()])?)
}

pub(crate) fn put_org_transaction(
    host: &mut (impl Host + ?Sized),
    record: &OrgTransactionRecord,
) -> Result<(), HostError> {
    write(host, Key::new(Namespace::OrgTransaction, &[&record.org_tx_id.to_string()])?, record)
}

pub(crate) fn put_user(host: &mut (impl Host + ?Sized), record: &UserRecord) -> Result<(), HostError> {
    write(host, Key::new(Namespace::User, &[record.user_id.as_str()])?, record)
}

/// Who was registered with a document.
pub(crate) fn document_owner(host: &mut (impl ReadHost + ?Sized), hash: &Sha256Hex) -> Result<Option<GxId>, HostError> {
    read(host, &Key::new(Namespace::Document, &[&hash.to_string()])?)
}

pub(crate) fn put_document_owner(
    host: &mut (impl Host + ?Sized),
    hash: &Sha256Hex,
    owner: &GxId,
) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Document, &[&hash.to_string()])?, owner)
}

/// The key of an account's balance.
pub(crate) fn balance_key(account: &AccountId) -> Result<Key, HostError> {
    Key::new(Namespace::Balance, &[&account.to_string()])
}

/// The balance of an account without its unswept entries; zero before the first credit.
pub(crate) fn balance(host: &mut (impl ReadHost + ?Sized), account: &AccountId) -> Result<Qirat, HostError> {
    Ok(read(host, &balance_key(account)?)?.unwrap_or_default())
}

pub(crate) fn put_balance(
    host: &mut (impl Host + ?Sized),
    account: &AccountId,
    balance: Qirat,
) -> Result<(), HostError> {
    write(host, balance_key(account)?, &balance)
}

/// A delta entry's name in events and sweeps: `<account>/<transaction>/<position>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeltaKey {
    pub account: AccountId,
    pub tx_id: TxId,
    pub position: u16,
}

impl DeltaKey {
    /// Reads a name back; only its one spelling is a name.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let key = Self {
            account: parts.next()?.parse().ok()?,
            tx_id: parts.next()?.parse().ok()?,
            position: parts.next()?.parse().ok()?,
        };
        (key.to_string() == text).then_some(key)
    }

    fn key(&self) -> Result<Key, HostError> {
        let (account, tx_id, position) = (self.account.to_string(), self.tx_id.to_string(), self.position.to_string());
        Key::new(Namespace::Delta, &[&account, &tx_id, &position])
    }
}

impl std::fmt::Display for DeltaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.tx_id, self.position)
    }
}

/// The amount of a delta entry.
pub(crate) fn delta(host: &mut (impl ReadHost + ?Sized), key: &DeltaKey) -> Result<Option<Qirat>, HostError> {
    read(host, &key.key()?)
}

pub(crate) fn put_delta(host: &mut (impl Host + ?Sized), key: &DeltaKey, amount: Qirat) -> Result<(), HostError> {
    write(host, key.key()?, &amount)
}

pub(crate) fn delete_delta(host: &mut (impl Host + ?Sized), key: &DeltaKey) -> Result<(), HostError> {
    host.delete(key.key()?);
    Ok(())
}

/// A country as it was put on the ledger.
pub(crate) fn country(
    host: &mut (impl ReadHost + ?Sized),
    code: &CountryCode,
) -> Result<Option<CountryEntry>, HostError> {
    read(host, &Key::new(Namespace::Country, &[code.as_str()])?)
}

pub(crate) fn put_country(host: &mut (impl Host + ?Sized), entry: &CountryEntry) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Country, &[entry.code.as_str()])?, entry)
}

/// The lowest phase of a country with slots left, from 1; one above the last when all are used.
pub(crate) fn phase(host: &mut (impl ReadHost + ?Sized), code: &CountryCode) -> Result<u8, HostError> {
    Ok(read(host, &Key::new(Namespace::Phase, &[code.as_str()])?)?.unwrap_or(1))
}

pub(crate) fn put_phase(host: &mut (impl Host + ?Sized), code: &CountryCode, phase: u8) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Phase, &[code.as_str()])?, &phase)
}

/// Used slots of a shard per phase; none before the first.
pub(crate) fn used_slots(
    host: &mut (impl ReadHost + ?Sized),
    code: &CountryCode,
    shard: u16,
) -> Result<Slots, HostError> {
    Ok(read(host, &Key::new(Namespace::Shard, &[code.as_str(), &shard.to_string()])?)?.unwrap_or_default())
}

pub(crate) fn put_used_slots(
    host: &mut (impl Host + ?Sized),
    code: &CountryCode,
    shard: u16,
    used: &Slots,
) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Shard, &[code.as_str(), &shard.to_string()])?, used)
}

/// The status of a country's treasury.
pub(crate) fn treasury(
    host: &mut (impl ReadHost + ?Sized),
    code: &CountryCode,
) -> Result<Option<TreasuryStatus>, HostError> {
    read(host, &Key::new(Namespace::Treasury, &[code.as_str()])?)
}

pub(crate) fn put_treasury(
    host: &mut (impl Host + ?Sized),
    code: &CountryCode,
    status: TreasuryStatus,
) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Treasury, &[code.as_str()])?, &status)
}

/// What disbursements minted from a pool. The genesis pools have no such key: their sums follow from used slots.
pub(crate) fn minted(host: &mut (impl ReadHost + ?Sized), pool: Pool) -> Result<Qirat, HostError> {
    Ok(read(host, &Key::new(Namespace::Pool, &[pool.as_str()])?)?.unwrap_or_default())
}

pub(crate) fn put_minted(host: &mut (impl Host + ?Sized), pool: Pool, minted: Qirat) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Pool, &[pool.as_str()])?, &minted)
}

/// The value of a parameter.
pub(crate) fn parameter(host: &mut (impl ReadHost + ?Sized), name: &str) -> Result<Option<String>, HostError> {
    let key = Key::new(Namespace::Parameter, &[name])?;
    host.get(&key)?.map(|bytes| String::from_utf8(bytes).map_err(|_| corrupt(&key))).transpose()
}

pub(crate) fn put_parameter(host: &mut (impl Host + ?Sized), name: &str, value: &str) -> Result<(), HostError> {
    host.put(Key::new(Namespace::Parameter, &[name])?, value.as_bytes().to_vec());
    Ok(())
}

/// The fee schedule in force. Every payment reads it.
pub(crate) fn fee_schedule(host: &mut (impl ReadHost + ?Sized)) -> Result<Rc<FeeSchedule>, HostError> {
    thread_local! {
        static LAST: Remembered<FeeSchedule> = const { Remembered::new() };
    }
    let key = Key::new(Namespace::Parameter, &[crate::parameters::FEE_SCHEDULE])?;
    let bytes = host.get(&key)?.ok_or_else(|| corrupt(&key))?;
    LAST.with(|last| last.read(bytes)).ok_or_else(|| corrupt(&key))
}

/// An appointment.
pub(crate) fn appointment(
    host: &mut (impl ReadHost + ?Sized),
    admin_id: &str,
) -> Result<Option<AppointmentRecord>, HostError> {
    read(host, &Key::new(Namespace::AdminAppointment, &[admin_id])?)
}

pub(crate) fn put_appointment(host: &mut (impl Host + ?Sized), record: &AppointmentRecord) -> Result<(), HostError> {
    write(host, Key::new(Namespace::AdminAppointment, &[&record.admin_id])?, record)
}

/// What is stored under a ledger key.
pub(crate) fn key_record(host: &mut (impl ReadHost + ?Sized), key: &LedgerKey) -> Result<Option<KeyRecord>, HostError> {
    read(host, &Key::new(Namespace::Idempotency, &[key.as_str()])?)
}

pub(crate) fn put_key_record(
    host: &mut (impl Host + ?Sized),
    key: &LedgerKey,
    record: &KeyRecord,
) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Idempotency, &[key.as_str()])?, record)
}

/// A loan.
pub(crate) fn loan(host: &mut (impl ReadHost + ?Sized), id: &LoanId) -> Result<Option<LoanRecord>, HostError> {
    read(host, &Key::new(Namespace::Loan, &[&id.to_string()])?)
}

pub(crate) fn put_loan(host: &mut (impl Host + ?Sized), record: &LoanRecord) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Loan, &[&record.loan_id.to_string()])?, record)
}

/// Enters a new loan into the list of its borrower's.
pub(crate) fn list_loan(host: &mut (impl Host + ?Sized), borrower: &GxId, id: &LoanId) -> Result<(), HostError> {
    write(host, Key::new(Namespace::LoanOf, &[borrower.as_str(), &id.to_string()])?, &true)
}

/// A person's open loans; none before the first.
pub(crate) fn borrower(host: &mut (impl ReadHost + ?Sized), id: &GxId) -> Result<BorrowerRecord, HostError> {
    Ok(read(host, &Key::new(Namespace::Borrower, &[id.as_str()])?)?.unwrap_or_default())
}

pub(crate) fn put_borrower(
    host: &mut (impl Host + ?Sized),
    id: &GxId,
    record: &BorrowerRecord,
) -> Result<(), HostError> {
    write(host, Key::new(Namespace::Borrower, &[id.as_str()])?, record)
}
