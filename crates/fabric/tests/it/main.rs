//! The Fabric crate from outside. What needs a network runs when `GX_FABRIC_CONNECT` names a folder with connection
//! material, and says otherwise that it was skipped.
#![allow(clippy::allow_attributes, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod chaincode;
mod conformance;
mod doctor;
mod endpoint;
mod faults;
mod lacking;
mod load;
mod moving;
mod network;
mod scripted;
mod signing;
mod vectors;
