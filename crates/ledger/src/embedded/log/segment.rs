//! Segment files: names and headers.

use std::path::{Path, PathBuf};

use crate::embedded::codec::{Cursor, Encode, Malformed};
use crate::embedded::files;
use crate::error::LedgerError;

const MAGIC: &[u8; 8] = b"GXLOG\0\x01\n";
pub(super) const HEADER_BYTES: usize = 20;
const EXTENSION: &str = "blocks";

/// The file of the segment whose first block is `first`.
pub(super) fn path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:020}.{EXTENSION}"))
}

/// The first blocks of all segments, in order.
pub(super) fn list(folder: &Path) -> Result<Vec<u64>, LedgerError> {
    let mut segments = Vec::new();
    for stem in files::stems(folder, EXTENSION)? {
        let first = stem.parse().map_err(|_| {
            LedgerError::damaged(&folder.join(format!("{stem}.{EXTENSION}")), 0, "no segment has this name")
        })?;
        segments.push(first);
    }
    segments.sort_unstable();
    Ok(segments)
}

/// The header of a segment.
pub(super) fn header(first: u64) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.put_u64(first);
    let crc = crc32fast::hash(&bytes);
    bytes.put_u32(crc);
    bytes
}

/// Checks a segment's header.
pub(super) fn check_header(bytes: &[u8], first: u64) -> Result<(), Malformed> {
    let mut cursor = Cursor::new(bytes);
    if cursor.take(HEADER_BYTES, "segment header")? == header(first) {
        Ok(())
    } else {
        Err(Malformed("this is not the header of this segment"))
    }
}
