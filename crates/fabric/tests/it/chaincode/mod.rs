//! The chaincode host, driven by a scripted peer over a real connection.

mod contracts;
mod host;
mod peer;
mod proposal;
mod protocol;
mod requests;
mod stopping;
mod tls;
