//! The rows of the read model that a batch works on: loaded once, changed in memory, written once.

use std::collections::BTreeMap;

use gx_contracts::DeltaCredit;
use gx_contracts::pools::Pool;
use gx_store::entity::{
    accounts, countries, ledger_deltas, loans, organization_transactions, organizations, supply_pools,
    system_parameters,
};
use gx_store::projection::load::{Found, Person};
use gx_store::projection::system::{SYSTEM_PAUSE_REASON, SYSTEM_PAUSED};
use gx_types::{AccountId, AccountKind, AccountStatus, CountryCode, GxId, LoanId, OrgTxId, Qirat};

use super::{At, Fault, Folded};

/// A row and whether it must be written.
#[derive(Debug)]
struct Kept<T> {
    row: T,
    changed: bool,
}

impl<T> Kept<T> {
    fn loaded(row: T) -> Self {
        Self { row, changed: false }
    }

    fn made(row: T) -> Self {
        Self { row, changed: true }
    }

    fn change(&mut self) -> &mut T {
        self.changed = true;
        &mut self.row
    }
}

#[derive(Debug)]
pub(crate) struct Rows {
    accounts: BTreeMap<AccountId, Kept<accounts::Model>>,
    pools: BTreeMap<&'static str, Kept<supply_pools::Model>>,
    countries: BTreeMap<CountryCode, Kept<countries::Model>>,
    loans: BTreeMap<LoanId, Kept<loans::Model>>,
    organizations: BTreeMap<GxId, Kept<organizations::Model>>,
    org_transactions: BTreeMap<OrgTxId, Kept<organization_transactions::Model>>,
    parameters: BTreeMap<String, system_parameters::Model>,
    deltas: BTreeMap<String, ledger_deltas::Model>,
    people: BTreeMap<GxId, Person>,
}

/// The rows that were changed.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    pub accounts: Vec<accounts::Model>,
    pub pools: Vec<supply_pools::Model>,
    pub countries: Vec<countries::Model>,
    pub loans: Vec<loans::Model>,
    pub organizations: Vec<organizations::Model>,
    pub org_transactions: Vec<organization_transactions::Model>,
    pub parameters: Vec<system_parameters::Model>,
}

impl Rows {
    pub fn new(found: Found) -> Self {
        Self {
            accounts: found.accounts.into_iter().map(|row| (row.account_id.0, Kept::loaded(row))).collect(),
            pools: found
                .pools
                .into_iter()
                .filter_map(|row| Some((Pool::parse(&row.pool_id)?.as_str(), Kept::loaded(row))))
                .collect(),
            countries: found.countries.into_iter().map(|row| (row.country_code.0, Kept::loaded(row))).collect(),
            loans: found.loans.into_iter().map(|row| (row.loan_id.0, Kept::loaded(row))).collect(),
            organizations: found
                .organizations
                .into_iter()
                .map(|row| (row.organization_id.0, Kept::loaded(row)))
                .collect(),
            org_transactions: found
                .org_transactions
                .into_iter()
                .map(|row| (row.org_tx_id.0, Kept::loaded(row)))
                .collect(),
            parameters: BTreeMap::new(),
            deltas: found.deltas.into_iter().map(|row| (row.delta_key.clone(), row)).collect(),
            people: found.people.into_iter().map(|person| (person.gx_id, person)).collect(),
        }
    }

    pub fn into_changed(self) -> Changed {
        fn changed<K, T>(rows: BTreeMap<K, Kept<T>>) -> Vec<T> {
            rows.into_values().filter(|kept| kept.changed).map(|kept| kept.row).collect()
        }
        Changed {
            accounts: changed(self.accounts),
            pools: changed(self.pools),
            countries: changed(self.countries),
            loans: changed(self.loans),
            organizations: changed(self.organizations),
            org_transactions: changed(self.org_transactions),
            parameters: self.parameters.into_values().collect(),
        }
    }

    /// An account that exists.
    pub fn account(&self, id: &AccountId) -> Folded<&accounts::Model> {
        self.accounts.get(id).map(|kept| &kept.row).ok_or_else(|| no_account(id))
    }

    /// An account that exists, to be changed by the event.
    pub fn change_account(&mut self, id: &AccountId, at: &At<'_>) -> Folded<&mut accounts::Model> {
        let row = self.accounts.get_mut(id).ok_or_else(|| no_account(id))?.change();
        row.updated_block = at.block;
        row.updated_at = at.time.into();
        Ok(row)
    }

