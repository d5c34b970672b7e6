//! What goes to the ledger and what comes back.

use gx_contracts::{Call, Command, Receipt, Refusal};
use gx_types::{Sha256Hex, Timestamp, TxId};

use crate::block::TxCode;

/// A call of a contract function that writes, at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Function, arguments (the ledger key last) and the role whose certificate signs. The signer's organisation is a
    /// matter of the connection.
    pub call: Call,
    /// The transaction's time, chosen by the submitter (as Fabric has it); contracts know no other.
    pub timestamp: Timestamp,
}

impl Proposal {
    /// What `command` asks of the ledger.
    #[must_use]
    pub fn of(command: &Command, timestamp: Timestamp) -> Self {
        Self { call: command.call(), timestamp }
    }
}

/// The answer to [`prepare`](crate::Ledger::prepare).
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Ready to be stored and sent.
    Envelope(Envelope),
    /// The contract refuses. Nothing is recorded on the ledger.
    Refused(Refusal),
    /// A transaction with the same ledger key and the same content has committed before; this is its receipt. Do not
    /// submit again; settle with this one.
    Replayed(Committed),
}

/// A transaction ready to be ordered: to be stored before it is sent, and sent again unchanged when in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The id under which it commits.
    pub tx_id: TxId,
    /// The signed bytes; only the ledger that made them understands them.
    pub bytes: Vec<u8>,
}

/// A valid transaction in a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// The transaction.
    pub tx_id: TxId,
    /// Its block.
    pub block: u64,
    /// Its place in the block, from 0.
    pub position: u32,
    /// What the contract answered.
    pub receipt: Receipt,
}

/// How a transaction ended, as far as the ledger can tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Not in any block so far. It may be waiting, lost, or yet to arrive.
    Unknown,
    /// In a block and valid.
    Committed(Committed),
    /// In a block and without effect, for good.
    Invalid {
        /// Its block.
        block: u64,
        /// Why.
        code: TxCode,
    },
}

/// The answer to [`submit`](crate::Ledger::submit).
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// Committed now.
    Committed(Committed),
    /// Committed before under the same ledger key.
    Replayed(Committed),
    /// Refused by the contract; nothing is recorded.
    Refused(Refusal),
    /// In a block without effect; prepare it anew under the same key.
    Invalid {
        /// The transaction.
        tx_id: TxId,
        /// Its block.
        block: u64,
        /// Why.
        code: TxCode,
    },
    /// Not ended within the time given.
    Unknown {
        /// Whose outcome to ask for later.
        tx_id: TxId,
    },
}

/// What the ledger holds under a ledger key.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyState {
    /// A transaction committed under it.
    Receipt(Committed),
    /// Voided: no transaction with this key can commit any more.
    Void {
        /// The transaction that voided it.
        tx_id: TxId,
    },
}

/// What a ledger says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerInfo {
    /// Hash of block 0: which ledger this is.
    pub fingerprint: Sha256Hex,
    /// Number of the last block; block 0 is the genesis block.
    pub height: u64,
    /// Hash of the last block.
    pub last_block_hash: Sha256Hex,
    /// Time of the last block.
    pub last_block_at: Timestamp,
    /// MSP ids of the organisations that endorse.
    pub organisations: Vec<String>,
}
