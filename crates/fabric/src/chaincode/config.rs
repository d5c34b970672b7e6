//! Limits and times of the chaincode host.

use std::time::Duration;

/// Limits and times of the chaincode host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConfig {
    /// Transactions that run at the same time in the process; each holds a thread while its contract runs.
    pub transactions_max: usize,
    /// Transactions that wait for their turn; more than these are answered with a failure.
    pub waiting_max: usize,
    /// Streams of peers at the same time.
    pub streams_max: usize,
    /// The largest message taken from a peer, bytes.
    pub message_bytes_max: usize,
    /// From a transaction's arrival to its last message; peers give up after 30 s by default.
    pub transaction_timeout: Duration,
    /// From a peer's connection to its READY.
    pub handshake_timeout: Duration,
    /// How long a shutdown waits for transactions in flight.
    pub drain_timeout: Duration,
    /// A connection silent for so long is asked whether it still lives.
    pub keep_alive_interval: Duration,
    /// How long the answer to that may take.
    pub keep_alive_timeout: Duration,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            transactions_max: 256,
            waiting_max: 2_000,
            streams_max: 64,
            message_bytes_max: 16 * 1024 * 1024,
            transaction_timeout: Duration::from_secs(30),
            handshake_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(15),
            keep_alive_interval: Duration::from_secs(30),
            keep_alive_timeout: Duration::from_secs(20),
        }
    }
}
