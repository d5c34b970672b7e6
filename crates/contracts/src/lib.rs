//! The smart contracts of GX, the command registry and the event enum: pure, deterministic, no I/O. The same code runs
//! in the embedded ledger and as chaincode on Hyperledger Fabric.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod call;
mod command;
pub mod countries;
mod error;
mod event;
mod function;
pub mod fees;
pub mod genesis;
mod host;
pub mod pools;

pub use call::{Call, KeyRecord, Receipt, ReceiptResult, Simulation};
pub use command::{Command, CountryShare, Hold, Reaction, RetryClass, void_key_call};
pub use error::{InvokeError, Refusal, RefusalCode};
pub use event::{CountryEntry, DeltaCredit, Event, EventBody, EventClass, InternalTransferType, NoGrantReason};
pub use function::{Access, Function};
pub use host::{
    Buffered, HistoryEntry, Host, HostError, Key, Namespace, QueryHost, RangePage, ReadHost, Role, Signer, TxContext,
    WriteSet,
};