    /// Makes an account.
    pub fn make_account(
        &mut self,
        id: AccountId,
        country: Option<CountryCode>,
        status: AccountStatus,
        at: &At<'_>,
    ) -> Folded {
        if self.accounts.contains_key(&id) {
            return Err(Fault::new(format!("the account {id} exists already")));
        }
        let kind = match id {
            AccountId::Holder(_) => AccountKind::Person,
            AccountId::Treasury(_) => AccountKind::Treasury,
            AccountId::System(_) => AccountKind::System,
        };
        let row = accounts::Model {
            account_id: id.into(),
            kind: kind.into(),
            country_code: country.map(Into::into),
            settled_balance: Qirat::ZERO.into(),
            unsettled_credit: Qirat::ZERO.into(),
            status: status.into(),
            frozen: false,
            created_block: at.block,
            updated_block: at.block,
            updated_at: at.time.into(),
        };
        self.accounts.insert(id, Kept::made(row));
        Ok(())
    }

    /// Takes from a balance; what is left must be what the ledger says.
    pub fn debit(&mut self, id: &AccountId, amount: Qirat, after: Qirat, at: &At<'_>) -> Folded {
        let row = self.change_account(id, at)?;
        let left = row.settled_balance.checked_sub(amount);
        if left != Some(after) {
            let before = row.settled_balance.0;
            return Err(Fault::new(format!("{id}: {before} Q less {amount} Q is not {after} Q, as the ledger says")));
        }
        row.settled_balance = after.into();
        Ok(())
    }

    /// Adds to a balance; the sum must be what the ledger says.
    pub fn credit(&mut self, id: &AccountId, amount: Qirat, after: Qirat, at: &At<'_>) -> Folded {
        let row = self.change_account(id, at)?;
        let sum = row.settled_balance.checked_add(amount);
        if sum != Some(after) {
            let before = row.settled_balance.0;
            return Err(Fault::new(format!("{id}: {before} Q and {amount} Q is not {after} Q, as the ledger says")));
        }
        row.settled_balance = after.into();
        Ok(())
    }

    /// Adds a delta entry to the account's unsettled part.
    pub fn credit_by_entry(&mut self, credit: &DeltaCredit, at: &At<'_>) -> Folded<ledger_deltas::Model> {
        if self.deltas.contains_key(&credit.delta_key) {
            return Err(Fault::new(format!("the entry {} exists already", credit.delta_key)));
        }
        let row = self.change_account(&credit.account, at)?;
        let sum = row.unsettled_credit.checked_add(credit.amount);
        row.unsettled_credit = sum.ok_or_else(|| Fault::new("an unsettled part would pass the supply"))?.into();
        let delta = ledger_deltas::Model {
            delta_key: credit.delta_key.clone(),
            account_id: credit.account.into(),
            amount: credit.amount.into(),
            block_number: at.block,
            tx_id: at.tx_id.into(),
            swept_by: None,
        };
        // A sweep later in the same batch finds it here.
        self.deltas.insert(credit.delta_key.clone(), delta.clone());
        Ok(delta)
    }

    /// Marks an entry as swept and returns its amount.
    pub fn sweep_entry(&mut self, key: &str, account: &AccountId, at: &At<'_>) -> Folded<Qirat> {
        let entry = self.deltas.get_mut(key).ok_or_else(|| Fault::new(format!("there is no entry {key}")))?;
        if entry.account_id != *account {
            return Err(Fault::new(format!("the entry {key} belongs to {}", entry.account_id.0)));
        }
        if let Some(before) = entry.swept_by {
            return Err(Fault::new(format!("the entry {key} was swept by {}", before.0)));
        }
        entry.swept_by = Some(at.tx_id.into());
        Ok(entry.amount.0)
    }

    /// Counts minted coins, never above the pool's cap.
    pub fn mint(&mut self, pool: Pool, amount: Qirat, at: &At<'_>) -> Folded {
        if amount.is_zero() {
            return Ok(());
        }
        let kept = self.pools.get_mut(pool.as_str()).ok_or_else(|| Fault::new(format!("there is no pool {pool}")))?;
        let minted = kept.row.minted.checked_add(amount).filter(|minted| *minted <= kept.row.cap.0);
        let minted = minted.ok_or_else(|| Fault::new(format!("{pool} would mint more than its cap")))?;
        let row = kept.change();
        row.minted = minted.into();
        row.updated_block = at.block;
        Ok(())
    }

    /// Makes a pool.
    pub fn make_pool(&mut self, pool: Pool, cap: Qirat, at: &At<'_>) -> Folded {
        let row = supply_pools::Model {
            pool_id: pool.as_str().to_owned(),
            account_id: AccountId::System(pool.account()).into(),
            cap: cap.into(),
            minted: Qirat::ZERO.into(),
            updated_block: at.block,
        };
        if self.pools.insert(pool.as_str(), Kept::made(row)).is_some() {
            return Err(Fault::new(format!("the pool {pool} exists already")));
        }
        Ok(())
    }

    /// Makes a loan.
    pub fn make_loan(&mut self, row: loans::Model) -> Folded {
        let id = row.loan_id.0;
        match self.loans.insert(id, Kept::made(row)) {
            Some(_) => Err(Fault::new(format!("the loan {id} exists already"))),
            None => Ok(()),
        }
    }

