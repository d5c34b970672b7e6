//! Names of environments.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The three environments in the order in which builds are promoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvName {
    /// For engineers: test people, mailbox, printed credentials.
    Devnet,
    /// For rehearsal: test people and mailbox, no printed credentials.
    Testnet,
    /// For people's coins.
    Mainnet,
}

/// The text names no environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an environment is devnet, testnet or mainnet")]
pub struct EnvNameError;

impl EnvName {
    /// All environments, in order.
    pub const ALL: [Self; 3] = [Self::Devnet, Self::Testnet, Self::Mainnet];

    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Devnet => "devnet",
            Self::Testnet => "testnet",
            Self::Mainnet => "mainnet",
        }
    }

    /// Whether test people, their mailbox and the public test password may exist here.
    #[must_use]
    pub const fn allows_test_people(self) -> bool {
        !matches!(self, Self::Mainnet)
    }
}

impl FromStr for EnvName {
    type Err = EnvNameError;

    fn from_str(text: &str) -> Result<Self, EnvNameError> {
        Self::ALL.into_iter().find(|env| env.as_str() == text).ok_or(EnvNameError)
    }
}

impl fmt::Display for EnvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
