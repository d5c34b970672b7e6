//! The log of blocks: the ledger itself, everything else is derived from it.
//!
//! The log is a row of segment files; each starts with a header and holds whole records, one per block, in order. A
//! record is framed by a checked header and a trailer (see [`record`]), so that a reader knows a block from damage, and
//! a write that a crash cut short from damage to a block that was once there.

mod reader;
mod record;
mod segment;
mod writer;

use super::codec::{Cursor, Encode, Malformed};

#[cfg(test)]
pub(crate) use reader::Tail;
pub(crate) use reader::{LogReader, Place, Step};
pub(crate) use writer::LogWriter;

/// The end of a chain: its last block, and where the log goes on after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tip {
    /// Number of the last block.
    pub(crate) number: u64,
    /// Its hash.
    pub(crate) hash: [u8; 32],
    /// Its time, microseconds UTC.
    pub(crate) timestamp: i64,
    /// The segment it is in, by the number of that segment's first block.
    pub(crate) segment: u64,
    /// Where its record ends in the segment.
    pub(crate) offset: u64,
}

impl Tip {
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.put_u64(self.number);
        bytes.extend_from_slice(&self.hash);
        bytes.extend_from_slice(&self.timestamp.to_le_bytes());
        bytes.put_u64(self.segment);
        bytes.put_u64(self.offset);
    }

    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "chain tip";
        Ok(Self {
            number: cursor.u64(WHAT)?,
            hash: cursor.array(WHAT)?,
            timestamp: i64::from_le_bytes(cursor.array(WHAT)?),
            segment: cursor.u64(WHAT)?,
            offset: cursor.u64(WHAT)?,
        })
    }
}

#[cfg(test)]
mod tests;
