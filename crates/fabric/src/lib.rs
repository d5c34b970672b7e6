//! Hyperledger Fabric 2.5 for GX: the same contracts as on the embedded ledger, behind the same port.
//!
//! | Open | for |
//! |---|---|
//! | `proto` | Fabric's messages and services, generated from `proto/*.proto` |
//! | `wire` | what our chaincode and our client agree on: answers, refusals, events, roles |
//! | `ca` | certificates of a development network; what any certificate must answer before it is used |
//! | `endpoint` | the Gateway and Deliver services in front of the embedded ledger |
//! | `identity` | certificates, keys, signatures, transaction ids |
//! | `signing` | a service that keeps keys, and signs for those who may ask |
//! | `chaincode` | the host that runs our contracts for peers |
//! | `package`, `lifecycle` | the chaincode package, and its way onto a channel |
//! | `client` | connections to gateways and peers, and the [`Ledger`](gx_ledger::Ledger) over them |
//! | `doctor` | what a network lacks, in words; once for people, again and again for readiness |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod ca;
pub mod chaincode;
pub mod client;
pub mod doctor;
pub mod endpoint;
pub mod identity;
pub mod lifecycle;
pub mod package;
pub mod proto;
mod rpc;
pub mod signing;
pub mod wire;
