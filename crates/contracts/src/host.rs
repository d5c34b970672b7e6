//! What a contract sees of the world: its keys, its signer, its transaction. Nothing else, so that every organisation
//! that executes it comes to the same result.

use std::collections::BTreeMap;
use std::fmt;

use gx_types::{Timestamp, TxId};
use serde::{Deserialize, Serialize};

/// What a certificate may do, its attribute `gxc_role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Bootstrap, pause, parameters, appointments.
    #[serde(rename = "gx_super_admin")]
    SuperAdmin,
    /// Movements of coins, freezes, treasuries, pools.
    #[serde(rename = "gx_admin")]
    Admin,
    /// Registrations.
    #[serde(rename = "gx_partner_api")]
    PartnerApi,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::SuperAdmin, Self::Admin, Self::PartnerApi];

    /// The attribute's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SuperAdmin => "gx_super_admin",
            Self::Admin => "gx_admin",
            Self::PartnerApi => "gx_partner_api",
        }
    }
}

/// Who signed the proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// The organisation's MSP id.
    pub msp_id: String,
    /// The role in the certificate; `None` when it carries none, which every function refuses.
    pub role: Option<Role>,
}

/// The transaction a contract runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxContext {
    /// Its id.
    pub tx_id: TxId,
    /// The proposal's time; the only time a contract knows.
    pub timestamp: Timestamp,
    /// Who signed it.
    pub signer: Signer,
}

/// The kinds of keys. A key of one kind can never equal a key of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// A registered person: id → user record.
    User,
    /// Organisation id → organisation record.
    Organization,
    /// Id of a transaction of an organisation → its record.
    OrgTransaction,
    /// Document hash → user id; one document gives one account.
    Document,
    /// Account id → balance, Qirat.
    Balance,
    /// Account, transaction, position → credit not swept yet.
    Delta,
    /// Country → share and slots.
    Country,
    /// Country, shard → used slots per phase; absent until the first one is used.
    Shard,
    /// Country → the lowest phase with slots left; absent in phase 1.
    Phase,
    /// Country → treasury status.
    Treasury,
    /// Pool → minted amount.
    Pool,
    /// Parameter name → value.
    Parameter,
    /// System flags: bootstrap, pause.
    System,
    /// Administrator id → appointment.
    AdminAppointment,
    /// Ledger key → receipt or void mark.
    Idempotency,
    /// Loan id → loan.
    Loan,
    /// Borrower → open loans, and all loans so far together.
    Borrower,
    /// Borrower, loan id → nothing; for the list of a person's loans.
    LoanOf,
}

impl Namespace {
    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Organization => "organization",
            Self::OrgTransaction => "orgtx",
            Self::Document => "document",
            Self::Balance => "balance",
            Self::Delta => "delta",
            Self::Country => "country",
            Self::Shard => "shard",
            Self::Phase => "phase",
            Self::Treasury => "treasury",
            Self::Pool => "pool",
            Self::Parameter => "parameter",
            Self::System => "system",
            Self::AdminAppointment => "admin",
            Self::Idempotency => "idem",
            Self::Loan => "loan",
            Self::Borrower => "borrower",
            Self::LoanOf => "loanof",
        }
    }
}

/// A composite key in Fabric's form: `\0namespace\0part\0part\0`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// The key of `parts` in `namespace`.
    ///
    /// # Errors
    /// [`HostError::InvalidKey`] when a part is empty or contains a zero character.
    pub fn new(namespace: Namespace, parts: &[&str]) -> Result<Self, HostError> {
        let namespace = namespace.as_str();
        let bytes = 2 + namespace.len() + parts.iter().map(|part| part.len() + 1).sum::<usize>();
        let mut text = String::with_capacity(bytes);
        text.push('\0');
        text.push_str(namespace);
        text.push('\0');
        for part in parts {
            if part.is_empty() || part.contains('\0') {
                return Err(HostError::InvalidKey);
            }
            text.push_str(part);
            text.push('\0');
        }
        Ok(Self(text))
    }

    /// A key as a ledger stores it; a ledger's inverse of [`Key::as_str`].
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The key as a ledger stores it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts after the namespace.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('\0').skip(2).filter(|part| !part.is_empty())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace('\0', "/"))
    }
}

