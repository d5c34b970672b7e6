//! The Gateway and Deliver services of a peer in front of the embedded ledger, so that Fabric's client libraries, and
//! our own client in other processes, work against one machine.
//!
//! ```text
//! Endorse       proposal ─▶ creator, signature, id checked ─▶ simulated ─▶ signed by a node of each organisation
//! Submit        envelope ─▶ creator, signature checked ─▶ endorsements verified ─▶ ordered, with the verdict they earn
//! CommitStatus  waits for the block        ChaincodeEvents, Deliver  follow the chain
//! ```
//! What a real network decides at several places is decided here in one process, with the same certificates and
//! signatures, and refused with the same codes and words.
//!
//! | Open | for |
//! |---|---|
//! | `member` | who may call: certificates, organisations, signatures |
//! | `proposal` | what a proposal says |
//! | `peer` | running it, endorsing it |
//! | `action` | a simulation as Fabric's read and write sets, and back |
//! | `envelope` | what a submitted transaction says, and the verdict on its endorsements |
//! | `gateway`, `deliver` | the services |
//! | `server` | TLS, limits, listening |

mod action;
mod block;
mod deliver;
mod envelope;
mod gateway;
mod member;
mod peer;
mod proposal;
mod qscc;
mod server;
mod status;

pub use server::{Endpoint, EndpointError, EndpointOptions};
