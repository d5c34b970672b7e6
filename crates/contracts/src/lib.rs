//! The smart contracts of GX, the command registry and the event enum: pure, deterministic, no I/O. The same code runs
//! in the embedded ledger and as chaincode on Hyperledger Fabric.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod admin;
pub mod args;
mod call;
mod command;
mod contract;
pub mod countries;
mod disbursements;
mod error;
mod event;
pub mod fees;
mod function;
pub mod genesis;
mod host;
mod identity;
mod invoke;
pub mod parameters;
mod payments;
pub mod pools;
pub mod queries;
pub mod state;
mod sweep;
#[cfg(feature = "testing")]
pub mod testing;
mod wallets;

pub use call::{Call, KeyRecord, Receipt, ReceiptResult, Simulation};
pub use command::{Command, CountryShare, Hold, Reaction, RetryClass, void_key_call};
pub use error::{InvokeError, Refusal, RefusalCode};
pub use event::{CountryEntry, DeltaCredit, Event, EventBody, EventClass, InternalTransferType, NoGrantReason};
pub use fees::{Quote, Scope, TransactionType};
pub use function::{Access, Function};
pub use host::{
    Buffered, HistoryEntry, Host, HostError, Key, Namespace, QueryHost, RangePage, ReadHost, Role, Signer, TxContext,
    WriteSet,
};
pub use invoke::{Invocation, invoke, query, simulate};
pub use sweep::SWEEP_DELTAS_MAX;
