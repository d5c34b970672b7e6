//! A ledger in memory for tests, with the rules that matter: a transaction is simulated at one height with the versions
//! it read, and commits only if those versions still stand.

use std::cell::Cell;
use std::collections::BTreeMap;

use gx_types::{GxId, LedgerKey, Qirat, Sha256Hex, Timestamp, TxId};
use sha2::{Digest, Sha256};

use crate::call::{Call, Receipt, Simulation};
use crate::command::{Command, CountryShare};
use crate::countries::COUNTRIES;
use crate::error::InvokeError;
use crate::event::Event;
use crate::function::Function;
use crate::host::{HistoryEntry, HostError, Key, Namespace, QueryHost, RangePage, ReadHost, Role, Signer, TxContext};
use crate::invoke::{query, simulate};

/// Versions read: the height at which the key was last written, or `None` when it was absent.
pub type ReadSet = BTreeMap<Key, Option<u64>>;

/// A transaction that was simulated and not committed yet.
#[derive(Debug, Clone)]
pub struct Endorsed {
    /// Its id.
    pub tx_id: TxId,
    /// Its time.
    pub timestamp: Timestamp,
    /// What it read, and in which version.
    pub reads: ReadSet,
    /// What it would do.
    pub simulation: Simulation,
}

impl Endorsed {
    /// Whether committing `other` first would invalidate this one.
    #[must_use]
    pub fn is_hurt_by(&self, other: &Self) -> bool {
        other.simulation.writes.keys().any(|key| self.reads.contains_key(key))
    }
}

/// A key was written between simulation and commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict(pub Key);

#[derive(Debug, Clone)]
struct Versioned {
    height: u64,
    value: Vec<u8>,
}

/// A ledger in memory. Every commit is a block of its own.
#[derive(Debug, Clone)]
pub struct MemoryLedger {
    state: BTreeMap<Key, Versioned>,
    history: BTreeMap<Key, Vec<HistoryEntry>>,
    height: u64,
    now: Timestamp,
    transactions: Cell<u64>,
}

impl MemoryLedger {
    /// An empty ledger at a time.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { state: BTreeMap::new(), history: BTreeMap::new(), height: 0, now, transactions: Cell::new(0) }
    }

    /// A bootstrapped ledger with every country.
    ///
    /// # Errors
    /// None, as long as the contracts work.
    pub fn ready(now: Timestamp) -> Result<Self, InvokeError> {
        let mut ledger = Self::new(now);
        ledger.submit(&Command::BootstrapSystem.call())?;
        ledger.submit(&all_countries().call())?;
        Ok(ledger)
    }

    /// Moves the clock.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Number of commits.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Runs a call against the present state without changing it.
    ///
    /// # Errors
    /// As the contract.
    pub fn simulate(&self, call: &Call) -> Result<Endorsed, InvokeError> {
        self.simulate_as(Some(call.role), call)
    }

    /// Runs a call signed with another role than its own, or with none.
    ///
    /// # Errors
    /// As the contract.
    pub fn simulate_as(&self, role: Option<Role>, call: &Call) -> Result<Endorsed, InvokeError> {
        let mut view = self.view(role);
        let simulation = simulate(&mut view, call)?;
        Ok(Endorsed { tx_id: view.tx.tx_id, timestamp: view.tx.timestamp, reads: view.reads, simulation })
    }

    /// Commits a simulated transaction if every version it read still stands.
    ///
    /// # Errors
    /// The first key that was written meanwhile.
    pub fn commit(&mut self, endorsed: &Endorsed) -> Result<(), Conflict> {
        for (key, version) in &endorsed.reads {
            if self.state.get(key).map(|versioned| versioned.height) != *version {
                return Err(Conflict(key.clone()));
            }
        }
        self.height += 1;
        for (key, value) in &endorsed.simulation.writes {
            let entry = HistoryEntry { tx_id: endorsed.tx_id, timestamp: endorsed.timestamp, value: value.clone() };
            self.history.entry(key.clone()).or_default().insert(0, entry);
            match value {
                Some(value) => {
                    self.state.insert(key.clone(), Versioned { height: self.height, value: value.clone() });
                }
                None => {
                    self.state.remove(key);
                }
            }
        }
        Ok(())
    }

    /// Simulates and commits at once.
    ///
    /// # Errors
    /// As the contract.
    pub fn submit(&mut self, call: &Call) -> Result<(Receipt, Vec<Event>), InvokeError> {
        let endorsed = self.simulate(call)?;
        // Nothing happened in between, so every version stands.
        self.commit(&endorsed).map_err(|Conflict(key)| HostError::Read(format!("{key:?} moved")))?;
        Ok((endorsed.simulation.receipt, endorsed.simulation.events))
    }

    /// Runs a reading function as an administrator and reads its answer.
    ///
    /// # Errors
    /// As the contract.
    pub fn query<T: serde::de::DeserializeOwned>(&self, function: Function, args: &[&str]) -> Result<T, InvokeError> {
        let answer = self.query_as(Some(Role::Admin), function, args)?;
        Ok(serde_json::from_slice(&answer).map_err(|error| HostError::Corrupt(error.to_string()))?)
    }

    /// Runs a reading function under a role.
    ///
    /// # Errors
    /// As the contract.
    pub fn query_as(&self, role: Option<Role>, function: Function, args: &[&str]) -> Result<Vec<u8>, InvokeError> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        query(&mut self.view(role), function.name(), &args)
    }

    /// Every key of a namespace with its value.
    pub fn entries(&self, namespace: Namespace) -> impl Iterator<Item = (&Key, &[u8])> {
        let prefix = Key::new(namespace, &[]).map(|key| key.as_str().to_owned()).unwrap_or_default();
        self.state
            .iter()
            .filter(move |(key, _)| key.as_str().starts_with(&prefix))
            .map(|(key, versioned)| (key, versioned.value.as_slice()))
    }

    /// Writes a key past every contract, to make a state that no transaction could.
    pub fn plant(&mut self, key: Key, value: &[u8]) {
        self.height += 1;
        self.state.insert(key, Versioned { height: self.height, value: value.to_vec() });
    }

    fn view(&self, role: Option<Role>) -> View<'_> {
        let number = self.transactions.get() + 1;
        self.transactions.set(number);
        let tx_id = TxId::from_bytes(Sha256::digest(number.to_be_bytes()).into());
        let signer = Signer { msp_id: "Org1DevnetMSP".to_owned(), role };
        View { ledger: self, tx: TxContext { tx_id, timestamp: self.now, signer }, reads: ReadSet::new() }
    }
}

