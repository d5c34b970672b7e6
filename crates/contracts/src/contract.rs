//! What every writing function works with: its host, its events, and the two ways to credit an account.

use gx_types::{AccountId, CountryCode, GxId, LedgerKey, OrganizationStatus, Qirat, SystemAccount, Timestamp, TxId};

use crate::error::{InvokeError, Refusal, RefusalCode};
use crate::event::{DeltaCredit, Event, EventBody};
use crate::host::{Host, HostError, TxContext};
use crate::state::{self, DeltaKey, SystemRecord, TreasuryStatus, UserRecord};

/// A writing call under way.
pub(crate) struct Contract<'a> {
    pub host: &'a mut dyn Host,
    system: Option<SystemRecord>,
    key: LedgerKey,
    events: Vec<Event>,
    entries: u16,
}

/// How an account was credited.
pub(crate) enum Credited {
    /// Its balance key was written.
    Balance(Qirat),
    /// An entry of its own waits for a sweep.
    Entry(DeltaCredit),
}

impl Credited {
    /// The two fields of an event that tell it.
    pub fn into_fields(self) -> (Option<Qirat>, Option<DeltaCredit>) {
        match self {
            Self::Balance(after) => (Some(after), None),
            Self::Entry(credit) => (None, Some(credit)),
        }
    }
}

impl<'a> Contract<'a> {
    pub fn new(host: &'a mut dyn Host, key: LedgerKey, system: Option<SystemRecord>) -> Self {
        Self { host, system, key, events: Vec::new(), entries: 0 }
    }

    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    pub fn emit(&mut self, body: EventBody) {
        self.events.push(Event { key: self.key.clone(), body });
    }

    pub fn tx_id(&self) -> TxId {
        self.tx().tx_id
    }

    pub fn now(&self) -> Timestamp {
        self.tx().timestamp
    }

    fn tx(&self) -> &TxContext {
        self.host.tx()
    }

    /// The system's record; every function but the bootstrap has one.
    pub fn system(&self) -> Result<SystemRecord, Refusal> {
        self.system.clone().ok_or_else(|| Refusal::of(RefusalCode::NotBootstrapped))
    }

    /// A person's record.
    pub fn user(&mut self, id: &GxId, absent: RefusalCode) -> Result<UserRecord, InvokeError> {
        Ok(state::user(self.host, id)?.ok_or_else(|| Refusal::with(absent, format!("{id} is not registered")))?)
    }

    /// The status of a country's treasury.
    pub fn treasury(&mut self, country: &CountryCode) -> Result<TreasuryStatus, InvokeError> {
        Ok(state::treasury(self.host, country)?
            .ok_or_else(|| Refusal::with(RefusalCode::TreasuryNotFound, format!("{country} has no treasury")))?)
    }

    /// Refuses an account that may not pay: an unregistered or frozen person, an organisation (its people decide), a
    /// locked treasury, any system account (pools are left through disbursements only, which have a limit).
    pub fn check_payer(&mut self, account: &AccountId) -> Result<(), InvokeError> {
        match account {
            AccountId::Holder(id) => {
                self.check_holder(id, "payer")?;
                if id.account_type().is_organization() {
                    return Err(Refusal::of(RefusalCode::OrganizationNeedsApprovals).into());
                }
                Ok(())
            }
            AccountId::Treasury(country) => match self.treasury(country)? {
                TreasuryStatus::Active => Ok(()),
                TreasuryStatus::Locked => Err(Refusal::of(RefusalCode::TreasuryLocked).into()),
            },
            AccountId::System(_) => Err(Refusal::of(RefusalCode::SystemAccountRefused).into()),
        }
    }

    /// Refuses an account that may not receive: an unregistered or frozen person, a treasury that does not exist, and
    /// the genesis pools, which nothing could ever leave again.
    pub fn check_receiver(&mut self, account: &AccountId) -> Result<(), InvokeError> {
        match account {
            AccountId::Holder(id) => self.check_holder(id, "receiver"),
            AccountId::Treasury(country) => self.treasury(country).map(|_| ()),
            AccountId::System(SystemAccount::UserGenesisPool | SystemAccount::GovtGenesisPool) => {
                Err(Refusal::of(RefusalCode::SystemAccountRefused).into())
            }
            AccountId::System(_) => Ok(()),
        }
    }

    /// Refuses a person who is not registered or frozen, and an organisation that is not active.
    pub fn check_holder(&mut self, id: &GxId, side: &str) -> Result<(), InvokeError> {
        let Some(user) = state::holder(self.host, id)? else {
            return Err(Refusal::with(RefusalCode::AccountNotFound, format!("the {side} is not registered")).into());
        };
        if user.frozen.is_some() {
            return Err(Refusal::with(RefusalCode::AccountFrozen, format!("the {side}'s account is frozen")).into());
        }
        if user.status == Some(OrganizationStatus::PendingEndorsement) {
            let detail = format!("the {side} is an organisation that is not active yet");
            return Err(Refusal::with(RefusalCode::OrganizationStateRefused, detail).into());
        }
        Ok(())
    }

    /// Takes from a balance; the balance after.
    pub fn debit(&mut self, account: &AccountId, amount: Qirat) -> Result<Qirat, InvokeError> {
        let before = state::balance(self.host, account)?;
        let after = before.checked_sub(amount).ok_or_else(|| insufficient(before, amount))?;
        state::put_balance(self.host, account, after)?;
        Ok(after)
    }

    /// Credits an account: a person's balance directly; a treasury or the system by an entry of its own, because many
    /// transactions credit it at once.
    pub fn credit(&mut self, account: &AccountId, amount: Qirat) -> Result<Credited, InvokeError> {
        match account {
            AccountId::Holder(_) => self.add_to_balance(account, amount).map(Credited::Balance),
            AccountId::Treasury(_) | AccountId::System(_) => self.credit_by_entry(account, amount).map(Credited::Entry),
        }
    }

    /// Leaves a credit under a key of its own.
    pub fn credit_by_entry(&mut self, account: &AccountId, amount: Qirat) -> Result<DeltaCredit, InvokeError> {
        let key = DeltaKey { account: *account, tx_id: self.tx_id(), position: self.entries };
        self.entries += 1;
        state::put_delta(self.host, &key, amount)?;
        Ok(DeltaCredit { delta_key: key.to_string(), account: *account, amount })
    }

    /// Adds to a balance key; the balance after.
    pub fn add_to_balance(&mut self, account: &AccountId, amount: Qirat) -> Result<Qirat, InvokeError> {
        let before = state::balance(self.host, account)?;
        // All coins together stay within the cap, so a balance above it is damage, not a caller's mistake.
        let after = before
            .checked_add(amount)
            .ok_or_else(|| HostError::Corrupt(format!("the balance of {account} would pass the supply cap")))?;
        state::put_balance(self.host, account, after)?;
        Ok(after)
    }
}

/// The refusal of a debit.
pub(crate) fn insufficient(balance: Qirat, needed: Qirat) -> Refusal {
    Refusal::with(RefusalCode::InsufficientFunds, format!("the balance is {balance} Q, {needed} Q are needed"))
}
