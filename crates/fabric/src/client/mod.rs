//! The Gateway client and the ledger over it.
//!
//! The general part knows nothing of GX: [`Client`] evaluates, endorses, submits, asks for commit status and follows
//! blocks, over one or more gateways. [`FabricLedger`] puts the ledger port on top.

mod back_off;
mod block;
mod chain;
mod config;
mod connection;
mod deliver;
mod error;
mod explain;
mod fault;
mod gateway;
mod ledger;
mod metrics;
mod proposal;
mod resolve;
mod transaction;

pub use chain::{ChainCheck, ChainError, data_hash, header_hash};
pub use config::{ClientConfig, GatewayConfig, Limits, TlsConfig};
pub(crate) use connection::Peer;
pub use error::{EndpointFailure, FabricError, GatewayFailure, Step};
pub use explain::{Explained, explain};
pub use fault::ConnectionFault;
pub use gateway::{Client, CommitStatus};
pub use ledger::FabricLedger;
pub use metrics::METRICS;
pub(crate) use metrics::expiry;
pub use proposal::{Invocation, UnsignedProposal, header_of, seek_payload};
pub(crate) use proposal::{commit_status_request, time_of};
pub use resolve::{Resolver, SystemResolver};
