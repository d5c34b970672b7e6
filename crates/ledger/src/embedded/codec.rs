//! Bytes in, bytes out: little-endian integers, varints and length-prefixed fields.
//!
//! Everything the ledger stores is written with [`Encode`] and read with [`Cursor`]. Reading never panics and never
//! allocates more than the bytes at hand: a field that does not fit is [`Malformed`], which the caller turns into
//! damage (on its own files) or into a rejection (of what somebody sent).

/// What could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// Appending to a byte buffer.
pub(crate) trait Encode {
    fn put_u8(&mut self, value: u8);
    fn put_u32(&mut self, value: u32);
    fn put_u64(&mut self, value: u64);
    fn put_varint(&mut self, value: u64);
    /// A varint length and the bytes.
    fn put_bytes(&mut self, value: &[u8]);
    fn put_text(&mut self, value: &str) {
        self.put_bytes(value.as_bytes());
    }
}

impl Encode for Vec<u8> {
    fn put_u8(&mut self, value: u8) {
        self.push(value);
    }
    fn put_u32(&mut self, value: u32) {
        self.extend_from_slice(&value.to_le_bytes());
    }
    fn put_u64(&mut self, value: u64) {
        self.extend_from_slice(&value.to_le_bytes());
    }
    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push((value as u8 & 0x7f) | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }
    fn put_bytes(&mut self, value: &[u8]) {
        self.put_varint(value.len() as u64);
        self.extend_from_slice(value);
    }
}

/// A reading position in a byte slice.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(crate) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(count).ok_or(Malformed(what))?;
        let slice = self.bytes.get(self.at..end).ok_or(Malformed(what))?;
        self.at = end;
        Ok(slice)
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Malformed> {
        self.take(N, what)?.try_into().map_err(|_| Malformed(what))
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, Malformed> {
        Ok(u8::from_le_bytes(self.array(what)?))
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// A varint in its shortest form; anything longer has two spellings and is refused.
    pub(crate) fn varint(&mut self, what: &'static str) -> Result<u64, Malformed> {
        // Most are lengths below 128.
        if let Some(byte) = self.bytes.get(self.at).filter(|byte| **byte < 0x80) {
            self.at += 1;
            return Ok(u64::from(*byte));
        }
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8(what)?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(Malformed(what));
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(Malformed(what));
                }
                return Ok(value);
            }
        }
        Err(Malformed(what))
    }

    /// A varint that counts items of at least one byte each: never more than the bytes that are left.
    pub(crate) fn count(&mut self, what: &'static str) -> Result<usize, Malformed> {
        let count = usize::try_from(self.varint(what)?).map_err(|_| Malformed(what))?;
        if count > self.remaining() { Err(Malformed(what)) } else { Ok(count) }
    }

    pub(crate) fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.varint(what)?).map_err(|_| Malformed(what))?;
        self.take(length, what)
    }

    pub(crate) fn text(&mut self, what: &'static str) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes(what)?).map_err(|_| Malformed(what))
    }

    /// Refuses bytes after the last field.
    pub(crate) fn finish(self, what: &'static str) -> Result<(), Malformed> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(Malformed(what)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_round_trip_and_have_one_spelling() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            bytes.put_varint(value);
            assert_eq!(Cursor::new(&bytes).varint("v"), Ok(value));
        }
        assert!(Cursor::new(&[0x80, 0x00]).varint("v").is_err());
        assert!(Cursor::new(&[0xff; 10]).varint("v").is_err());
        assert!(Cursor::new(&[0x80]).varint("v").is_err());
    }

    #[test]
    fn lengths_never_reach_past_the_end() {
        let mut bytes = Vec::new();
        bytes.put_varint(u64::MAX);
        bytes.extend_from_slice(b"abc");
        assert!(Cursor::new(&bytes).bytes("field").is_err());
        assert!(Cursor::new(&bytes).count("items").is_err());
    }
}
