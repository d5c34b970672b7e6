//! A call of a contract function, and what comes back.

use gx_types::{AccountId, LedgerKey, LoanId, OrgTxId, OrgTxStatus, Qirat, TxId};
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::host::{Role, WriteSet};

/// A call: `Contract:Function` and its arguments as text, the ledger key last for functions that write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// For example `TokenomicsContract:TransferWithFees`.
    pub function: String,
    /// The arguments in order, the ledger key last for functions that write.
    pub args: Vec<String>,
    /// The role whose certificate signs it.
    pub role: Role,
}

/// What a writing function did; stored under the ledger key and returned again for a repeated call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The first transaction that did it.
    pub tx_id: TxId,
    /// The ledger key.
    pub key: LedgerKey,
    /// What the function says about it.
    pub result: ReceiptResult,
}

/// What a function says about what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ReceiptResult {
    /// Done, nothing to add.
    Done,
    /// Coins moved.
    Transferred {
        /// What the receiver got, Qirat.
        amount: Qirat,
        /// What the payer paid on top, Qirat.
        fee: Qirat,
    },
    /// A person was registered.
    UserCreated {
        /// What the person was granted, Qirat; zero without a slot.
        grant: Qirat,
        /// The phase of the grant, 1 to 6; `None` without one.
        phase: Option<u8>,
    },
    /// A loan was applied for.
    LoanApplied {
        /// Its id, made from the transaction.
        loan_id: LoanId,
    },
    /// A transaction of an organisation was initiated or decided over.
    OrgTransaction {
        /// Its id, made from the transaction that initiated it.
        org_tx_id: OrgTxId,
        /// Where it stands now.
        status: OrgTxStatus,
    },
    /// The key was voided: nothing was and nothing will be done under it.
    Voided,
    /// Delta entries were added to a balance.
    Swept {
        /// The account.
        account: AccountId,
        /// How much was added, Qirat.
        amount: Qirat,
    },
}

/// What is stored under a ledger key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum KeyRecord {
    /// The call was done.
    Done {
        /// Hash over function and arguments, less the key and what is only a hint.
        request_hash: gx_types::Sha256Hex,
        /// Its receipt.
        receipt: Receipt,
    },
    /// The key was voided: no call under it can ever succeed.
    Void {
        /// The transaction that voided it.
        tx_id: TxId,
    },
}

/// The result of running a call against a state, before anything is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// What it writes; empty when replayed.
    pub writes: WriteSet,
    /// Its events in order; empty when replayed.
    pub events: Vec<Event>,
    /// Its receipt; the first transaction's when replayed.
    pub receipt: Receipt,
    /// Whether the call had been done before under the same key.
    pub replayed: bool,
}