/// The state as one transaction sees it.
struct View<'a> {
    ledger: &'a MemoryLedger,
    tx: TxContext,
    reads: ReadSet,
}

impl ReadHost for View<'_> {
    fn tx(&self) -> &TxContext {
        &self.tx
    }

    fn get(&mut self, key: &Key) -> Result<Option<Vec<u8>>, HostError> {
        let found = self.ledger.state.get(key);
        self.reads.insert(key.clone(), found.map(|versioned| versioned.height));
        Ok(found.map(|versioned| versioned.value.clone()))
    }
}

impl QueryHost for View<'_> {
    fn range(
        &mut self,
        namespace: Namespace,
        prefix: &[&str],
        limit: usize,
        bookmark: Option<&str>,
    ) -> Result<RangePage, HostError> {
        let start = Key::new(namespace, prefix)?;
        let mut entries: Vec<(Key, Vec<u8>)> = self
            .ledger
            .state
            .iter()
            .filter(|(key, _)| key.as_str().starts_with(start.as_str()))
            .filter(|(key, _)| bookmark.is_none_or(|last| key.as_str() > last))
            .take(limit + 1)
            .map(|(key, versioned)| (key.clone(), versioned.value.clone()))
            .collect();
        let more = entries.len() > limit;
        entries.truncate(limit);
        let bookmark = entries.last().filter(|_| more).map(|(key, _)| key.as_str().to_owned());
        Ok(RangePage { entries, bookmark })
    }

    fn history(&mut self, key: &Key, limit: usize) -> Result<Vec<HistoryEntry>, HostError> {
        Ok(self.ledger.history.get(key).map(|lines| lines.iter().take(limit).cloned().collect()).unwrap_or_default())
    }
}

/// A call of any function, signed with the role that may.
#[must_use]
pub fn call(function: Function, args: &[&str]) -> Call {
    function.call(args.iter().map(|arg| (*arg).to_owned()).collect())
}

/// Every country with its share.
#[must_use]
pub fn country_shares() -> Vec<CountryShare> {
    COUNTRIES
        .iter()
        .filter_map(|row| Some(CountryShare { code: row.code.parse().ok()?, share_e8: row.share_e8 }))
        .collect()
}

/// The command that puts every country on the ledger.
#[must_use]
pub fn all_countries() -> Command {
    Command::InitializeCountryData { countries: country_shares(), request: LedgerKey::prefixed("data", "1") }
}

/// A registration with made-up document, under the key `person-<id>`.
#[must_use]
pub fn create_user(id: &GxId, age: u32, shard: u16) -> Call {
    let hash = document_hash(id.as_str()).to_string();
    let key = LedgerKey::prefixed("person", &id.as_str().replace(' ', "."));
    let (age, shard) = (age.to_string(), shard.to_string());
    call(Function::CreateUser, &[id.as_str(), &hash, id.country().as_str(), &age, &shard, key.as_str()])
}

/// A payment between people or accounts, type inferred.
#[must_use]
pub fn pay(from: &str, to: &str, amount: Qirat, key: &str) -> Call {
    call(Function::TransferWithFees, &[from, to, &amount.to_string(), "", "a remark", key])
}

/// The hash of a made-up document.
#[must_use]
pub fn document_hash(text: &str) -> Sha256Hex {
    Sha256Hex::from_bytes(Sha256::digest(text.as_bytes()).into())
}