    /// A loan that exists, to be changed by the event.
    pub fn change_loan(&mut self, id: &LoanId, at: &At<'_>) -> Folded<&mut loans::Model> {
        let kept = self.loans.get_mut(id).ok_or_else(|| Fault::new(format!("there is no loan {id}")))?;
        let row = kept.change();
        row.updated_block = at.block;
        row.updated_at = at.time.into();
        Ok(row)
    }

    /// Makes an organisation.
    pub fn make_organization(&mut self, row: organizations::Model) -> Folded {
        let id = row.organization_id.0;
        match self.organizations.insert(id, Kept::made(row)) {
            Some(_) => Err(Fault::new(format!("the organisation {id} exists already"))),
            None => Ok(()),
        }
    }

    /// An organisation, when it was loaded.
    pub fn organization(&self, id: &GxId) -> Option<&organizations::Model> {
        self.organizations.get(id).map(|kept| &kept.row)
    }

    /// An organisation that exists, to be changed by the event.
    pub fn change_organization(&mut self, id: &GxId, at: &At<'_>) -> Folded<&mut organizations::Model> {
        let kept = self.organizations.get_mut(id);
        let row = kept.ok_or_else(|| Fault::new(format!("there is no organisation {id}")))?.change();
        row.updated_block = at.block;
        row.updated_at = at.time.into();
        Ok(row)
    }

    /// Makes a transaction of an organisation.
    pub fn make_org_transaction(&mut self, row: organization_transactions::Model) -> Folded {
        let id = row.org_tx_id.0;
        match self.org_transactions.insert(id, Kept::made(row)) {
            Some(_) => Err(Fault::new(format!("the transaction {id} exists already"))),
            None => Ok(()),
        }
    }

    /// A transaction of an organisation that exists, to be changed by the event.
    pub fn change_org_transaction(
        &mut self,
        id: &OrgTxId,
        at: &At<'_>,
    ) -> Folded<&mut organization_transactions::Model> {
        let kept = self.org_transactions.get_mut(id);
        let row = kept.ok_or_else(|| Fault::new(format!("there is no transaction {id}")))?.change();
        row.updated_block = at.block;
        row.updated_at = at.time.into();
        Ok(row)
    }

    /// A country, to be changed.
    pub fn change_country(&mut self, code: CountryCode) -> Folded<&mut countries::Model> {
        let kept = self.countries.get_mut(&code).filter(|kept| kept.row.initialized_block.is_some());
        Ok(kept.ok_or_else(|| Fault::new(format!("the country {code} is not on the ledger")))?.change())
    }

    /// Notes that a country is on the ledger. A country that the data file does not have gets its code as name.
    pub fn put_country(&mut self, code: CountryCode, share_e8: u64, at: &At<'_>) -> Folded {
        let share = i64::try_from(share_e8).map_err(|_| Fault::new(format!("the share of {code} is too large")))?;
        let kept = self.countries.entry(code).or_insert_with(|| Kept::made(unknown_country(code)));
        if kept.row.initialized_block.is_some() {
            return Err(Fault::new(format!("the country {code} is on the ledger already")));
        }
        let row = kept.change();
        row.share_e8 = share;
        row.initialized_block = Some(at.block);
        Ok(())
    }

    pub fn set_parameter(&mut self, name: &str, value: &str, at: &At<'_>) {
        let row = system_parameters::Model {
            param_key: name.to_owned(),
            param_value: value.to_owned(),
            updated_block: at.block,
            updated_at: at.time.into(),
        };
        self.parameters.insert(name.to_owned(), row);
    }

    pub fn set_pause(&mut self, reason: Option<&str>, at: &At<'_>) {
        self.set_parameter(SYSTEM_PAUSED, if reason.is_some() { "true" } else { "false" }, at);
        self.set_parameter(SYSTEM_PAUSE_REASON, reason.unwrap_or(""), at);
    }

    /// The person who has an account; `None` for treasuries, the system, and people that this database does not know.
    pub fn person(&self, account: &AccountId) -> Option<&Person> {
        let AccountId::Holder(id) = account else { return None };
        self.people.get(id)
    }

    /// The same, to be changed.
    pub fn change_person(&mut self, id: &GxId) -> Option<&mut Person> {
        self.people.get_mut(id)
    }
}

fn no_account(id: &AccountId) -> Fault {
    Fault::new(format!("there is no account {id}"))
}

fn unknown_country(code: CountryCode) -> countries::Model {
    countries::Model {
        country_code: code.into(),
        country_name: code.to_string(),
        region: None,
        share_e8: 0,
        initialized_block: None,
        users_count: 0,
        phase1_granted: 0,
        phase2_granted: 0,
        phase3_granted: 0,
        phase4_granted: 0,
        phase5_granted: 0,
        phase6_granted: 0,
        people_granted: Qirat::ZERO.into(),
        treasury_granted: Qirat::ZERO.into(),
    }
}
