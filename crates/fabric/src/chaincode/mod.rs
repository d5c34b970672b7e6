//! The chaincode host: our contracts as a Fabric chaincode that runs as a service. A peer connects, we register under a
//! package id, and every transaction the peer sends runs `gx_contracts` unchanged.
//!
//! | Open | to change |
//! |---|---|
//! | `config.rs` | limits and times |
//! | `server.rs` | listening, TLS, shutdown |
//! | `stream.rs` | the protocol of one peer's stream: handshake, dispatch, draining |
//! | `exchange.rs` | questions to the peer within a transaction, and who gets which answer |
//! | `request.rs` | what a proposal says: signer, time, function, arguments |
//! | `peer_state.rs` | the contracts' world, read from the peer |
//! | `transaction.rs` | one transaction from the first read to COMPLETED |
//!
//! Contracts are synchronous, so each transaction runs on a thread for blocking work, at most
//! [`HostConfig::transactions_max`] at once in the process; reads go to the peer one after the other, because a peer
//! answers one question per transaction at a time. Writes are buffered by `gx_contracts` and sent after the contract has
//! returned. When a stream ends, every question still open fails at once, so no thread outlives it for long.
//!
//! The protocol has no request numbers: an answer belongs to the transaction that waits for one. An answer nobody waits
//! for is dropped.

mod config;
mod exchange;
mod metrics;
mod peer_state;
mod request;
mod server;
mod stream;
mod transaction;

pub use config::HostConfig;
pub use metrics::METRICS;
pub use server::{Endpoint, ServeError, ServerTls, serve};
