//! The frame around a block in a segment.
//!
//! ```text
//! magic │ body length │ block number │ crc of the body │ crc of this header ┃ body ┃ end mark │ crc of the body again
//! ```
//! The header's own checksum makes its length trustworthy: «the file ends before the record does» is then a fact about
//! the file, not about a damaged length. The end mark is never zero: a record whose place was allotted by the file
//! system but never written ends in zeros, which no single damaged byte can bring about.

use crate::embedded::codec::{Cursor, Encode, Malformed};

const MAGIC: u32 = u32::from_le_bytes(*b"GXbk");
const END_MARK: u32 = u32::from_le_bytes(*b"kbXG");
pub(super) const HEADER_BYTES: usize = 24;
const TRAILER_BYTES: usize = 8;

/// Largest body; a block is cut long before.
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A record's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    body_bytes: usize,
    pub(super) number: u64,
    body_crc: u32,
}

impl Header {
    /// Bytes of the whole record.
    pub(super) fn record_bytes(&self) -> u64 {
        (HEADER_BYTES + self.body_bytes + TRAILER_BYTES) as u64
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "record header";
        let mut cursor = Cursor::new(bytes);
        if cursor.u32(WHAT)? != MAGIC {
            return Err(Malformed("no block starts here"));
        }
        let body_bytes = cursor.u32(WHAT)? as usize;
        let number = cursor.u64(WHAT)?;
        let body_crc = cursor.u32(WHAT)?;
        let covered = bytes.get(..cursor.position()).ok_or(Malformed(WHAT))?;
        if cursor.u32(WHAT)? != crc32fast::hash(covered) {
            return Err(Malformed("the checksum of the record's header does not match"));
        }
        if body_bytes > BODY_BYTES_MAX {
            return Err(Malformed("the record is longer than a block can be"));
        }
        Ok(Self { body_bytes, number, body_crc })
    }
}

/// A block's body in its frame.
pub(super) fn frame(number: u64, body: &[u8]) -> Vec<u8> {
    let crc = crc32fast::hash(body);
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len() + TRAILER_BYTES);
    bytes.put_u32(MAGIC);
    bytes.put_u32(body.len() as u32);
    bytes.put_u64(number);
    bytes.put_u32(crc);
    let header_crc = crc32fast::hash(&bytes);
    bytes.put_u32(header_crc);
    bytes.extend_from_slice(body);
    bytes.put_u32(END_MARK);
    bytes.put_u32(crc);
    bytes
}

/// The body of a whole record, checked.
pub(super) fn unframe(number: u64, mut bytes: Vec<u8>) -> Result<Vec<u8>, Malformed> {
    let header = Header::decode(&bytes)?;
    if header.number != number {
        return Err(Malformed("another block is here"));
    }
    if bytes.len() as u64 != header.record_bytes() {
        return Err(Malformed("the record has another length"));
    }
    let mut cursor = Cursor::new(&bytes);
    cursor.take(HEADER_BYTES, "record header")?;
    let body = cursor.take(header.body_bytes, "record body")?;
    if crc32fast::hash(body) != header.body_crc {
        return Err(Malformed("the block's checksum does not match"));
    }
    if cursor.u32("record end")? != END_MARK || cursor.u32("record end")? != header.body_crc {
        return Err(Malformed("the record's end mark is missing"));
    }
    bytes.truncate(HEADER_BYTES + header.body_bytes);
    bytes.drain(..HEADER_BYTES);
    Ok(bytes)
}

/// Whether a record of full length was allotted but not written to its end.
pub(super) fn is_unfinished(bytes: &[u8]) -> bool {
    bytes.last_chunk::<TRAILER_BYTES>() == Some(&[0; TRAILER_BYTES])
}

/// Whether these bytes, cut short or with nothing but zeros at their end, can be the beginning of the header of block
/// `number`.
pub(super) fn is_header_beginning(bytes: &[u8], number: u64) -> bool {
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let number = number.to_le_bytes();
    let magic = MAGIC.to_le_bytes();
    bytes.len() <= HEADER_BYTES
        && bytes.iter().take(written).enumerate().all(|(at, byte)| match at {
            0..4 => magic.get(at) == Some(byte),
            8..16 => number.get(at - 8) == Some(byte),
            // Length and checksums can be anything.
            _ => true,
        })
}
