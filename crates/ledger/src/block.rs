//! Blocks as readers of the ledger see them.

use gx_contracts::{Event, Receipt, Signer};
use gx_types::{LedgerKey, Sha256Hex, Timestamp, TxId};

/// A block. Given out only after its hashes have been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Height of this block; the genesis block is 0.
    pub number: u64,
    /// Hash of this block's header; the next block's `previous_hash`.
    pub hash: Sha256Hex,
    /// Hash of the block before; all zeros for the genesis block.
    pub previous_hash: Sha256Hex,
    /// Hash over the block's transactions.
    pub data_hash: Sha256Hex,
    /// When the block was cut; never earlier than the block before.
    pub timestamp: Timestamp,
    /// Its transactions in order, the invalid ones too. The genesis block (and a configuration block) has none.
    pub transactions: Vec<Tx>,
}

/// A block in the shape in which Fabric's peers give blocks out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawBlock {
    /// Height of this block.
    pub number: u64,
    /// Hash of the header before; empty in block 0.
    pub previous_hash: Vec<u8>,
    /// SHA-256 over the concatenated entries.
    pub data_hash: Vec<u8>,
    /// Encoded envelopes; the last one seals the block.
    pub entries: Vec<Vec<u8>>,
    /// The verdict on each entry.
    pub codes: Vec<TxCode>,
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Tx {
    /// Its id.
    pub tx_id: TxId,
    /// Whether it counts.
    pub code: TxCode,
    /// `Contract:Function`.
    pub function: String,
    /// The ledger key of its command.
    pub key: LedgerKey,
    /// Who signed: organisation and role.
    pub signer: Signer,
    /// The transaction's time, chosen by its submitter.
    pub timestamp: Timestamp,
    /// What happened, in order; empty unless the transaction is valid.
    pub events: Vec<Event>,
    /// What the contract answered; `None` unless the transaction is valid.
    pub receipt: Option<Receipt>,
}

impl Tx {
    /// Whether the transaction took effect.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.code == TxCode::Valid
    }
}

/// The validator's verdict on a transaction, with Fabric's names and numbers where Fabric has the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TxCode {
    /// It took effect.
    Valid,
    /// Its id is that of an earlier transaction, whose outcome stays as it is.
    DuplicateTxId,
    /// Not endorsed as the ledger demands.
    EndorsementPolicyFailure,
    /// A key that it read was written after it was prepared.
    MvccReadConflict,
    /// Something was added to or removed from a range that it read.
    PhantomReadConflict,
    /// Another code of Fabric's `TxValidationCode`.
    Other(u8),
}

impl TxCode {
    /// The number in Fabric's `TxValidationCode`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::DuplicateTxId => 9,
            Self::EndorsementPolicyFailure => 10,
            Self::MvccReadConflict => 11,
            Self::PhantomReadConflict => 12,
            Self::Other(number) => number,
        }
    }

    /// The verdict with that number.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Valid,
            9 => Self::DuplicateTxId,
            10 => Self::EndorsementPolicyFailure,
            11 => Self::MvccReadConflict,
            12 => Self::PhantomReadConflict,
            other => Self::Other(other),
        }
    }

    /// Fabric's name of the verdict.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::DuplicateTxId => "DUPLICATE_TXID",
            Self::EndorsementPolicyFailure => "ENDORSEMENT_POLICY_FAILURE",
            Self::MvccReadConflict => "MVCC_READ_CONFLICT",
            Self::PhantomReadConflict => "PHANTOM_READ_CONFLICT",
            Self::Other(_) => "INVALID_OTHER_REASON",
        }
    }
}

impl std::fmt::Display for TxCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
