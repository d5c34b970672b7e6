//! The smart contracts of GX, the command registry and the event enum: pure, deterministic, no I/O. The same code runs
//! in the embedded ledger and as chaincode on Hyperledger Fabric.
//!
//! A call comes in through [`simulate`] (it writes) or [`query`] (it reads). `invoke.rs` is the way of a writing call, top
//! to bottom: function, role, arguments, ledger key, pause, then the function itself. A file per contract or use case
//! holds the functions; `state.rs` is the only place that names ledger keys.
//!
//! | Open | to change |
//! |---|---|
//! | `function.rs` | which functions there are, who may call them, with which arguments |
//! | `admin.rs`, `identity.rs`, `wallets.rs`, `payments.rs`, `disbursements.rs`, `loans.rs`, `sweep.rs`, `organizations.rs`, `org_transactions.rs` | what they do |
//! | `queries.rs` | what the reading ones answer |
//! | `genesis.rs`, `fees.rs`, `pools.rs`, `parameters.rs`, `countries.rs` | figures, as data and pure functions |
//! | `error.rs`, `event.rs`, `command.rs` | the closed sets that the rest of GX speaks |
//!
//! **A new function:** a line in `function.rs`; the compiler asks for its arm in `invoke.rs` or `queries.rs`, the tests for
//! its role, its good and bad arguments. **A new refusal:** a line in `error.rs`; a test asks for a case that causes it.
//!
//! Three rules keep payments apart and results equal on every machine: no transaction reads a range; nothing is counted
//! in one key (fees and treasury credits are entries of their own, genesis is derived from slots); no clock, no
//! randomness, no floats, no iteration over hash maps.
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
pub mod hoarding;
mod host;
mod identity;
mod invoke;
pub mod loans;
mod org_transactions;
pub mod organizations;
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
pub use command::{Command, CountryShare, Hold, Reaction, RetryClass, WhenPaused, void_key_call};
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
