//! A Socket.IO client: Engine.IO 4 and Socket.IO 5 over a WebSocket, for programs (tokio) and for browsers (WASM).
//!
//! | module | what |
//! |---|---|
//! | [`engine`] | Engine.IO packets: one character and a text, or a binary frame |
//! | [`packet`] | Socket.IO packets: events, acknowledgements, attachments |
//! | [`core`] | the connection as a machine: frames in, what is to be done out; no clock, no network |
//! | [`backoff`] | how long to wait before connecting again |
//! | `client` | the two drivers of that machine |
//!
//! A connection is at most once, as Socket.IO is: what is sent while it is down is refused, not kept, and a request whose
//! connection ends is answered with an error. Whoever must not lose anything numbers it and asks again after a reconnect;
//! the value that is sent along with every connection ([`Options::auth`]) is asked for anew each time for that purpose.
//!
//! Only the WebSocket transport is spoken: long polling needs a server that always meets the same client.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes))]

pub mod backoff;
mod client;
pub mod core;
pub mod engine;
pub mod packet;

pub use client::{AckId, Answer, Client, Event, Notice, Options, RequestError};
pub use core::ProtocolError;

#[cfg(not(target_family = "wasm"))]
pub use client::Notices;
