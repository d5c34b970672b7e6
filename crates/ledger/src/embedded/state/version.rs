//! Where in the chain a value was written.

use std::sync::Arc;

use super::key::SharedKey;

/// The transaction that wrote a value: block number and place in the block. Ordered as the chain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Version {
    pub(crate) block: u64,
    pub(crate) position: u32,
}

/// A value and who wrote it; `value: None` is a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamped {
    pub(crate) version: Version,
    pub(crate) value: Option<Arc<[u8]>>,
}

impl Stamped {
    /// Bytes of the value.
    pub(crate) fn size(&self) -> usize {
        self.value.as_ref().map_or(0, |value| value.len())
    }
}

/// One write of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) key: SharedKey,
    pub(crate) stamped: Stamped,
}
