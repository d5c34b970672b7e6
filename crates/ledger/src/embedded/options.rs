//! How an embedded ledger is set up.

use std::time::Duration;

use gx_types::EnvName;

/// Sizes, times and names of an embedded ledger.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The environment, part of the genesis block: a ledger of another environment is not opened.
    pub environment: EnvName,
    /// MSP id of the organisation that signs.
    pub msp_id: String,
    /// MSP ids of the organisations that endorse.
    pub organisations: Vec<String>,
    /// Transactions after which a block is cut.
    pub block_count_max: usize,
    /// Bytes of transactions after which a block is cut.
    pub block_bytes_max: usize,
    /// How long a block waits for more transactions after its first.
    pub block_wait: Duration,
    /// Transactions that may wait to be ordered; more are told that the ledger is busy.
    pub queue_max: usize,
    /// Bytes after which the log goes on in another file.
    pub segment_bytes_max: u64,
    /// Bytes of state in memory before they are written to disk; about twice as many are used for a moment.
    pub memtable_bytes: usize,
    /// Bytes of values from disk that are kept in memory.
    pub cache_bytes: usize,
}

impl EmbeddedOptions {
    /// The ordinary set-up for an environment: its two organisations, the first of which signs.
    #[must_use]
    pub fn of(environment: EnvName) -> Self {
        let mut name = environment.as_str().to_owned();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let organisations: Vec<String> = (1..=2).map(|number| format!("Org{number}{name}MSP")).collect();
        Self {
            environment,
            msp_id: organisations.first().cloned().unwrap_or_default(),
            organisations,
            block_count_max: 500,
            block_bytes_max: 2 * 1024 * 1024,
            block_wait: Duration::from_millis(2),
            queue_max: 20_000,
            segment_bytes_max: 64 * 1024 * 1024,
            memtable_bytes: 8 * 1024 * 1024,
            cache_bytes: 8 * 1024 * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_are_named_after_the_environment() {
        let options = EmbeddedOptions::of(EnvName::Devnet);
        assert_eq!(options.organisations, ["Org1DevnetMSP", "Org2DevnetMSP"]);
        assert_eq!(options.msp_id, "Org1DevnetMSP");
    }
}
