//! What can go wrong at the ledger, in classes a caller can act on.

use std::io;
use std::path::{Path, PathBuf};

use gx_contracts::Refusal;

/// What a caller may do about a [`LedgerError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LedgerErrorClass {
    /// The ledger could not be reached or did not answer in time; nothing is known about the outcome. Try again, with
    /// the *same* envelope. The only class that opens a circuit breaker.
    Transport,
    /// The contract said no, for good.
    Refused,
    /// The ledger will never take this: a malformed proposal or an envelope that is not its own.
    Rejected,
    /// The ledger's own disk: full, failing, or damaged. Someone must act.
    Storage,
}

/// An error of the ledger port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Nobody answered.
    #[error("the ledger cannot be reached: {detail}")]
    Unreachable {
        /// What the connection said.
        detail: String,
    },
    /// More is waiting than the ledger takes; ask again later.
    #[error("the ledger is busy: {waiting} transactions are waiting")]
    Busy {
        /// Transactions in the queue.
        waiting: usize,
    },
    /// The ledger is shutting down, or has stopped after an error that it reported before.
    #[error("the ledger is closed")]
    Closed,
    /// A contract's refusal, where the answer has no other place for it (queries).
    #[error("refused by the contract: {0}")]
    Refused(Refusal),
    /// The ledger will never take these bytes.
    #[error("not acceptable to the ledger: {what}")]
    Rejected {
        /// What is wrong with them.
        what: String,
    },
    /// A file of the ledger does not hold what the ledger wrote there.
    #[error("the ledger is damaged: {} at byte {offset}: {what}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Byte offset in the file of the record or page.
        offset: u64,
        /// What was expected there.
        what: String,
    },
    /// Another process has this ledger open.
    #[error("the ledger in {} is open in another process", file.display())]
    Locked {
        /// The lock file.
        file: PathBuf,
    },
    /// The operating system refused a file operation.
    #[error("could not {action} {}: {detail}", file.display())]
    Storage {
        /// What was tried.
        action: &'static str,
        /// On which file.
        file: PathBuf,
        /// The kind of error; `StorageFull` is the one operators meet.
        kind: io::ErrorKind,
        /// What the system said.
        detail: String,
    },
}

impl LedgerError {
    /// The class a caller acts on.
    #[must_use]
    pub fn class(&self) -> LedgerErrorClass {
        match self {
            Self::Unreachable { .. } | Self::Busy { .. } | Self::Closed => LedgerErrorClass::Transport,
            Self::Refused(_) => LedgerErrorClass::Refused,
            Self::Rejected { .. } => LedgerErrorClass::Rejected,
            Self::Damaged { .. } | Self::Locked { .. } | Self::Storage { .. } => LedgerErrorClass::Storage,
        }
    }

    /// Damage found in `file` at `offset`.
    pub(crate) fn damaged(file: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), offset, what: what.into() }
    }

    /// A file operation that failed.
    pub(crate) fn storage(action: &'static str, file: &Path, error: &io::Error) -> Self {
        Self::Storage { action, file: file.to_owned(), kind: error.kind(), detail: error.to_string() }
    }

    /// A rejection of what somebody sent.
    pub(crate) fn rejected(what: impl Into<String>) -> Self {
        Self::Rejected { what: what.into() }
    }
}
