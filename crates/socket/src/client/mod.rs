//! The drivers: [`Client`] for programs is in `native`, for browsers in `wasm`. Both offer the same words.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod wasm;

use std::time::Duration;

use serde_json::Value;

#[cfg(not(target_family = "wasm"))]
pub use self::native::{Client, Notices};
#[cfg(target_family = "wasm")]
pub use self::wasm::Client;
use crate::backoff::Backoff;
use crate::packet;

/// Makes what the server is told about who we are; asked before every connection, so that a token may be a new one and a
/// place the present one.
#[cfg(not(target_family = "wasm"))]
pub type MakeAuth = Box<dyn FnMut() -> Value + Send>;
/// The same for browsers.
#[cfg(target_family = "wasm")]
pub type MakeAuth = Box<dyn FnMut() -> Value>;

/// Where to connect, and how.
pub struct Options {
    /// The server, for example `wss://wallet.gxcoin.money`; `http` and `https` are understood as well.
    pub url: String,
    /// Where the server serves the socket.
    pub path: String,
    /// The namespace.
    pub namespace: String,
    /// What the server is told about who we are.
    pub auth: Option<MakeAuth>,
    /// Headers of the handshake; browsers set their own.
    pub headers: Vec<(String, String)>,
    /// How long to wait before connecting again.
    pub backoff: Backoff,
    /// How long a connection may take to be set up.
    pub connect_limit: Duration,
    /// Whether to try again after the namespace has refused.
    pub retry_refused: bool,
}

impl Options {
    /// The usual options for a server.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            path: "/socket.io/".to_owned(),
            namespace: "/".to_owned(),
            auth: None,
            headers: Vec::new(),
            backoff: Backoff::default(),
            connect_limit: Duration::from_secs(20),
            retry_refused: false,
        }
    }

    fn address(&self) -> String {
        let url = self.url.trim_end_matches('/');
        let url = url.strip_prefix("http").map_or_else(|| url.to_owned(), |rest| format!("ws{rest}"));
        format!("{url}{}?EIO=4&transport=websocket", self.path)
    }
}

/// What happens to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// It is set up.
    Connected {
        /// Id of the socket, another one each time.
        sid: String,
    },
    /// The server sent an event.
    Event(Event),
    /// The server does not let us in.
    Refused {
        /// Why, in its words.
        message: String,
        /// What it adds.
        data: Option<Value>,
    },
    /// The connection is gone.
    Disconnected {
        /// Why.
        reason: String,
        /// When it is tried again; `None`: not any more.
        again_in: Option<Duration>,
    },
}

/// An event of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its arguments; an attachment is a placeholder.
    pub arguments: Vec<Value>,
    /// The attachments.
    pub attachments: Vec<Vec<u8>>,
    /// Whether an answer is wanted, and under which number.
    pub ack: Option<AckId>,
}

impl Event {
    /// The bytes that a placeholder among the arguments stands for.
    #[must_use]
    pub fn attachment(&self, placeholder: &Value) -> Option<&[u8]> {
        packet::attachment(&self.attachments, placeholder)
    }
}

/// The number of an answer that the server waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckId {
    number: u64,
    /// A number counts on its own connection only.
    connection: u64,
}

/// The answer to an event of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its arguments; an attachment is a placeholder.
    pub arguments: Vec<Value>,
    /// The attachments.
    pub attachments: Vec<Vec<u8>>,
}

/// Why an event was not sent or not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// There is no connection now; nothing was sent.
    #[error("there is no connection")]
    NotConnected,
    /// The connection ended before the answer came: it may have been done or not.
    #[error("the connection ended before the answer came")]
    Interrupted,
    /// The answer did not come in time.
    #[error("the answer did not come in time")]
    TimedOut,
}