/// The world failed, not the caller: the transaction has no result and may be tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// A key part is empty or contains a zero character.
    #[error("a ledger key part is empty or contains a zero character")]
    InvalidKey,
    /// The state could not be read.
    #[error("the ledger state could not be read: {0}")]
    Read(String),
    /// A stored record does not have its form.
    #[error("the ledger record {0} does not have its form")]
    Corrupt(String),
}

/// What every call may do.
pub trait ReadHost {
    /// The transaction's context.
    fn tx(&self) -> &TxContext;

    /// The value of a key. Every read enters the read set and is checked again when the block is applied.
    ///
    /// # Errors
    /// [`HostError::Read`] when the state cannot be read.
    fn get(&mut self, key: &Key) -> Result<Option<Vec<u8>>, HostError>;
}

impl<R: ReadHost + ?Sized> ReadHost for &mut R {
    fn tx(&self) -> &TxContext {
        (**self).tx()
    }

    fn get(&mut self, key: &Key) -> Result<Option<Vec<u8>>, HostError> {
        (**self).get(key)
    }
}

/// What a writing transaction may do. Writes are buffered: a later read in the same transaction sees them.
///
/// There is no range read here on purpose: it would conflict with every insertion into the range.
pub trait Host: ReadHost {
    /// Sets a key.
    fn put(&mut self, key: Key, value: Vec<u8>);

    /// Removes a key.
    fn delete(&mut self, key: Key);
}

/// One page of a range read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangePage {
    /// Keys and values in key order.
    pub entries: Vec<(Key, Vec<u8>)>,
    /// Pass it to get the next page; `None` at the end.
    pub bookmark: Option<String>,
}

/// What only a read-only call may do: pages of ranges and history. A writing transaction cannot even name them.
pub trait QueryHost: ReadHost {
    /// Keys that start with `prefix` in `namespace`, at most `limit` of them.
    ///
    /// # Errors
    /// [`HostError::Read`] when the state cannot be read.
    fn range(
        &mut self,
        namespace: Namespace,
        prefix: &[&str],
        limit: usize,
        bookmark: Option<&str>,
    ) -> Result<RangePage, HostError>;

    /// The values a key had, newest first, at most `limit`; `None` stands for a removal.
    ///
    /// # Errors
    /// [`HostError::Read`] when the state cannot be read.
    fn history(&mut self, key: &Key, limit: usize) -> Result<Vec<HistoryEntry>, HostError>;
}

/// One value a key had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The transaction that wrote it.
    pub tx_id: TxId,
    /// The transaction's time.
    pub timestamp: Timestamp,
    /// The value; `None` when the key was removed.
    pub value: Option<Vec<u8>>,
}

/// Everything a transaction writes, in key order: a value, or `None` for a removal.
pub type WriteSet = BTreeMap<Key, Option<Vec<u8>>>;

/// A write buffer over a [`ReadHost`]: reads see the transaction's own writes, the state below is not touched.
pub struct Buffered<R> {
    below: R,
    writes: WriteSet,
}

impl<R: ReadHost> Buffered<R> {
    /// A buffer with nothing in it.
    pub const fn new(below: R) -> Self {
        Self { below, writes: WriteSet::new() }
    }

    /// The host below, with its read set, and what was written.
    pub fn into_parts(self) -> (R, WriteSet) {
        (self.below, self.writes)
    }
}

impl<R: ReadHost> ReadHost for Buffered<R> {
    fn tx(&self) -> &TxContext {
        self.below.tx()
    }

    fn get(&mut self, key: &Key) -> Result<Option<Vec<u8>>, HostError> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.below.get(key),
        }
    }
}

impl<R: ReadHost> Host for Buffered<R> {
    fn put(&mut self, key: Key, value: Vec<u8>) {
        self.writes.insert(key, Some(value));
    }

    fn delete(&mut self, key: Key) {
        self.writes.insert(key, None);
    }
}
